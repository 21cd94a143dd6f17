import fc from "fast-check";
import { expect, it } from "vitest";
import { exp, leastPowerOfTwo, log } from "../src/exact-functions.js";

const isNear = (got: number, wanted: number): boolean => Math.abs(got - wanted) <= 1e-15 * Math.abs(wanted);

it("exp is exp", () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => isNear(exp(x), Math.exp(x))),
    { numRuns: 2000 },
  );
  expect([0, -Infinity, -800, 800, NaN].map(exp)).toEqual([1, 0, 0, Infinity, NaN]);
});

it("log is log", () => {
  fc.assert(
    fc.property(fc.double({ min: -300, max: 300, noNaN: true }), (x) =>
      isNear(log(Math.exp(x)), Math.log(Math.exp(x))),
    ),
    { numRuns: 2000 },
  );
  expect([1, 0, Infinity, -1, NaN].map(log)).toEqual([0, -Infinity, Infinity, NaN, NaN]);
});

it("the least power of two is not below, and its half is", () => {
  fc.assert(
    fc.property(fc.double({ min: 5e-324, max: 2 ** 1023, noNaN: true }), (x) => {
      const power = leastPowerOfTwo(x);
      expect(power >= x && (power / 2 < x || power === 5e-324)).toBe(true);
      expect(power === 2 ** Math.round(Math.log2(power))).toBe(true);
    }),
  );
  // Beside a power of two a logarithm rounds to a whole number.
  expect([8, 8 + 2 ** -49, 8 - 2 ** -50, 2 ** -1074, 1].map(leastPowerOfTwo)).toEqual([8, 16, 8, 2 ** -1074, 1]);
  expect([0, -2, Infinity, NaN].map(leastPowerOfTwo)).toEqual([0, -2, Infinity, NaN]);
});

it("both have the same bits on every engine: these", () => {
  let hash = 0;
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 1; i <= 20_000; i++) {
    for (const value of [exp(i / 100 - 150), log(i / 77)]) {
      view.setFloat64(0, value);
      hash = (Math.imul(hash, 31) + view.getInt32(0) + Math.imul(view.getInt32(4), 7)) | 0;
    }
  }
  expect(hash).toBe(43_026_326);
});
