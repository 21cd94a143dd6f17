/** The verifier finds what is wrong: the smallest input, and the first s-op. */
import { describe, expect, it } from "vitest";
import type { Atom, CompiledModel } from "../../../src/index.js";
import { compile, encodeReport, load, mergeReports, verify, type SOp, type VerifyOptions } from "../../../src/index.js";
import { agreementAmong } from "../../../src/compiler/plan/ir/decoding.js";
import { countInputs, everyInput, randomInputs } from "../../../src/compiler/verify/inputs.js";

const program = `
same = select(tokens, tokens, ==);
hist = selector_width(same);
often = hist > 1;
`;
const sop = (name: string): SOp => load(program, { file: "often.rasp" }).sop(name);

/** The model with one weight changed. */
function tamper(model: CompiledModel, name: string, index: number, by: number): CompiledModel {
  const tensor = model.model.parameters().get(name)!;
  tensor.data[index]! += by;
  return model;
}

it("agrees on all inputs", () => {
  const report = verify(sop("often"), compile(sop("often"), { vocabulary: "ab", maxLength: 4 }), { exhaustive: true });
  expect(report).toMatchObject({ ok: true, exhaustive: true, inputs: 30, withoutValue: 0, maxLength: 4 });
});

it("counts the inputs without a value apart", () => {
  const fails = load('x = aggregate(select(tokens, tokens, ==), tokens) == "a";', { example: "ab" }).sop("x");
  const report = verify(fails, compile(fails, { vocabulary: "ab", maxLength: 3 }), { exhaustive: true });
  // Only in a, b, ab and ba does each row select one token.
  expect(report).toMatchObject({ ok: true, inputs: 14, withoutValue: 10 });
});

it("reports the smallest counterexample, and the first s-op that is wrong", () => {
  const often = sop("often");
  const model = compile(often, { vocabulary: "ab", maxLength: 4 });
  const bias = model.model.parameters().get("blocks.0.feedForward.hidden.bias")!;
  const step = bias.data.findIndex((value) => value !== 0);
  const report = verify(often, tamper(model, "blocks.0.feedForward.hidden.bias", step, 5), { exhaustive: true });
  expect(report.ok).toBe(false);
  expect(report.counterexample).toMatchObject({
    input: ["a", "a"],
    expected: [true, true],
    got: [false, false],
    firstWrong: { name: "often", layer: 1, sublayer: "feed-forward", position: 0 },
  });
});

it("blames the attention where the attention is wrong", () => {
  const often = sop("often");
  const model = compile(often, { vocabulary: "ab", maxLength: 4 });
  const query = model.model.parameters().get("blocks.0.attention.query.weight")!;
  query.data.fill(0);
  const { counterexample } = verify(often, model, { runs: 50, seed: 3 });
  expect(counterexample!.input).toEqual(["a", "a"]);
  expect(counterexample!.firstWrong).toMatchObject({ layer: 1, sublayer: "attention" });
});

it.each<VerifyOptions>([{ exhaustive: true }, { runs: 60, seed: 3 }])(
  "shards of %o merge, also where the model is wrong",
  (how) => {
    const often = sop("often");
    const model = compile(often, { vocabulary: "ab", maxLength: 4 });
    const bias = model.model.parameters().get("blocks.0.feedForward.hidden.bias")!;
    tamper(
      model,
      "blocks.0.feedForward.hidden.bias",
      bias.data.findIndex((value) => value !== 0),
      5,
    );
    const whole = encodeReport(verify(often, model, how));
    expect(whole).toMatchObject({ ok: false, counterexample: { input: ["a", "a"] } });
    expect(whole.wrong).toBeGreaterThan(2);
    const shards = [3, 1, 2].map((index) => encodeReport(verify(often, model, { ...how, shard: { index, count: 3 } })));
    expect(shards.every(({ inputs }) => inputs === whole.inputs / 3)).toBe(true);
    expect(mergeReports(shards)).toEqual(whole);
  },
);

it("a NaN counts as wrong", () => {
  const often = sop("often");
  const model = compile(often, { vocabulary: "ab", maxLength: 2 });
  model.model.parameters().get("unembedding.weight")!.data.fill(NaN);
  expect(verify(often, model, { exhaustive: true }).ok).toBe(false);
});

