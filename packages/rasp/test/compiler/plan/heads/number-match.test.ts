/** Equalities of numbers: the scores of all keys and queries, in float32 and in any order of summation. */
import { describe, expect, it } from "vitest";
import { MANTISSA } from "../../../../src/compiler/plan/ir/exact-sum.js";
import { matchOf, type Level } from "../../../../src/compiler/plan/heads/number-match.js";
import { scoresOf } from "../../../../src/compiler/plan/heads/scores.js";
import type { Block } from "../../../../src/compiler/plan/heads/selection.js";
import { embedded, type Embedded } from "./embedded.js";
import { scoreOf } from "./read-values.js";

/** Keys `indices`, queries `tokens`: the tokens are numbers. */
function equalityBeside(offset: number, { form }: Embedded): Block {
  const [keys, queries] = [form.indices(), form.tokens()];
  return { keys, queries, test: (key, query) => Number(key) === Number(query) + offset };
}

const numbers = (from: number, to: number): bigint[] => Array.from({ length: to - from }, (_, n) => BigInt(from + n));

describe.each([
  [33, -20, 20, 0],
  [40, 3, 37, -3],
  [50, -5, 60, 2],
  [64, 0, 64, 0],
])("%i positions, tokens from %i up to %i, and %i more", (maxLength, from, to, offset) => {
  const tokens = numbers(from, to);
  const of = embedded(tokens, maxLength);
  const block = equalityBeside(offset, of);

  it.each<Level>(["BOS", "other keys"])("a selected key is above %s by a unit at least", (level) => {
    for (const unit of [32, 64]) {
      const head = scoresOf([block], unit, of.context, level);
      const { keys, selectedScore } = head;
      expect(keys.length).toBe(level === "BOS" ? 3 : 2);
      for (const [query, token] of tokens.entries()) {
        const all = Array.from({ length: maxLength }, (_, key) => scoreOf(head, key, query));
        const selected = all.flatMap((score, key) => (block.test(BigInt(key), token) ? [score] : []));
        const others = all.flatMap((score, key) => (block.test(BigInt(key), token) ? [] : [score]));
        if (level === "BOS") {
          for (const score of selected) expect(score).toBe(selectedScore);
          for (const score of others) expect(score).toBeLessThanOrEqual(selectedScore - unit);
        } else {
          for (const score of selected) {
            expect(score).toBeGreaterThanOrEqual(selectedScore);
            expect(Math.max(...others)).toBeLessThanOrEqual(score - unit);
          }
        }
      }
    }
  });

  it("says how large its numbers are", () => {
    const [scores] = scoresOf([block], 32, of.context, "BOS").blocks;
    if (scores?.kind !== "numbers") throw new Error("no numbers");
    for (const { key, query, largestKey, largestQuery, grid } of scores.dimensions) {
      const valuesOf = (read: typeof key, count: number): number[] =>
        Array.from({ length: count }, (_, n) =>
          [...read.terms.values()].reduce((sum, coefficients) => sum + coefficients[n]!, read.constant),
        );
      const [ks, qs] = [valuesOf(key, maxLength), valuesOf(query, tokens.length)];
      expect(largestKey).toBe(Math.max(...ks.map(Math.abs)));
      expect(largestQuery).toBe(Math.max(...qs.map(Math.abs)));
      for (const k of ks) for (const q of qs) expect(Number.isInteger((k * q) / grid)).toBe(true);
    }
  });
});

it("is exact for 4,096 positions, where two dimensions suffice", () => {
  const maxLength = 4096;
  const of = embedded(["a"], maxLength);
  const indices = of.form.indices();
  const reversed = { key: Number, query: (query: unknown) => maxLength - 1 - Number(query) };
  const block: Block = {
    keys: indices,
    queries: indices,
    test: (key, query) => Number(key) === maxLength - 1 - Number(query),
    equal: reversed,
  };
  const head = scoresOf([block], 64, of.context, "other keys");
  const [scores] = head.blocks;
  if (scores?.kind !== "numbers") throw new Error("no numbers");
  const size = scores.dimensions.reduce((sum, { largestKey, largestQuery }) => sum + largestKey * largestQuery, 0);
  const grid = Math.min(...scores.dimensions.map((dimension) => dimension.grid));
  expect(size).toBeLessThanOrEqual(MANTISSA * grid);
  for (const query of [0, 1, 1000, 2047, 2048, 4094, 4095]) {
    const all = Array.from({ length: maxLength }, (_, key) => scoreOf(head, key, query));
    const selected = maxLength - 1 - query;
    const best = all[selected]!;
    expect(all.every((score, key) => key === selected || score <= best - 64)).toBe(true);
  }
});

it("is none where values are few, no whole numbers, or no equality", () => {
  const of = embedded(numbers(0, 40), 40);
  const block = equalityBeside(0, of);
  expect(matchOf(block, of.context)).toBeDefined();
  expect(matchOf(block, embedded(numbers(0, 40), 32).context)).toBeUndefined();
  expect(matchOf(block, embedded(numbers(0, 32), 40).context)).toBeUndefined();
  expect(matchOf({ ...block, test: (key, query) => key! <= query! }, of.context)).toBeUndefined();
  expect(matchOf({ ...block, test: (key, query) => key === query || key === 7n }, of.context)).toBeUndefined();
  const halves = numbers(0, 40).map((number) => Number(number) + 0.5);
  expect(matchOf(equalityBeside(0, of), embedded(halves, 40).context)).toBeUndefined();
});
