import fc from "fast-check";
import { expect, it } from "vitest";
import { exp, log } from "../../../../src/decompiler/gpt2/numeric/exact-functions.js";

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
