import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lookUpListMap } from "../../../src/language/graph/elementwise.js";
import {
  aggregateNode,
  indicesNode,
  mapNode,
  selectNode,
  selectorNotNode,
  selectorPairNode,
  type Atom,
  type Comparison,
  type Selector,
  type SOp,
} from "../../../src/language/graph/node.js";
import { addSums, stepsOfSums } from "../../../src/language/interpret/box-sums.js";
import { boxOf } from "../../../src/language/interpret/box.js";
import { Column } from "../../../src/language/interpret/columns.js";
import { Evaluation } from "../../../src/language/interpret/evaluation.js";
import { RankPrefixes } from "../../../src/language/interpret/rank-prefixes.js";
import { Ranking } from "../../../src/language/interpret/ranking.js";
import { aggregateReference, matrixReference } from "../../../src/language/interpret/reference.js";
import { RoundedSums } from "../../../src/language/interpret/rounded-sums.js";
import { breadth } from "../../../../../test/long.js";

const indices = indicesNode();
const column = (values: readonly Atom[]): SOp => mapNode(lookUpListMap("list", values), [indices]);

/** Floats whose sums are rounded at every step in many ways: ties, cancellation, all sizes. */
const floats = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  { weight: 2, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
  fc.integer({ min: -9, max: 9 }).map((tenths) => tenths / 10),
  fc.integer({ min: -3, max: 3 }).map((n) => n * 2 ** -53),
  fc.constantFrom(0, -0, 1, -1, 2 ** 52 + 1, 1e16, -1e16, 2 ** -1074),
);
/** Some that are all of one kind, as those of programs are. */
const manyFloats = (length: number): fc.Arbitrary<number[]> => {
  const of = (one: fc.Arbitrary<number>) => fc.array(one, { minLength: length, maxLength: length });
  return fc.oneof(
    of(floats),
    of(fc.double({ min: 0.1, max: 1, noNaN: true })),
    of(fc.constantFrom(0.1, 1 / 3, 2 ** 53)),
  );
};

const plainSum = (values: ArrayLike<number>, isIncluded: readonly boolean[], low: number, high: number): number => {
  let sum = 0;
  for (let i = low; i < high; i++) if (isIncluded[i]) sum += values[i]!;
  return sum;
};

describe("RoundedSums", () => {
  it("adds as a loop does, whatever is included", () => {
    const lengths = fc.constantFrom(1, 31, 33, 64, 200, 1000);
    const cases = lengths.chain((length) =>
      fc.tuple(
        manyFloats(length),
        fc.array(fc.tuple(fc.nat(length - 1), fc.nat(length), fc.nat(length)), { maxLength: 60 }),
      ),
    );
    fc.assert(
      fc.property(cases, fc.boolean(), ([values, changes], full) => {
        const sums = new RoundedSums(Float64Array.from(values));
        const isIncluded = values.map(() => full);
        if (full) for (const i of values.keys()) sums.set(i, true);
        expect(sums.sum(0, values.length)).toBe(plainSum(values, isIncluded, 0, values.length));
        for (const [position, low, high] of changes) {
          isIncluded[position] = !isIncluded[position];
          sums.set(position, isIncluded[position]);
          expect(sums.sum(low, high)).toBe(plainSum(values, isIncluded, low, high));
          expect(sums.sum(0, values.length)).toBe(plainSum(values, isIncluded, 0, values.length));
        }
      }),
      { numRuns: breadth({ short: 150, long: 3000 }) },
    );
  });

  it("rounds halfway to even, on both sides of 0", () => {
    for (const sign of [1, -1]) {
      const values = Float64Array.from({ length: 640 }, (_, i) => sign * (i === 0 ? 2 ** 53 : i % 3));
      const sums = new RoundedSums(values);
      for (const i of values.keys()) sums.set(i, true);
      expect(sums.sum(0, 640)).toBe(values.reduce((sum, value) => sum + value, 0));
    }
  });

  it("looks at few blocks of long inputs", () => {
    const values = Float64Array.from({ length: 100_000 }, (_, i) => ((i * 7919) % 1000) / 7 + 0.1);
    const sums = new RoundedSums(values);
    for (const i of values.keys()) sums.set(i, true);
    expect(sums.sum(0, values.length)).toBe(values.reduce((sum, value) => sum + value, 0));
    const before = sums.steps;
    for (let i = 0; i < 100; i++) {
      sums.set(997 * i, false);
      sums.sum(0, values.length);
    }
    expect(sums.steps - before).toBeLessThan(100 * 3000);
  });
});

