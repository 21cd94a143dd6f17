/**
 * Models for bfloat16 and TF32: on hardware that rounds the operands of matrix products they compute their programs, and so they do
 * where bfloat16 results are rounded as well, where TF32 operands are cut off, and in float32.
 */
import {
  inPrecision,
  lowPrecisionKernels,
  referenceKernels,
  roundAllTo,
  roundTo,
  setKernels,
  type Kernels,
  type MatrixView,
} from "@selectron/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { everyInput, randomInputs } from "../../src/compiler/verify/inputs.js";
import {
  atomsEqual,
  compile,
  evaluate,
  load,
  RaspError,
  tokens,
  verify,
  type Atom,
  type CompiledModel,
  type SOp,
} from "../../src/index.js";
import { sopSource } from "../arbitrary/program.js";
import { expectBounded } from "./certify/observed-errors.js";
import { lessons, lessonSOp } from "./lessons.js";

const PRECISIONS = ["bfloat16", "tf32"] as const;

/** Every input up to a length and longer random ones, in batches of one length. */
function trialsOf({ card: { vocabulary, maxLength } }: CompiledModel, longest: number, runs: number): Atom[][][] {
  const longer = [...randomInputs(vocabulary, maxLength, 4 * runs, 12)].filter(({ length }) => length > longest);
  const byLength = new Map<number, Atom[][]>();
  for (const input of [...everyInput(vocabulary, longest), ...longer.slice(0, runs)]) {
    byLength.set(input.length, [...(byLength.get(input.length) ?? []), [...input]]);
  }
  return [...byLength.values()];
}

const wrongOn = (model: CompiledModel, sop: SOp, batches: readonly Atom[][][]): Atom[][] =>
  batches.flatMap((inputs) => {
    const [answers] = model.outputs(inputs);
    return inputs.filter((input, b) => !evaluate(sop, input).every((value, i) => atomsEqual(value, answers![b]![i]!)));
  });

/** Everything that is computed is rounded to bfloat16, not only operands. */
const bfloat16: Kernels = {
  ...referenceKernels,
  matmul: (call) => {
    referenceKernels.matmul(call);
    roundAllTo("bfloat16", call.out);
  },
  softmaxRows: (x, out, rows, columns) => {
    referenceKernels.softmaxRows(x, out, rows, columns);
    roundAllTo("bfloat16", out);
  },
  binary: (operation, a, b, out) => {
    referenceKernels.binary(operation, a, b, out);
    roundAllTo("bfloat16", out);
  },
};

const LONGEST = breadth({ short: 8, long: 12 });

/** Operands are cut off after the digits of TF32, not rounded. */
const truncating: Kernels = {
  ...referenceKernels,
  matmul: (call) => {
    const truncated = (view: MatrixView): MatrixView => {
      const data = Float32Array.from(view.data);
      const bits = new Uint32Array(data.buffer);
      for (const [i, pattern] of bits.entries()) bits[i] = (pattern >>> 13) << 13;
      return { ...view, data };
    };
    referenceKernels.matmul({ ...call, a: truncated(call.a), b: truncated(call.b) });
  },
};

function withKernels<T>(kernels: Kernels, body: () => T): T {
  setKernels(kernels);
  try {
    return body();
  } finally {
    setKernels(referenceKernels);
  }
}

describe.each(PRECISIONS)(`the lessons up to ${LONGEST} tokens in %s`, (precision) => {
  it.each(lessons)("$name", (lesson) => {
    const sop = lessonSOp(lesson);
    const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: LONGEST, precision });
    expect(model.certificate).toMatchObject({ proved: true, provedFor: { lengths: [1, LONGEST] } });
    expect(model.certificate.worstMargin).toBeGreaterThan(10);
    const trials = trialsOf(model, breadth({ short: 2, long: 5 }), breadth({ short: 12, long: 500 }));
    inPrecision(precision, () => {
      expect(wrongOn(model, sop, trials)).toEqual([]);
      expectBounded(model, trials.at(-1)!.slice(0, 4));
    });
    expect(wrongOn(model, sop, trials)).toEqual([]);
    for (const { data } of model.model.parameters().values()) {
      expect(data.find((weight) => roundTo(precision, weight) !== weight)).toBeUndefined();
    }
    // Attention step by step, so that its products are computed by these kernels.
    const harsher =
      precision === "tf32" ? lowPrecisionKernels(truncating, "float32") : lowPrecisionKernels(bfloat16, precision);
    withKernels(harsher, () => expect(wrongOn(model, sop, trials)).toEqual([]));
  });
});

describe.each(PRECISIONS)("random programs in %s", (precision) => {
  it("that are proved are right, and hold what their certificate says", () => {
    const tally = { compiled: 0, proved: 0 };
    fc.assert(
      fc.property(sopSource, (source) => {
        let model: CompiledModel;
        let sop: SOp;
        try {
          sop = load(`result = ${source};`, { example: "abc" }).sop("result");
          model = compile(sop, { vocabulary: "abc", maxLength: 5, precision });
        } catch (error) {
          if (error instanceof RaspError) return;
          throw error;
        }
        tally.compiled++;
        if (!model.certificate.proved) return;
        tally.proved++;
        expect(verify(sop, model, { runs: 20, seed: 2 })).toMatchObject({ ok: true });
        inPrecision(precision, () => expectBounded(model, randomInputs(model.card.vocabulary, 5, 6, 3)));
      }),
      { seed: 5, numRuns: breadth({ short: 20, long: 400 }) },
    );
    expect(tally.proved).toBeGreaterThan(0.95 * tally.compiled);
  });
});

