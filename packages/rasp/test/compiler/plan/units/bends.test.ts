/** Bends against the points that they go through, and against the steps that they take the place of. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { bendsOf } from "../../../../src/compiler/plan/units/bends.js";
import type { Bend } from "../../../../src/compiler/plan/ir/plan.js";

const pointsOf = (numbers: readonly number[], first: number) => ({
  entries: numbers.map((_, j) => ({ input: first + j, result: j })),
  vectors: numbers.map((number) => [number]),
});

const NO_GATES = { few: 0, largestInput: 100, hasGates: false };

const valueAt = (input: number, initial: number, bends: readonly Bend[]): number =>
  bends.reduce((sum, { from, change }) => sum + change[0]! * Math.max(0, input - from), initial);

it("bends go through every point", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 2, maxLength: 30 }),
      fc.integer({ min: -9, max: 9 }),
      (numbers, first) => {
        const { entries, vectors } = pointsOf(numbers, first);
        const bends = bendsOf(entries, vectors, NO_GATES);
        fc.pre(bends !== undefined);
        for (const [j, number] of numbers.entries()) expect(valueAt(first + j, numbers[0]!, bends)).toBe(number);
      },
    ),
    { seed: 22 },
  );
});

it("a square takes one unit for each number, with bends of 2", () => {
  const { entries, vectors } = pointsOf(
    Array.from({ length: 65 }, (_, j) => (j - 32) ** 2),
    -32,
  );
  const bends = bendsOf(entries, vectors, NO_GATES)!;
  expect(bends).toHaveLength(64);
  expect(bends.slice(1).every(({ change }) => change[0] === 2)).toBe(true);
});

it("where no input occurs the line rises in a whole number's distance, so that slopes are whole", () => {
  const entries = [0, 1, 2, 3, 10, 11, 12].map((input, result) => ({ input, result }));
  const vectors = [0, 1, 4, 9, 8, 9, 10].map((number) => [number]);
  const bends = bendsOf(entries, vectors, NO_GATES)!;
  for (const [j, { input }] of entries.entries()) expect(valueAt(input, 0, bends)).toBe(vectors[j]![0]);
  expect(bends.every(({ change }) => Number.isInteger(change[0]))).toBe(true);
});

it("steps stay where there are few inputs, fractions, or no fewer units", () => {
  const squares = pointsOf([0, 1, 4, 9, 16, 25], 0);
  expect(bendsOf(squares.entries, squares.vectors, { ...NO_GATES, few: 6 })).toBeUndefined();
  const halves = squares.entries.map(({ input, result }) => ({ input: input / 2, result }));
  expect(bendsOf(halves, squares.vectors, NO_GATES)).toBeUndefined();
  const oneStep = [0, 0, 0, 1, 1, 1].map((result, input) => ({ input, result }));
  expect(bendsOf(oneStep, [[0], [1]], NO_GATES)).toBeUndefined();
});

it("a closed gate keeps a bend silent at every input", () => {
  const { entries, vectors } = pointsOf([0, 1, 4, 9, 16], -50);
  for (const { from, gateBias } of bendsOf(entries, vectors, { ...NO_GATES, hasGates: true })!) {
    expect(100 - from - gateBias).toBeLessThan(0);
  }
});
