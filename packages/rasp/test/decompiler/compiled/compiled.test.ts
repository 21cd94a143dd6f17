/** Every program of the lessons comes back from the weights of its model alone, with the same values, and compiles again. */
import { describe, expect, it } from "vitest";
import { compile, CompiledModel, load, ModelFileError, verify } from "../../../src/index.js";
import { decompileProgram, isCompiledModel, NotHardError } from "../../../src/decompiler/index.js";
import { everyInput, randomInputs } from "../../../src/compiler/verify/inputs.js";
import { compiled } from "../../../src/compiler/index.js";
import { lessons, lessonSOp } from "../../compiler/lessons.js";
import { disguised } from "./disguise.js";
import { differing } from "./values.js";
import { breadth } from "../../../../../test/long.js";

const MAX_LENGTH = breadth({ short: 10, long: 12 });
/** The programs are compared on every input up to a length, and on random ones. */
const LONGEST = breadth({ short: 3, long: 5 });
const RANDOM_INPUTS = breadth({ short: 200, long: 2000 });

describe.each(lessons)("$name", (lesson) => {
  const sop = lessonSOp(lesson);
  const vocabulary = [...lesson.vocabulary];
  const model = compile(sop, { vocabulary, maxLength: MAX_LENGTH });

  it("decompiles to a program with the same values and without lists of values", { timeout: 300_000 }, () => {
    const { source, lines, inputs, agreed } = decompileProgram(disguised(model, 7), { fresh: 50 });
    expect(agreed).toBe(inputs);
    expect(lines.filter(({ tabular }) => tabular)).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(12);
    const again = load(source, { example: vocabulary }).sop("result");
    expect(differing(sop, again, everyInput(vocabulary, LONGEST))).toEqual([]);
    expect(differing(sop, again, randomInputs(vocabulary, MAX_LENGTH, RANDOM_INPUTS, 3))).toEqual([]);

    const recompiled = compile(again, { vocabulary, maxLength: MAX_LENGTH });
    expect(verify(again, recompiled, { runs: 100, seed: 5 })).toMatchObject({ ok: true, withoutValue: 0 });
  });
});

/** Adjusted depths are sums that heads compare as numbers; of the pairs that were not seen nothing is known, so that they are listed. */
const LISTED = ["dyck2_ptf", "dyck3_ptf", "dyck2_best"];
/** The frequency of each first occurrence is a number with binary digits, whose comparisons come back right, and as lists of values. */
const IN_DIGITS = ["sort_by_most_freq"];

describe.each(lessons.slice(0, breadth({ short: 5, long: lessons.length })))(
  "$name, with heads that compare numbers",
  ({ vocabulary, ...lesson }) => {
    const sop = lessonSOp(lesson);

    it("decompiles to a program with the same values", { timeout: 300_000 }, () => {
      const model = compiled(sop, { vocabulary, maxLength: 7 }, 2);
      const { source, lines, inputs, agreed } = decompileProgram(disguised(model, 7), { fresh: 50 });
      if (LISTED.includes(lesson.name)) {
        expect(agreed / inputs).toBeGreaterThan(0.9);
        return;
      }
      expect(agreed).toBe(inputs);
      if (!IN_DIGITS.includes(lesson.name)) expect(lines.filter(({ tabular }) => tabular)).toEqual([]);
      const again = load(source, { example: [...vocabulary] }).sop("result");
      expect(differing(sop, again, everyInput([...vocabulary], LONGEST))).toEqual([]);
      expect(differing(sop, again, randomInputs([...vocabulary], 7, RANDOM_INPUTS, 3))).toEqual([]);
    });
  },
);

