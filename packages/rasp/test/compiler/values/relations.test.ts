/** What comparisons of sets can answer is what their pairs answer. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { betweenSides, sideOf } from "../../../src/compiler/values/relations.js";
import { compareAtoms } from "../../../src/language/atom/compare.js";
import type { Atom, Comparison } from "../../../src/language/graph/node.js";

const progression = fc
  .tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 6 }))
  .map(([from, step, count]): Atom[] => Array.from({ length: count }, (_, j) => BigInt(from + j * step)));
const numbers = fc
  .uniqueArray(fc.integer({ min: -6, max: 6 }), { maxLength: 5 })
  .map((values): Atom[] => values.map(BigInt));
const halves = fc
  .uniqueArray(fc.integer({ min: -6, max: 6 }), { maxLength: 4 })
  .map((values): Atom[] => values.map((v) => v / 2));
const strings = fc.subarray<Atom>(["a", "b", "c"]);
const OPS: readonly Comparison[] = ["<", "<=", "==", "!=", ">=", ">"];

it.each([
  ["numbers", fc.oneof(progression, numbers, halves), OPS],
  ["strings", strings, ["==", "!="]],
] as const)("%s", (_, sets, ops) => {
  fc.assert(
    fc.property(sets, sets, fc.constantFrom(...ops), (keys, queries, op) => {
      const answers = keys.flatMap((key) => queries.map((query) => compareAtoms(op, key, query)));
      const expected = { yes: answers.includes(true), no: answers.includes(false) };
      const [keySide, querySide] = [sideOf(keys)!, sideOf(queries)!];
      // An empty set is one of numbers.
      fc.pre(keySide.areNumbers === querySide.areNumbers);
      expect(betweenSides(op, keySide, querySide)).toEqual(expected);
    }),
    { seed: 5, numRuns: 2000 },
  );
});
