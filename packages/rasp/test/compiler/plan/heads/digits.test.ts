/** Numbers are equal exactly where all of their digits are, in every way to write them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { digitsOf, extentOf } from "../../../../src/compiler/plan/heads/digits.js";
import { breadth } from "../../../../../../test/long.js";

const numbers = fc.array(fc.oneof(fc.integer({ min: -40, max: 200 }), fc.constant(NaN)), {
  minLength: 1,
  maxLength: 80,
});

it("all digits are equal where the numbers are, and nothing is equal to NaN", () => {
  fc.assert(
    fc.property(numbers, numbers, (keys, queries) => {
      const equal = { key: Number, query: Number };
      const ways = [...digitsOf(equal, keys, queries)];
      for (const digits of ways) {
        for (const key of keys) {
          for (const query of queries) {
            const same = digits.every((digit) => digit.key(key) === digit.query(query));
            expect(same, `${key} ${query}`).toBe(key === query);
            const size = digits.reduce((sum, d) => sum + (Math.abs(d.key(key)) + Math.abs(d.query(query))) ** 2, 0);
            expect(size).toBeLessThanOrEqual(extentOf(digits));
          }
        }
      }
    }),
    { numRuns: breadth({ short: 30, long: 300 }) },
  );
});

it("there is a way for every room, down to binary digits", () => {
  const tokens = Array.from({ length: 2048 }, (_, i) => BigInt(i));
  const ways = [...digitsOf({ key: Number, query: Number }, tokens, tokens)];
  const extents = ways.map(extentOf);
  expect(extents.toSorted((a, b) => b - a)).toEqual(extents);
  expect(ways.map(({ length }) => length)).toEqual([1, 2, 3, 4, 5, 7]);
  expect(ways[1]!.map(({ largestKey, largestQuery }) => [largestKey, largestQuery])).toEqual([
    [23, 23],
    [23, 23],
  ]);
  expect(extents.at(-1)).toBe(28);
});