it("joins the digits of an order to a comparison, and what a value is copied with to one copy", () => {
  const order = load("earlier = selector_width(select(indices, indices, <) and select(tokens, tokens, ==));").sop(
    "earlier",
  );
  const digits = compiled(order, { vocabulary: "ab", maxLength: 12 }, 2);
  expect(digits.stats.headsPerLayer[0]).toBeGreaterThan(2);
  expect(decompileProgram(digits).source).toBe(
    "pick_1 = select(tokens, tokens, ==) and select(indices, indices, <);\nearlier = selector_width(pick_1);\n",
  );
  const copy = compiled(lessonSOp(lessons[0]!), { vocabulary: "abcdefghijklmnopqrstuvwxyz", maxLength: 6 }, 2);
  expect(copy.stats.headsPerLayer[1]).toBeGreaterThan(1);
  expect(decompileProgram(copy).source).toBe(
    "reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);\n",
  );
});

it("gives the same text each time, and that of the lesson", () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 8 });
  const { source } = decompileProgram(model);
  expect(source).toBe("reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);\n");
  expect(decompileProgram(model).source).toBe(source);
});

it("reads a causal model as a program that only looks back", () => {
  const sop = load("hist = selector_width(select(tokens, tokens, ==));").sop("hist");
  const { source, agreed } = decompileProgram(compile(sop, { vocabulary: "ab", maxLength: 8, causal: true }));
  expect(agreed).toBe(300);
  expect(source).toContain("select(indices, indices, <=)");
});

describe("attention that is not sharp", () => {
  const softened = (by: number): CompiledModel => {
    const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 6 });
    const keys = model.model.parameters().get("blocks.1.attention.key.weight")!;
    keys.data.forEach((weight, i) => (keys.data[i] = weight / by));
    return model;
  };

  it("is read as if it were sharp where scores have levels, and the agreement is measured", () => {
    const sharp = decompileProgram(softened(1));
    expect(sharp.soft).toEqual([]);
    const { source, agreed, inputs, soft } = decompileProgram(softened(16));
    expect(source).toBe(sharp.source);
    expect(agreed).toBe(inputs);
    // Scores 64 / 16 = 4 apart and BOS between them: with 5 other keys the selected one has e⁴ of e⁴ + e² + 5 parts.
    const most = 1 - Math.exp(4) / (Math.exp(4) + Math.exp(2) + 5);
    expect(soft).toEqual([{ layer: 1, head: 0, elsewhere: expect.closeTo(most, 3) as number }]);
    const softer = decompileProgram(softened(40));
    expect(softer.source).toBe(sharp.source);
    expect(softer.agreed).toBeLessThan(softer.inputs);
  });

  it("is refused with the head and a score where there are no levels", () => {
    expect(() => decompileProgram(softened(1000))).toThrow(NotHardError);
    expect(() => decompileProgram(softened(1000))).toThrow(
      "head 0 of layer 1 is no hard selection: it attends to BOS and to other positions at once, of which one scores 0.03 above BOS, as at position 0 of a",
    );
  });

  it("is refused where scores differ without a gap", () => {
    const model = compile(load("a = aggregate(full_s, indices);").sop("a"), { vocabulary: "ab", maxLength: 6 });
    const query = model.model.parameters().get("blocks.0.attention.query.bias")!;
    const keys = model.model.parameters().get("blocks.0.attention.key.weight")!;
    const [dModel, dHead] = keys.shape as [number, number];
    const slope = Math.sqrt(dHead) / query.data[0]! / 16;
    // Each position and token scores a little more than the one before.
    for (let c = 0; c < dModel; c++) keys.data[c * dHead]! += c * slope;
    expect(() => decompileProgram(model)).toThrow(
      /^head 0 of layer 0 is no hard selection: .* score from -?[\d.]+ to -?[\d.]+ above BOS, and no gap between them is clear/,
    );
  });
});

it("recognizes compiled models, which are refused if a weight is not finite", () => {
  const model = compile(lessonSOp(lessons[1]!), { vocabulary: "abc", maxLength: 4 });
  expect(isCompiledModel(model.toSafetensors())).toBe(true);
  expect(isCompiledModel(new Uint8Array([1, 2, 3]))).toBe(false);
  model.model.parameters().get("unembedding.weight")!.data[0] = NaN;
  expect(() => CompiledModel.fromSafetensors(model.toSafetensors())).toThrow(ModelFileError);
});
