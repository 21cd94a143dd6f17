/** Equalities of many numbers: the scores are what they should be in float32, in any order of summation. */
import { describe, expect, it } from "vitest";
import type { Atom } from "../../../../src/language/graph/node.js";
import { numberDimensions } from "../../../../src/compiler/plan/heads/number-dimensions.js";
import type { Level, Match } from "../../../../src/compiler/plan/heads/number-match.js";
import { MANTISSA } from "../../../../src/compiler/plan/ir/exact-sum.js";
import type { Read } from "../../../../src/compiler/plan/ir/read.js";
import { scoresOf } from "../../../../src/compiler/plan/heads/scores.js";
import { embedded } from "./embedded.js";

const UNIT = 64;

/** What a read of one embedding gives where the s-op has its v-th value. */
const readAt = ({ constant, terms }: Read, v: number): number =>
  [...terms.values()].reduce((sum, coefficients) => sum + coefficients[v]!, constant);

/** The score of a key, with its products added up in one of several orders in float32. */
function scoresIn32(queries: readonly Read[], keys: readonly Read[], q: number, k: number): number[] {
  const products = keys.map((key, d) => Math.fround(readAt(queries[d]!, q) * readAt(key, k)));
  const ascending = products.toSorted((a, b) => a - b);
  const orders = [products, products.toReversed(), ascending, ascending.toReversed()];
  return orders.map((order) => order.reduce((sum, product) => Math.fround(sum + product), 0));
}

/** A sample of places that has the ends, the middle and neighbours. */
const placesIn = (count: number): number[] => [
  0,
  1,
  2,
  count >> 1,
  (count >> 1) + 1,
  count - 2,
  count - 1,
  ...Array.from({ length: 60 }, (_, j) => (j * 7919) % count),
];

const levels: readonly Level[] = ["other keys", "BOS"];

describe.each(levels)("against %s", (level) => {
  it.each([
    ["33 positions", 33, 2],
    ["4,096 positions", 4096, 2],
    ["8,192 positions, in two digits", 8192, 3],
  ])("%s", (_, count, dimensions) => {
    const { form, context } = embedded(["a"], count);
    const match: Match = {
      block: { keys: form.indices(), queries: form.indices(), test: (key, query) => key === query },
      equal: { key: Number, query: Number },
    };
    const { keys, queries, selectedScore, scores } = numberDimensions(
      [match],
      { unit: UNIT, room: MANTISSA, level },
      context,
    );
    expect(keys).toHaveLength(dimensions + Number(level === "BOS"));
    expect(sizeOf(scores)).toBeLessThanOrEqual(MANTISSA * UNIT);
    for (const q of placesIn(count)) {
      const [right, ...same] = scoresIn32(queries, keys, q, q);
      if (level === "BOS") expect(right).toBe(selectedScore);
      else expect(right).toBeGreaterThanOrEqual(selectedScore);
      expect(new Set(same)).toEqual(new Set([right]));
      for (const k of [...placesIn(count), q - 1, q + 1].filter(
        (place) => place !== q && place >= 0 && place < count,
      )) {
        for (const other of scoresIn32(queries, keys, q, k)) expect(right! - other).toBeGreaterThanOrEqual(UNIT);
      }
    }
  });
});

it("50,000 tokens are told apart by two digits", () => {
  const vocabulary: Atom[] = Array.from({ length: 50_000 }, (_, v) => `t${v}`);
  const { form, context } = embedded(vocabulary, 4);
  const place = new Map(vocabulary.map((token, v) => [token, v]));
  const number = (token: Atom): number => place.get(token)!;
  const tokens = form.tokens();
  const block = {
    keys: tokens,
    queries: tokens,
    test: (key: Atom, query: Atom) => key === query,
    equal: { key: number, query: number },
  };
  const { keys, queries, selectedScore } = scoresOf([block], 28, context);
  expect([keys.length, selectedScore]).toEqual([4, 32]);
  for (const q of placesIn(50_000)) {
    expect(new Set(scoresIn32(queries, keys, q, q))).toEqual(new Set([32]));
    for (const k of [...placesIn(50_000), q - 1, q + 1, q + 224].filter((v) => v !== q && v >= 0 && v < 50_000)) {
      expect(Math.max(...scoresIn32(queries, keys, q, k))).toBeLessThanOrEqual(0);
    }
  }
});

it("two equalities in one head have the squares in common, and digits where both are too large together", () => {
  const { form, context } = embedded(["a"], 4096);
  const indices = form.indices();
  const after = (more: number) => ({
    keys: indices,
    queries: indices,
    test: (key: Atom, query: Atom) => Number(key) === Number(query) + more,
    equal: { key: Number, query: (query: Atom) => Number(query) + more },
  });
  const { keys, queries, selectedScore, blocks } = scoresOf([after(0), after(1)], 64, context);
  expect([keys.length, selectedScore]).toEqual([6, 64]);
  expect(blocks.reduce((sum, block) => sum + (block.kind === "numbers" ? sizeOf(block) : 0), 0)).toBeLessThanOrEqual(
    MANTISSA * UNIT,
  );
  for (const q of placesIn(4096)) {
    for (const k of [q, Math.min(q + 1, 4095), 0, 2048]) {
      // Both never hold.
      for (const score of scoresIn32(queries, keys, q, k)) expect(score).toBeLessThanOrEqual(0);
    }
  }
});

/** The largest partial sum of the products. */
const sizeOf = ({ dimensions }: ReturnType<typeof numberDimensions>["scores"]): number =>
  dimensions.reduce((sum, { largestKey, largestQuery }) => sum + largestKey * largestQuery, 0);
