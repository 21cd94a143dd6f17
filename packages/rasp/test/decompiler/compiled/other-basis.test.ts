/** Models in other bases decompile to the programs of the plain ones, or are refused. */
import { describe, expect, it } from "vitest";
import { compile, CompiledModel, compileRotated, dataset } from "../../../src/index.js";
import { decompileProgram, NotHardError, type Interchange } from "../../../src/decompiler/index.js";
import { isInOtherBasis } from "../../../src/decompiler/compiled/basis/recover.js";
import { Span } from "../../../src/decompiler/compiled/basis/span.js";
import { weightsOf } from "../../../src/decompiler/compiled/run/weights.js";
import { lessons, lessonSOp } from "../../compiler/lessons.js";
import { breadth } from "../../../../../test/long.js";

const MAX_LENGTH = breadth({ short: 5, long: 7 });
/** Of random inputs on which a program is held to its model. */
const FRESH = 60;

/** Found by a mixture of parts that only angles would tell apart. */
const DIFFERENT_WHERE_SUPERPOSED = ["sort_by_most_freq"];

/** Nearly all swaps of their counts lead to values that no input reaches, of which nothing is known. */
const HARDLY_TOLD = ["dyck2_ptf", "dyck3_ptf", "dyck2_best"];

/** Wherever swapping a line tells something, the model does what the program does; and of most lessons it does tell something. */
function expectFollowed(name: string, { variables }: Interchange): void {
  if (!HARDLY_TOLD.includes(name)) expect(variables.some(({ accuracy }) => accuracy.of > 50)).toBe(true);
  for (const { accuracy, unchanged } of variables) {
    if (accuracy.of > 0) expect(accuracy.share).toBe(1);
    if (unchanged.of > 0) expect(unchanged.share).toBe(1);
  }
}

describe.each(lessons.slice(0, breadth({ short: 3, long: lessons.length })))("$name", (lesson) => {
  const sop = lessonSOp(lesson);
  const options = { vocabulary: [...lesson.vocabulary], maxLength: MAX_LENGTH, name: "result" };
  const plain = decompileProgram(compile(sop, options), { fresh: FRESH });

  it("is followed line by line by the plain model", () => expectFollowed(lesson.name, plain.interchange));

  it.each([false, true])(
    "is read as the plain model's program (superposed: %s)",
    { timeout: 300_000 },
    (superposed) => {
      if (superposed && DIFFERENT_WHERE_SUPERPOSED.includes(lesson.name)) return;
      const { model } = compileRotated(sop, { ...options, seed: 5, superposed });
      const { source, agreed, inputs, interchange } = decompileProgram(model, { fresh: FRESH });
      expect(source).toBe(plain.source);
      expect(agreed).toBe(inputs);
      expectFollowed(lesson.name, interchange);
    },
  );
});

it("random programs are read rightly or refused, most as the plain ones", { timeout: 300_000 }, () => {
  const vocabulary = ["a", "b", "c"];
  const count = breadth({ short: 4, long: 16 });
  let [same, others, refused] = [0, 0, 0];
  for (const { sop, model } of dataset({ count, seed: 21, vocabulary, maxLength: 4, lines: 5, examples: 8 })) {
    const plain = decompileProgram(model, { fresh: FRESH });
    const rotated = compileRotated(sop, {
      vocabulary,
      maxLength: 4,
      name: "result",
      seed: same,
      superposed: same % 2 === 1,
    });
    try {
      const { source, agreed, inputs } = decompileProgram(rotated.model, { fresh: FRESH });
      expect(agreed).toBe(inputs);
      if (source === plain.source) same++;
      else others++;
    } catch (error) {
      expect(error).toBeInstanceOf(NotHardError);
      refused++;
    }
  }
  expect(same + others + refused).toBe(count);
  expect(same).toBeGreaterThan(0.6 * count);
});

const hist = lessonSOp(lessons[1]!);
const options = { vocabulary: "abc", maxLength: 5, name: "result" };

it("a model that is in its own basis is not turned", () => {
  expect(isInOtherBasis(weightsOf(compile(hist, options)))).toBe(false);
  const { plain, model } = compileRotated(hist, { ...options, seed: 1 });
  expect(isInOtherBasis(weightsOf(plain))).toBe(false);
  expect(isInOtherBasis(weightsOf(model))).toBe(true);
});

it("a program that is not the model's is not given", () => {
  const { model } = compileRotated(hist, { ...options, seed: 1 });
  // Answers that the weights do not give.
  const [output] = model.card.outputs;
  const { points, classes } = output!.decoding;
  const other = new CompiledModel(model.model, {
    ...model.card,
    outputs: [{ ...output!, decoding: { kind: "numerical", classes, points: points!.map(([x]) => [x! * 2]) } }],
  });
  const bias = other.model.parameters().get("blocks.0.attention.output.bias")!;
  bias.data[0]! += 0.9;
  try {
    const { agreed, inputs } = decompileProgram(other, { fresh: FRESH });
    expect(agreed).toBe(inputs);
  } catch (error) {
    expect(error).toBeInstanceOf(NotHardError);
  }
});

it("coordinates in a span of vectors that are not at right angles", () => {
  const span = new Span();
  expect(span.add(Float64Array.of(1, 0, 0))).toBe(true);
  expect(span.add(Float64Array.of(1, 1, 0))).toBe(true);
  expect(span.add(Float64Array.of(3, 2, 0))).toBe(false);
  expect(span.add(Float64Array.of(0, 0, 0))).toBe(false);
  const found = span.coordinates(Float64Array.of(5, 2, 7));
  expect(found[0]).toBeCloseTo(3, 12);
  expect(found[1]).toBeCloseTo(2, 12);
});