describe("causal models, and several outputs", () => {
  it.each(PRECISIONS)("in %s", (precision) => {
    const text =
      'n = selector_width(select(tokens, tokens, ==)); m = aggregate(select(1, 1, ==), indicator(tokens == "a"));';
    const program = load(text, { example: "ab" });
    const sops = { n: program.sop("n"), m: program.sop("m") };
    const model = compile(sops, { vocabulary: "ab", maxLength: 6, causal: true, precision });
    expect(model.certificate.proved).toBe(true);
    expect(verify(sops, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 126 });
  });
});

describe("means are quotients", () => {
  it.each([
    ["of ints, one of which stays an int", "aggregate(select(indices, indices, <=), 2 * indices - 3)", "ab"],
    ["with a default", 'aggregate(select(tokens, "a", ==), indices, "none")', "ab"],
    ["of one number", "aggregate(select(tokens, tokens, ==), 3)", "ab"],
    [
      "of floats that are multiples of a power of two",
      "aggregate(select(indices, indices, <=), tokens_float)",
      [0.5, 1.75],
    ],
    ["that are whole", "aggregate(select(tokens, tokens, ==), tokens_float * 2)", [0.5, 1.5]],
    ["as keys and queries", "selector_width(select(aggregate(select(indices, indices, <=), indices), 1, <))", "ab"],
  ])("%s", (_, text, vocabulary) => {
    const sop = load(`r = ${text};`, { example: vocabulary }).sop("r");
    for (const precision of PRECISIONS) {
      const model = compile(sop, { vocabulary, maxLength: 5, precision });
      expect(model.certificate.proved, model.certificate.where).toBe(true);
      expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 62 });
    }
  });

  it("of ints beyond float64 stay exact where a row selects one", () => {
    const vocabulary = [9007199254740993n];
    const text = "r = aggregate(select(tokens, tokens, ==), tokens_int) == 9007199254740993;";
    const sop = load(text, { example: vocabulary }).sop("r");
    const model = compile(sop, { vocabulary, maxLength: 2, precision: "tf32" });
    expect(model.certificate.proved).toBe(true);
    expect(model.run(vocabulary)).toEqual([true]);
    expect(model.run([...vocabulary, ...vocabulary])).toEqual([false, false]);
  });

  it("of other floats are refused", () => {
    const sop = load("r = aggregate(select(indices, indices, <=), tokens_float);", { example: [0.1] }).sop("r");
    for (const precision of PRECISIONS) {
      const message = `cannot compile "r": its values cannot be told apart in ${precision}`;
      expect(() => compile(sop, { vocabulary: [0.1, 0.7], maxLength: 3, precision })).toThrow(message);
    }
  });
});

it("counts are exact where operands are cut off", () => {
  const sop = load('r = round(length * aggregate(full_s, 200 if tokens == "a" else 1));', { example: "ab" }).sop("r");
  const model = compile(sop, { vocabulary: "ab", maxLength: 8, precision: "tf32" });
  expect(model.certificate.proved).toBe(true);
  const sums = withKernels(lowPrecisionKernels(truncating, "float32"), () => model.run("aaaaaaab"));
  expect(sums).toEqual(new Array(8).fill(1401));
});

it("there is no other precision", () => {
  const compiled = () => compile(tokens, { vocabulary: "ab", maxLength: 2, precision: "float16" as "tf32" });
  expect(compiled).toThrow('precision: it is the string "float16"; use one of float32, bfloat16, tf32.');
  expect(() => inPrecision("int8" as "tf32", compiled)).toThrow('precision: it is the string "int8"');
});

it("a patched head counts in the model's own shares", () => {
  const sop = load("n = selector_width(select(tokens, tokens, ==));", { example: "ab" }).sop("n");
  const selects = [
    [true, true, true],
    [true, true, false],
    [false, false, false],
  ];
  for (const precision of PRECISIONS) {
    const model = compile(sop, { vocabulary: "ab", maxLength: 3, precision });
    const counted = inPrecision(precision, () => model.run("aba", { patch: [{ head: "n", selects }] }));
    // Each token counts itself, so that 0 is no class: the nearest is 1.
    expect(counted).toEqual([3, 2, 1]);
  }
});

it("a float32 model does not survive them, and verify says so", () => {
  const sop = lessonSOp(lessons.find(({ name }) => name === "sort_bos")!);
  const model = compile(sop, { vocabulary: "abc", maxLength: 8 });
  expect(model.certificate.proved).toBe(true);
  expect(verify(sop, model, { runs: 30, seed: 1 }).wrong).toBe(0);
  for (const precision of PRECISIONS) {
    expect(verify(sop, model, { runs: 30, seed: 1, precision }).wrong).toBeGreaterThan(9);
  }
});
