/** Hidden units against the table that they are made from, in 64-bit arithmetic. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { exactGrid, type Held } from "../../../../src/compiler/plan/ir/exact-sum.js";
import type { Argument, Row } from "../../../../src/compiler/plan/ir/finite-function.js";
import type { Unit } from "../../../../src/compiler/plan/ir/plan.js";
import { fitStepFunctions, unitsOf } from "../../../../src/compiler/plan/units/feed-forward.js";
import { combineReads, subspaceRead, type Read, type Subspace } from "../../../../src/compiler/plan/ir/read.js";
import { breadth } from "../../../../../../test/long.js";

const subspace = (label: string, width: number): Subspace => ({
  label,
  names: Array.from({ length: width }, (_, v) => String(v)),
  writer: "embedding",
  layer: 0,
  oneHot: true,
  largest: 1,
  grid: 1,
  atBos: new Array<number>(width).fill(0),
});

/** A one-hot argument with `size` values whose numbers are 0, 1, 2, …, if no others are given. */
function oneHot(label: string, size: number, others?: readonly number[]): { argument: Argument; subspace: Subspace } {
  const s = subspace(label, size);
  const unit = (v: number): number[] => s.names.map((_, other) => Number(other === v));
  const numbers = others ?? s.names.map(Number);
  return {
    subspace: s,
    argument: {
      numbers,
      asNumber: subspaceRead(s, numbers),
      weighted: (weights) => subspaceRead(s, weights),
      gate: (subset) => combineReads(subset.map((v) => [1, subspaceRead(s, unit(v))])),
      noise: 0,
    },
  };
}

/** A scalar argument. */
function scalar(label: string, numbers: readonly number[]): { argument: Argument; subspace: Subspace } {
  const s = subspace(label, 1);
  return {
    subspace: s,
    argument: { numbers, asNumber: subspaceRead(s, [1]), weighted: undefined, gate: undefined, noise: 1e-6 },
  };
}

const valueOf = (read: Read, held: ReadonlyMap<Subspace, readonly number[]>): number =>
  [...read.terms].reduce(
    (sum, [s, coefficients]) => sum + coefficients.reduce((part, c, j) => part + c * held.get(s)![j]!, 0),
    read.constant,
  );

function outputs(units: readonly Unit[], held: ReadonlyMap<Subspace, readonly number[]>, width: number): number[] {
  const sums = new Array<number>(width).fill(0);
  for (const { input, output } of units) {
    const active = Math.max(0, valueOf(input, held));
    output.forEach((weight, c) => (sums[c]! += weight * active));
  }
  return sums;
}

const fitUnits = (
  args: readonly Argument[],
  rows: readonly Row[],
  results: readonly (readonly number[])[],
): Unit[] | undefined => fitStepFunctions({ args, rows, vectors: results })?.flatMap(unitsOf);

const vectors = [
  [0, 0],
  [1, 0],
  [0, 1],
  [2, -3],
];

it("gives the table's vector on every row, for one-hot arguments", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.option(fc.integer({ min: 0, max: 3 })), { minLength: 16, maxLength: 16 }),
      (width, height, results) => {
        const [a, b] = [oneHot("a", width), oneHot("b", height)];
        const rows: Row[] = [];
        for (let x = 0; x < width; x++) {
          for (let y = 0; y < height; y++) {
            const result = results[x * 4 + y];
            if (result !== null && result !== undefined) rows.push({ values: [x, y], result });
          }
        }
        fc.pre(rows.length > 0);
        const units = fitUnits([a.argument, b.argument], rows, vectors)!;
        for (const { values, result } of rows) {
          const held = new Map([a, b].map(({ subspace: s }, j) => [s, s.names.map((_, v) => Number(v === values[j]))]));
          expect(outputs(units, held, 2)).toEqual(vectors[result]!.map((v) => v + 0));
        }
      },
    ),
    { numRuns: breadth({ short: 150, long: 500 }), seed: 1 },
  );
});

it("gives the table's vector on every row, for scalars behind a gate, however large the input is elsewhere", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 6 }),
      fc.uniqueArray(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 72, maxLength: 72 }),
      (xs, ys, results) => {
        const [gate, x, y] = [oneHot("gate", 3), scalar("x", xs), scalar("y", ys)];
        const rows: Row[] = [];
        for (let g = 0; g < 3; g++) {
          xs.forEach((_, i) => {
            ys.forEach((__, j) => rows.push({ values: [g, i, j], result: results[(g * 6 + i) * 4 + j]! }));
          });
        }
        const units = fitUnits([gate.argument, x.argument, y.argument], rows, vectors)!;
        for (const { values, result } of rows) {
          const held = new Map([
            [gate.subspace, [0, 1, 2].map((v) => Number(v === values[0]))],
            [x.subspace, [xs[values[1]!]!]],
            [y.subspace, [ys[values[2]!]!]],
          ]);
          outputs(units, held, 2).forEach((got, c) => expect(got).toBeCloseTo(vectors[result]![c]!, 6));
        }
      },
    ),
    { numRuns: breadth({ short: 60, long: 200 }), seed: 2 },
  );
});

it("is small where the function is simple", () => {
  const count = scalar("count", [0, 1, 2, 3, 4, 5]);
  const rows = [0, 1, 2, 3, 4, 5].map((v) => ({ values: [v], result: Number(v >= 3) }));
  expect(fitUnits([count.argument], rows, [[0], [1]])).toHaveLength(2);
});

it("says when values cannot be told apart", () => {
  const near = scalar("near", [1, 1 + 1e-6]);
  const rows = [0, 1].map((v) => ({ values: [v], result: v }));
  expect(fitUnits([near.argument], rows, [[0], [1]])).toBeUndefined();
});

it("puts the numbers of one-hot arguments on the grid of the steps where slopes are even, so that no sum is rounded", () => {
  const shares = [0, 1 / 3, 2 / 5, 1 / 2, 2 / 3, 1];
  const [held, mean] = [oneHot("held", shares.length, shares), scalar("mean", shares)];
  const rows = shares.flatMap((_, a) => shares.map((__, b) => ({ values: [a, b], result: Math.sign(b - a) + 1 })));
  const results = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const fn = { args: [held.argument, mean.argument], rows, vectors: results };
  const units = fitStepFunctions(fn, { evenSlopes: true })!.flatMap(unitsOf);
  // What an anchor leaves of a share: multiples of the step that slopes of 32 see as 1/16.
  const step = 2 ** -9;
  const heldBy = (s: Subspace): Held => ({ grid: s === mean.subspace ? step : 1, anchor: 0 });
  for (const { input } of units) expect(exactGrid(input, heldBy)).toBeGreaterThan(0);
  for (const { values, result } of rows) {
    for (const off of [-step / 2, 0, step / 2]) {
      const share = Math.round((shares[values[1]!]! + off) / step) * step;
      const reads = new Map([
        [held.subspace, shares.map((_, v) => Number(v === values[0]))],
        [mean.subspace, [share]],
      ]);
      expect(outputs(units, reads, 3)).toEqual(results[result]);
    }
  }
});
