/** The certificate's bounds hold: no subspace is ever off by more. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, CompiledModel, evaluate, load, RaspError, verify, type SOp } from "../../../src/index.js";
import { compiled } from "../../../src/compiler/index.js";
import { everyInput, randomInputs } from "../../../src/compiler/verify/inputs.js";
import { sopSource } from "../../arbitrary/program.js";
import { lessons, lessonSOp } from "../lessons.js";
import { expectBounded } from "./observed-errors.js";
import { breadth } from "../../../../../test/long.js";

describe("the lessons", () => {
  it.each(lessons)("$name", (lesson) => {
    const sop = lessonSOp(lesson);
    const short = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 4 });
    expectBounded(short, everyInput(short.card.vocabulary, 4));
    expect(short.card.certificate).toMatchObject({ proved: true, provedFor: { lengths: [1, 4] } });
    const long = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 24 });
    expectBounded(long, randomInputs(long.card.vocabulary, 24, 30, 1));
    expect(long.card.certificate.proved).toBe(true);
  });
});

describe("random programs", () => {
  it("are never off by more than their certificate allows", () => {
    fc.assert(
      fc.property(sopSource, (source) => {
        let sop: SOp;
        try {
          sop = load(`result = ${source};`, { example: "abc" }).sop("result");
        } catch (error) {
          if (error instanceof RaspError) return;
          throw error;
        }
        const model = compile(sop, { vocabulary: "abc", maxLength: 5 });
        expectBounded(model, randomInputs(model.card.vocabulary, 5, 12, 3));
        if (model.card.certificate.proved) {
          expect(verify(sop, model, { runs: 20, seed: 2 })).toMatchObject({ ok: true });
        }
      }),
      { numRuns: breadth({ short: 30, long: 120 }) },
    );
  });
});

describe("heads that compare numbers", () => {
  it.each(lessons)("$name", (lesson) => {
    const sop = lessonSOp(lesson);
    const short = compiled(sop, { vocabulary: lesson.vocabulary, maxLength: 4 }, 1);
    expectBounded(short, everyInput(short.card.vocabulary, 4));
    expect(verify(sop, short, { exhaustive: true }).ok).toBe(true);
    const long = compiled(sop, { vocabulary: lesson.vocabulary, maxLength: 14 }, 2);
    expectBounded(long, randomInputs(long.card.vocabulary, 14, 20, 1));
    expect([short.certificate.proved, long.certificate.proved]).toEqual([true, true]);
  });

  it("count for one coordinate without counting a key twice", () => {
    const sop = load("r = selector_width(select(tokens, tokens, ==) and select(indices, indices, <));").sop("r");
    const [digits, whole] = [2, 100].map((few) => {
      const model = compiled(sop, { vocabulary: "ab", maxLength: 12 }, few);
      expectBounded(model, randomInputs(["a", "b"], 12, 40, 1));
      const { error } = model.certificate.bounds.find(({ writer }) => writer === "attention")!;
      return { heads: model.stats.headsPerLayer[0]!, error };
    });
    expect([digits!.heads, whole!.heads]).toEqual([4, 1]);
    expect(digits!.error).toBeLessThan(2 * whole!.error);
  });
});

it("a weight that is off by more than the margin is found by the verifier", () => {
  const sop = load("often = selector_width(select(tokens, tokens, ==)) > 1;").sop("often");
  const model = compile(sop, { vocabulary: "ab", maxLength: 4 });
  const { worstMargin, proved } = model.card.certificate;
  expect(proved).toBe(true);
  expect(worstMargin).toBeGreaterThan(10);
  // The margin of the decision is half a step: 0.4 is within it, and 1.6 is not.
  const bias = model.model.parameters().get("blocks.0.feedForward.hidden.bias")!;
  const at = bias.data.findIndex((value) => value < 0);
  bias.data[at]! += 0.4;
  expect(verify(sop, model, { exhaustive: true }).ok).toBe(true);
  bias.data[at]! += 1.2;
  expect(verify(sop, model, { exhaustive: true }).ok).toBe(false);
});

describe("values that are one number in float32", () => {
  const vocabulary = [0.1, 0.7, -0.3];

  it("are none where a rank says that a row selects one value", () => {
    const sop = load("sorted = sort(tokens_float, tokens_float);", { example: vocabulary }).sop("sorted");
    const model = compile(sop, { vocabulary, maxLength: 4 });
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 120 });
    expect(model.certificate.proved).toBe(true);
  });

  it("differ in a mean of several, and the certificate says which", () => {
    const sop = load("m = aggregate(select(1, 1, ==), tokens_float);", { example: vocabulary }).sop("m");
    const model = compile(sop, { vocabulary: [0.1], maxLength: 3 });
    expect(model.certificate.where).toBe("decoding: 0.1 and 0.10000000000000002 are one number in float32");
    expect(model.run([0.1])).toEqual([0.1]);
    expect(model.certificate.provedWithin).toBe(0.10000000000000002 - 0.1);
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, wrong: 0, upToFloat32: 1 });
  });

  it("are proved up to a difference, which no answer exceeds", () => {
    const signs = '1 if tokens == "a" else 0 - 1';
    for (const [inner, outer] of [
      ["full", "open"],
      ["open", "open"],
      ["open", "full"],
    ]) {
      const program = `full = select(1, 1, ==); open = select(indices, indices, <=); r = aggregate(${outer}, aggregate(${inner}, ${signs})) * 3;`;
      const sop = load(program).sop("r");
      const model = compile(sop, { vocabulary: "ab", maxLength: 5 });
      const { proved, provedWithin, worstMargin } = model.certificate;
      expect([proved, worstMargin]).toEqual([false, 0]);
      expect(provedWithin).toBeLessThan(1e-14);
      let largest = 0;
      for (const input of everyInput(["a", "b"], 5)) {
        const expected = evaluate(sop, input as string[]) as number[];
        model.run(input as string[]).forEach((got, i) => {
          largest = Math.max(largest, Math.abs((got as number) - expected[i]!));
        });
      }
      expect(largest).toBeGreaterThan(0);
      expect(largest).toBeLessThanOrEqual(provedWithin!);
      expect(CompiledModel.fromSafetensors(model.toSafetensors()).certificate).toEqual(model.certificate);
    }
  });

  it("are not proved up to anything where one of them is an int", () => {
    const within = (value: string): (number | undefined)[] => {
      const sop = load(`r = aggregate(select(tokens, tokens, ==), ${value});`).sop("r");
      const { proved, provedWithin } = compile(sop, { vocabulary: "ab", maxLength: 3 }).certificate;
      return [Number(proved), provedWithin];
    };
    expect(within("2^24 + (1 if indices == 0 else 0)")).toEqual([0, undefined]);
    // The mean of two is the float 2^53, for which the model answers the int.
    expect(within("2^53 + 1")).toEqual([0, 1]);
  });
});

it("numbers that heads copy, and counts in one sum with others, are proved", () => {
  const programs = [
    [
      "(()",
      'open = select(indices, indices, <=); b = round((aggregate(open, indicator(tokens == "(")) - aggregate(open, indicator(tokens == ")"))) * (indices + 1)); r = b[-1] == 0;',
    ],
    ["abc", 'r = round(length * average(1 if tokens == "a" else (10 if tokens == "b" else 100)));'],
    ["abc", 'r = length + length + min(2, indices) - selector_width(select(indices, indicator(tokens == "a"), >));'],
  ] as const;
  for (const [example, text] of programs) {
    const sop = load(text, { example }).sop("r");
    const model = compile(sop, { vocabulary: new Set(example).size === 2 ? "()" : "abc", maxLength: 5 });
    expect(model.certificate.proved, text).toBe(true);
    expect(verify(sop, model, { exhaustive: true }).ok).toBe(true);
  }
});

describe("a model that is proved for shorter inputs only", () => {
  const sop = load('r = round(length * average(1000 if tokens == "a" else 1));', { example: "ab" }).sop("r");
  const certified = (maxLength: number) => compile(sop, { vocabulary: "ab", maxLength }).certificate;

  it("says up to which", () => {
    const { proved, provedUpTo } = certified(60);
    expect([proved, provedUpTo]).toEqual([false, 33]);
    expect(certified(33)).toMatchObject({ proved: true });
    expect(certified(33).provedUpTo).toBeUndefined();
  });

  it("keeps that in its file", () => {
    const model = compile(sop, { vocabulary: "ab", maxLength: 40 });
    expect(CompiledModel.fromSafetensors(model.toSafetensors()).certificate).toEqual(model.certificate);
  });

  it("does not say it where no length is proved", () => {
    const cubes = load("r = aggregate(full_s, indices ^ 3);").sop("r");
    const { proved, provedUpTo } = compile(cubes, { vocabulary: "ab", maxLength: 80 }).certificate;
    expect([proved, provedUpTo]).toEqual([false, undefined]);
  });
});

it("a copied value that is compared with many others, of which the best is taken, is exact enough at BOS", () => {
  const sop = load(`symbol = aggregate(select(indices, 3, ==), tokens, "");
  next = aggregate(select(indices, indices + 1, ==), tokens, "");
  rule = best(select(tokens, "a", ==) and select(next, symbol, ==), -indices);
  result = aggregate(rule, indices, "?");`).sop("result");
  const model = compile(sop, { vocabulary: "abcdefg", maxLength: 160 });
  expect(model.certificate.proved).toBe(true);
  expectBounded(model, randomInputs(model.card.vocabulary, 160, breadth({ short: 4, long: 20 }), 1));
  expect(verify(sop, model, { runs: 8, seed: 1 }).ok).toBe(true);
});