it.each([1, 5, 64, 1000, 3000])("RankPrefixes of %i positions are the ranks below one, and those of one", (length) => {
  for (const size of [1, 2, 3, 40, length]) {
    const ranks = Int32Array.from({ length }, (_, i) => (i * 7919) % Math.min(size, length));
    const prefixes = new RankPrefixes(ranks, Math.min(size, length));
    const row = new Uint32Array(Math.ceil(length / 32));
    const positions = () => [...ranks.keys()].filter((k) => (row[k >>> 5]! >>> (k & 31)) & 1);
    for (const rank of new Set([0, 1, size >> 1, size - 1, size])) {
      if (rank > Math.min(size, length)) continue;
      prefixes.below(rank, row);
      expect(positions()).toEqual([...ranks.keys()].filter((k) => ranks[k]! < rank));
      if (rank === Math.min(size, length)) continue;
      prefixes.equal(rank, row);
      expect(positions()).toEqual([...ranks.keys()].filter((k) => ranks[k] === rank));
    }
  }
});

it("sums over boxes of any number of ranges are those over all cells", () => {
  const cases = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 150 }))
    .chain(([ranges, length]) =>
      fc.array(
        fc.tuple(
          fc.array(fc.nat(40), { minLength: length, maxLength: length }),
          fc.constantFrom<number>(1, 2, 3, 4, 6, 7),
          fc.boolean(),
        ),
        { minLength: ranges, maxLength: ranges },
      ),
    );
  fc.assert(
    fc.property(cases, (dimensions) => {
      const length = dimensions[0]![0].length;
      const intervals = dimensions.map(([ranks, relation, ascending]) => {
        const values = ranks.map((rank, i) => BigInt(ascending ? i : rank));
        const ranking = Ranking.of(Column.of(values))!;
        const { below, upTo } = ranking.place(Column.of(ranks.map((rank) => BigInt(rank))))!;
        const low = relation & 1 ? below.map(() => 0) : relation & 2 ? below : upTo;
        const high = relation & 4 ? below.map(() => ranking.size) : relation & 2 ? upTo : below;
        return { ranking, low, high };
      });
      const factors = dimensions.map(([, relation], d) => ({
        source: selectNode(column([BigInt(d)]), indices, "<"),
        relation: relation === 2 ? 2 : 3,
      }));
      const box = boxOf({ factors }, length, ({ source }) => intervals[factors.findIndex((f) => f.source === source)])!;
      const weights = Float64Array.from({ length }, (_, k) => (k % 7) - 2);
      const totals = new Float64Array(length);
      addSums(box, weights, 1, totals);
      addSums(box, weights, 1, totals);
      expect(stepsOfSums(box) > 0).toBe(box.ranges.length > 1);
      const isIn = (q: number, k: number) =>
        intervals.every(({ ranking: { ranks }, low, high }) => low[q]! <= ranks[k]! && ranks[k]! < high[q]!);
      const expected = totals.map((_, q) => 2 * weights.reduce((sum, w, k) => sum + (isIn(q, k) ? w : 0), 0));
      expect(totals).toEqual(expected);
    }),
    { numRuns: breadth({ short: 300, long: 3000 }) },
  );
});

describe("means of floats are those of the reference, to the last bit", () => {
  const comparisons = fc.constantFrom<Comparison>("==", "!=", "!=", "<", "<=", ">", ">=");
  const cases = fc.constantFrom(3, 40, 130).chain((length) => {
    const ints = (most: number) => fc.array(fc.nat(most), { minLength: length, maxLength: length });
    const sides = fc.tuple(ints(3), ints(length), ints(length));
    const leaf = fc.tuple(fc.nat(3), fc.nat(3), comparisons);
    const join = fc.constantFrom("and" as const, "and" as const, "or" as const);
    return fc.record({
      length: fc.constant(length),
      sides,
      leaves: fc.array(leaf, { minLength: 1, maxLength: 3 }),
      join,
      negated: fc.boolean(),
      values: manyFloats(length),
    });
  });

  it("over selectors of up to three comparisons", () => {
    fc.assert(
      fc.property(cases, ({ length, sides, leaves, join, negated, values }) => {
        const columns = [indices, ...sides.map((side) => column(side.map(BigInt)))];
        const joined = leaves
          .map(([keys, queries, op]): Selector =>
            selectNode(columns[keys]!, columns[queries === 3 ? keys : queries]!, op),
          )
          .reduce((left, right) => selectorPairNode(join, left, right));
        const selector = negated ? selectorNotNode(joined) : joined;
        const evaluation = new Evaluation(new Array<Atom>(length).fill("x"));
        const valuesOf = (sop: SOp) => evaluation.sop(sop);
        expect(evaluation.sop(aggregateNode(selector, column(values), null))).toEqual(
          aggregateReference(matrixReference(selector, valuesOf), values, () => null),
        );
      }),
      { numRuns: breadth({ short: 250, long: 1500 }) },
    );
  });
});
