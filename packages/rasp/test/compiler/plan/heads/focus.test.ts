/** Whether a row selects anything: the scores of all keys and queries, in float32 and in any order of summation. */
import { expect, it } from "vitest";
import { focusScores } from "../../../../src/compiler/plan/heads/focus.js";
import type { Block } from "../../../../src/compiler/plan/heads/selection.js";
import { embedded } from "./embedded.js";
import { scoreOf } from "./read-values.js";

const numbers = (size: number): bigint[] => Array.from({ length: size }, (_, n) => BigInt(n));
const UNIT = 40;

it.each([
  ["<", (a: number, b: number) => a < b],
  ["<=", (a: number, b: number) => a <= b],
  [">", (a: number, b: number) => a > b],
  [">= 1 more", (a: number, b: number) => a >= b + 1],
] as const)("%s: selected keys score above BOS, all others below", (_, test) => {
  for (const [few, size, maxLength] of [
    [2, 5, 7],
    [2, 9, 4],
    [32, 40, 36],
  ] as const) {
    const of = embedded(numbers(size), maxLength, undefined, few);
    const [keys, queries] = [of.form.indices(), of.form.tokens()];
    const order: Block = { keys, queries, test: (key, query) => test(Number(key), Number(query)) };
    // A block that holds for some of the pairs, over the same s-ops.
    const other: Block = { keys, queries, test: (key, query) => (Number(key) + Number(query)) % 3 === 0 };
    for (const conjunction of [[order], [order, other], [other, order]]) {
      const scores = focusScores(conjunction, UNIT, of.context)!;
      const [last] = scores.blocks.slice(-1);
      expect(last!.kind).toBe("numbers");
      const bos = scores.selectedScore - UNIT / 2;
      for (const query of numbers(size)) {
        for (const key of numbers(maxLength)) {
          const score = sameInAnyOrder(scores, Number(key), Number(query));
          const holds = conjunction.every((block) => block.test(key, query));
          if (holds) expect(score).toBeGreaterThanOrEqual(bos + UNIT / 2);
          else expect(score).toBeLessThanOrEqual(bos - UNIT / 2);
        }
      }
    }
  }
});

/** Other blocks are one-hot here: of their products one at most is not 0. */
function sameInAnyOrder(scores: Parameters<typeof scoreOf>[0], key: number, query: number): number {
  const [ordered, others] = [scores.keys.length - 2, Array.from({ length: scores.keys.length - 2 }, (_, d) => d)];
  const one = others.filter((d) => scoreOf(pick(scores, [d]), key, query) !== 0);
  expect(one.length).toBeLessThanOrEqual(1);
  return scoreOf(pick(scores, [...one, ordered, ordered + 1]), key, query);
}

const pick = (scores: Parameters<typeof scoreOf>[0], dimensions: readonly number[]): typeof scores => ({
  ...scores,
  keys: dimensions.map((d) => scores.keys[d]!),
  queries: dimensions.map((d) => scores.queries[d]!),
});

it("is none without an order of many values", () => {
  const of = embedded(numbers(40), 40);
  const [keys, queries] = [of.form.indices(), of.form.tokens()];
  const equality: Block = { keys, queries, test: (key, query) => key === query };
  expect(focusScores([equality], UNIT, of.context)).toBeUndefined();
  expect(focusScores([], UNIT, of.context)).toBeUndefined();
  const order: Block = { keys, queries, test: (key, query) => key! < query! };
  expect(focusScores([order], UNIT, embedded(numbers(40), 32).context)).toBeUndefined();
});