describe("floats are the program's up to float32", () => {
  const check = (text: string, vocabulary: string | number[], maxLength: number) => {
    const result = load(text, { example: vocabulary }).sop("r");
    return verify(result, compile(result, { vocabulary, maxLength }), { exhaustive: true });
  };

  it("means of means, whose last digit depends on the order of a sum", () => {
    const before = 'b = select(indices, indices, <=); r = aggregate(b, aggregate(b, indicator(tokens == "a")));';
    expect(check(before, "ab", 7)).toMatchObject({ ok: true, inputs: 254, wrong: 0, upToFloat32: 118 });
  });

  it("also where terms cancel, and 0 is what is left of their rounding", () => {
    const signs =
      'x = 1 if tokens == "a" else 0 - 1; b = select(indices, indices, <=); r = aggregate(b, aggregate(b, x));';
    const report = check(signs, "ab", 6);
    expect(report).toMatchObject({ ok: true, wrong: 0 });
    expect(report.upToFloat32).toBeGreaterThan(10);
  });

  it("in shards, which merge", () => {
    const text = "r = aggregate(select(1, 1, ==), tokens_float);";
    const result = load(text, { example: [0.1] }).sop("r");
    const model = compile(result, { vocabulary: [0.1, 0.7], maxLength: 4 });
    const whole = encodeReport(verify(result, model, { exhaustive: true }));
    expect(whole.upToFloat32).toBeGreaterThan(2);
    const shards = [1, 2, 3].map((index) =>
      encodeReport(verify(result, model, { exhaustive: true, shard: { index, count: 3 } })),
    );
    expect(mergeReports(shards)).toEqual(whole);
  });

  it("but not further, and an int only where it is equal", () => {
    const values = [1n, 2n ** 53n, 0.1, 0.5, "a", null, true];
    const agreement = agreementAmong(values);
    const rows: [Atom, Atom, string][] = [
      [0.1, 0.1, "equal"],
      [2 ** 53, 2n ** 53n, "equal"],
      [2 ** 53, 2n ** 53n + 1n, "equal up to float32"],
      [2n ** 53n + 1n, 2 ** 53, "different"],
      [2n ** 53n, 2n ** 53n + 1n, "different"],
      [0.5, "0.5", "different"],
      ["a", "b", "different"],
      [null, 0, "different"],
      [true, 1n, "equal"],
      [0.5, NaN, "different"],
      [NaN, 0.5, "different"],
    ];
    for (const [program, model, expected] of rows) {
      expect(agreement(program, model), `${program}`).toBe(expected);
    }
    const small = agreementAmong([0.1, 0.5]);
    expect(small(0.1, 0.1 * (1 + 2 ** -25))).toBe("equal up to float32");
    expect(small(0.1, 0.1 * (1 + 2 ** -23))).toBe("different");
    expect(small(0.5, true)).toBe("different");
    expect(small(0, 2 ** -46)).toBe("equal up to float32");
    expect(small(0, 2 ** -44)).toBe("different");
  });

  it("and a mean with such values is not blamed for what is wrong after it", () => {
    const text =
      'b = select(indices, indices, <=); m = aggregate(b, aggregate(b, indicator(tokens == "a"))); r = m > 0.4;';
    const result = load(text).sop("r");
    const model = compile(result, { vocabulary: "ab", maxLength: 4 });
    const hidden = model.model.parameters().get("blocks.1.feedForward.hidden.bias")!;
    for (let i = 0; i < hidden.data.length; i++) hidden.data[i]! -= 40;
    const { counterexample } = verify(result, model, { exhaustive: true });
    expect(counterexample!.firstWrong).toMatchObject({ name: "r", layer: 2, sublayer: "feed-forward" });
  });
});

it("enumerates every input once, shortest first", () => {
  const inputs = [...everyInput(["a", "b", "c"], 3)].map((input) => input.join(""));
  expect(inputs).toHaveLength(countInputs(3, 3));
  expect(new Set(inputs).size).toBe(39);
  expect(inputs.slice(0, 5)).toEqual(["a", "b", "c", "aa", "ab"]);
});

it.each([1, 2, 5, 100])("each input is in exactly one of %i shards", (count) => {
  const shards = Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));
  const texts = (inputs: Iterable<readonly unknown[]>): string[] => [...inputs].map((input) => input.join(""));
  const dealt = (whole: string[]): string[][] =>
    shards.map(({ index }) => whole.filter((_, i) => i % count === index - 1));
  const all = texts(everyInput(["a", "b", "c"], 3));
  expect(shards.map((shard) => texts(everyInput(["a", "b", "c"], 3, shard)))).toEqual(dealt(all));
  const random = texts(randomInputs(["a", "b"], 5, 30, 4));
  expect(shards.map((shard) => texts(randomInputs(["a", "b"], 5, 30, 4, shard)))).toEqual(dealt(random));
});

describe("progress", () => {
  it("of a verification counts inputs up to those of the shard", () => {
    const model = compile(sop("hist"), { vocabulary: "abc", maxLength: 6 });
    for (const how of [{ exhaustive: true }, { runs: 301, seed: 1 }] as const) {
      for (const shard of [undefined, { index: 1, count: 3 }, { index: 3, count: 3 }]) {
        const told: [number, number][] = [];
        const { inputs } = verify(sop("hist"), model, { ...how, ...(shard ? { shard } : {}) }, (...at) =>
          told.push(at),
        );
        expect(told.at(-1)).toEqual([inputs, inputs]);
        expect(told.length).toBeGreaterThan(1);
      }
    }
  });

  it.each([false, true])("of a compile goes up to its end, causal %s", (causal) => {
    const told: [number, number, string][] = [];
    const twice = load("h = selector_width(select(tokens, tokens, ==)); d = selector_width(select(h, h, ==));").sop(
      "d",
    );
    compile(twice, { vocabulary: "ab", maxLength: 4, causal, onProgress: (...at) => told.push(at) });
    // Two widths have a value set and a plan each; the plan is chosen, and the weights are made.
    expect(told.at(-1)).toEqual([6, 6, "weights"]);
    expect([...new Set(told.map(([, , stage]) => stage))]).toEqual([
      "planning",
      "values of d",
      "values of h",
      "certificate",
      "weights",
    ]);
    expect(told.filter(([done, of]) => done === of)).toHaveLength(1);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b));
  });
});

it("there is no shard 0, nor one past the last", () => {
  const model = compile(sop("hist"), { vocabulary: "ab", maxLength: 2 });
  for (const index of [0, 3, 1.5]) {
    expect(() => verify(sop("hist"), model, { exhaustive: true, shard: { index, count: 2 } })).toThrow(
      `there is no shard ${index} of 2`,
    );
  }
});

it("draws the same random inputs for the same seed", () => {
  const draw = (seed: number): string[] => [...randomInputs(["a", "b"], 5, 20, seed)].map((input) => input.join(""));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});
