/** Models in other bases compute their programs, and their errors are within their certificates. */
import { describe, expect, it } from "vitest";
import { CompiledModel, compileRotated, dataset, load, verify, type RotatedModel } from "../../../../src/index.js";
import { ablateEdges, edgesOf } from "../../../../src/compiler/circuit/index.js";
import { stackOf } from "../../../../src/compiler/circuit/stack.js";
import { everyInput, randomInputs } from "../../../../src/compiler/verify/inputs.js";
import { expectBounded, type Observed } from "../../certify/observed-errors.js";
import { lessons, lessonSOp } from "../../lessons.js";
import { breadth } from "../../../../../../test/long.js";

const MAX_LENGTH = breadth({ short: 6, long: 8 });
const EXHAUSTIVE = breadth({ short: 4, long: 5 });
const RUNS = breadth({ short: 100, long: 300 });

/** The model with residual streams as the plain model has them. */
function turnedBack({ model, plain, readers }: RotatedModel): Observed {
  return {
    layout: plain.layout,
    card: model.card,
    causal: model.causal,
    values: (inputs, record) =>
      model.values(inputs, (name, tensor) => {
        const width = tensor.shape.at(-1)!;
        if (!name.endsWith(".residual")) return;
        const data = new Float32Array(tensor.data.length);
        for (let row = 0; row < data.length; row += width) {
          readers.forEach((reader, c) => {
            data[row + c] = reader.reduce((sum, weight, d) => sum + weight * tensor.data[row + d]!, 0);
          });
        }
        record!(name, { data, shape: tensor.shape });
      }),
  };
}

const BASES = [
  { name: "rotated", superposed: false },
  { name: "superposed", superposed: true },
];

describe.each(BASES)("$name", ({ superposed }) => {
  /** Those that are proved at this length. */
  const proved = new Set<string>();

  it.each(lessons.slice(0, breadth({ short: superposed ? 5 : 7, long: lessons.length })))(
    "$name is right on every short input and on random longer ones",
    (lesson) => {
      const sop = lessonSOp(lesson);
      const vocabulary = [...lesson.vocabulary];
      const rotated = compileRotated(sop, { vocabulary, maxLength: MAX_LENGTH, seed: 11, superposed });
      const { model } = rotated;
      const short = new CompiledModel(model.model, { ...model.card, maxLength: EXHAUSTIVE });
      expect(verify(sop, short, { exhaustive: true })).toMatchObject({ ok: true, wrong: 0 });
      expect(verify(sop, model, { runs: RUNS, seed: 4 })).toMatchObject({ ok: true, wrong: 0 });
      if (!model.certificate.proved) return;
      proved.add(lesson.name);
      expectBounded(turnedBack(rotated), everyInput(vocabulary, 3));
      expectBounded(turnedBack(rotated), randomInputs(vocabulary, MAX_LENGTH, 30, 2));
    },
  );

  it("most of the shallow ones are proved", () => {
    expect([...proved]).toEqual(expect.arrayContaining(["reverse", "hist_nobos", "hist_bos", "sort_bos"]));
  });
});

it("random programs are right in other bases", { timeout: 120_000 }, () => {
  const vocabulary = ["a", "b", "c"];
  const count = breadth({ short: 12, long: 40 });
  let n = 0;
  for (const { sop } of dataset({ count, seed: 8, vocabulary, maxLength: 6, lines: 7, examples: 12 })) {
    const rotated = compileRotated(sop, { vocabulary, maxLength: 6, seed: n++, superposed: n % 2 === 0 });
    expect(verify(sop, rotated.model, { runs: RUNS, seed: n })).toMatchObject({ ok: true, wrong: 0 });
    if (rotated.model.certificate.proved) expectBounded(turnedBack(rotated), randomInputs(vocabulary, 6, 12, 3));
  }
});

it(
  "the circuit is that of the plain model: edges outside change no answer, and each inside does",
  { timeout: 120_000 },
  () => {
    const vocabulary = ["a", "b", "c"];
    let n = 0;
    for (const { sop } of dataset({
      count: breadth({ short: 3, long: 10 }),
      seed: 4,
      vocabulary,
      maxLength: 5,
      lines: 7,
      examples: 8,
    })) {
      const { model, plain } = compileRotated(sop, { vocabulary, maxLength: 5, seed: n++, superposed: n % 2 === 0 });
      const edges = edgesOf(plain, stackOf(plain.model));
      const { changed, outside, redundant } = ablateEdges(model, stackOf(model.model), edges);
      const inPlain = ablateEdges(plain, stackOf(plain.model), edges);
      expect(outside).toBeGreaterThan(0);
      expect(changed).toEqual({ mean: 0, resample: 0 });
      expect(redundant).toEqual(inPlain.redundant);
    }
  },
);

const hist = load("hist = selector_width(select(tokens, tokens, ==)) + indices;").sop("hist");
const options = { vocabulary: "abc", maxLength: 6 };

it("equal seeds give equal files, and other seeds other bases", () => {
  const bytes = (seed: number, superposed: boolean): string =>
    compileRotated(hist, { ...options, seed, superposed })
      .model.toSafetensors()
      .join();
  expect(bytes(1, false)).toBe(bytes(1, false));
  expect(bytes(1, true)).toBe(bytes(1, true));
  expect(bytes(2, false)).not.toBe(bytes(1, false));
});

it("nothing is readable by coordinate: every weight that touches the stream or a head is other than 0", () => {
  const { model, plain } = compileRotated(hist, { ...options, seed: 3 });
  const zeros = (of: CompiledModel): number =>
    [...of.model.parameters()]
      .filter(([name]) => name.endsWith(".weight"))
      .reduce((sum, [, { data }]) => sum + data.filter((x) => Math.abs(x) < 1e-6).length, 0);
  // A hidden unit, a head's dimension or position 0, which are zeros in the plain model, stay so.
  expect(zeros(plain)).toBeGreaterThan(100);
  expect(zeros(model)).toBeLessThan(40);
  expect(model.card.labels.slice(0, 2)).toEqual(["direction 0", "direction 1"]);
});

it("directions and readers give the plain model's states, and angles are right ones only in a rotation", () => {
  for (const superposed of [false, true]) {
    const { directions, readers, cosine } = compileRotated(hist, { ...options, seed: 5, superposed });
    directions.forEach((direction, c) => {
      readers.forEach((reader, other) => {
        const product = direction.reduce((sum, x, d) => sum + x * reader[d]!, 0);
        expect(product).toBeCloseTo(c === other ? 1 : 0, 9);
      });
    });
    if (superposed) expect(cosine).toBeGreaterThan(0.3);
    else expect(cosine).toBeLessThan(1e-12);
  }
});

it("a program that is not proved is said to be so, and precision and marks are refused", () => {
  const deep = lessonSOp(lessons.find(({ name }) => name === "dyck2_ptf")!);
  const { certificate } = compileRotated(deep, { vocabulary: "(){}", maxLength: 8, seed: 1 }).model;
  expect(certificate).toMatchObject({ proved: false });
  expect(() => compileRotated(hist, { ...options, seed: 1, mark: true } as never)).toThrow(TypeError);
  expect(() => compileRotated(hist, { ...options, seed: 0.5 })).toThrow("seed");
});
