/** Sums that `exactGrid` calls exact are: float32 sums in any order against the sum of whole numbers. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { exactGrid, gridOf } from "../../../../src/compiler/plan/ir/exact-sum.js";
import type { Read, Subspace } from "../../../../src/compiler/plan/ir/read.js";

const subspace = (names: readonly string[], grid: number, largest: number): Subspace => ({
  label: "s",
  names,
  writer: "attention",
  layer: 1,
  oneHot: false,
  grid,
  largest,
  atBos: names.map(() => 0),
});

it("gridOf is the largest power of two that divides all numbers", () => {
  expect(gridOf([3, 0.5, -12])).toBe(0.5);
  expect(gridOf([-12, 8, 0])).toBe(4);
  expect(gridOf([0, 0])).toBe(Infinity);
  expect(gridOf([1, 1 / 3])).toBe(0);
});

/** A power of two from 2^-12 to 2^12. */
const power = fc.integer({ min: -12, max: 12 }).map((exponent) => 2 ** exponent);

it("exact sums are exact in every order, with anchors too", () => {
  let exact = 0;
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          coefficient: fc.tuple(fc.integer({ min: -9, max: 9 }), power).map(([n, p]) => n * p),
          grid: power,
          multiple: fc.integer({ min: -64, max: 64 }),
          anchored: fc.boolean(),
        }),
        { minLength: 1, maxLength: 5 },
      ),
      fc.tuple(fc.integer({ min: -999, max: 999 }), power).map(([n, p]) => n * p),
      fc.infiniteStream(fc.nat()),
      (terms, constant, random) => {
        const parts = terms.map(({ coefficient, grid, multiple, anchored }) => ({
          coefficient,
          value: grid * multiple,
          subspace: subspace(["value"], grid, 64 * grid),
          anchor: anchored ? 0.75 * 2 ** 24 * grid * 2 ** -4 : 0,
        }));
        const read: Read = { constant, terms: new Map(parts.map((part) => [part.subspace, [part.coefficient]])) };
        const anchorOf = new Map(parts.map((part) => [part.subspace, part.anchor]));
        if (exactGrid(read, (source) => ({ grid: source.grid, anchor: anchorOf.get(source)! })) === 0) return;
        exact++;
        const bias = parts.reduce((sum, { coefficient, anchor }) => sum - coefficient * anchor, constant);
        const addends = [
          bias,
          ...parts.map(({ coefficient, value, anchor }) => Math.fround(coefficient) * Math.fround(value + anchor)),
        ].map((addend) => ({ addend, order: random.next().value }));
        addends.sort((a, b) => a.order - b.order);
        const sum = addends.reduce((total, { addend }) => Math.fround(total + Math.fround(addend)), 0);
        expect(sum).toBe(parts.reduce((total, { coefficient, value }) => total + coefficient * value, constant));
      },
    ),
    { numRuns: 3000 },
  );
  expect(exact).toBeGreaterThan(300);
});

it("two anchors of one sign are too much for one sum; with different signs they cancel", () => {
  const [a, b] = [subspace(["a"], 0, 1), subspace(["b"], 0, 1)];
  const read: Read = {
    constant: 0,
    terms: new Map([
      [a, [1]],
      [b, [1]],
    ]),
  };
  const step = 2 ** -10;
  const anchor = 0.75 * 2 ** 24 * step;
  expect(exactGrid(read, () => ({ grid: step, anchor }))).toBe(0);
  expect(exactGrid(read, (source) => ({ grid: step, anchor: source === a ? anchor : -anchor }))).toBe(step);
});
