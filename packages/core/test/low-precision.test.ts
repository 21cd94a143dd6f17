/** Products with operands of fewer digits, as accelerators compute them. */
import { kernelConformance } from "@selectron/core/testing";
import { lowPrecisionKernels, referenceKernels, roundTo, SIGNIFICANT_BITS, type Precision } from "@selectron/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const PRECISIONS = ["bfloat16", "tf32"] as const;

describe.each(PRECISIONS)("rounding to %s", (precision) => {
  const digits = SIGNIFICANT_BITS[precision];

  it("gives the nearest number with that many digits, of two the even one", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, min: -(2 ** 120), max: 2 ** 120 }), (x) => {
        fc.pre(Math.abs(x) > 2 ** -100);
        // The place of the last digit, found without looking at bits.
        const step = 2 ** (Math.floor(Math.log2(Math.abs(x))) - digits + 1);
        const [below, above] = [Math.floor(x / step), Math.ceil(x / step)];
        const isHalfway = x / step - below === above - x / step;
        const nearest = isHalfway ? (below % 2 === 0 ? below : above) : Math.round(x / step);
        expect(roundTo(precision, x)).toBe(nearest * step || x * 0);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("keeps whole numbers with as many digits, and infinity", () => {
    expect([2 ** digits - 1, 2 ** digits, 2 ** digits + 2].map((x) => roundTo(precision, x))).toEqual([
      2 ** digits - 1,
      2 ** digits,
      2 ** digits + 2,
    ]);
    expect(roundTo(precision, 2 ** digits + 1)).toBe(2 ** digits);
    expect(roundTo(precision, -(2 ** digits) - 3)).toBe(-(2 ** digits) - 4);
    expect([Infinity, -Infinity, NaN].map((x) => roundTo(precision, x))).toEqual([Infinity, -Infinity, NaN]);
  });
});

describe("the step by step attention conforms where nothing is rounded", () => {
  const stepwise = lowPrecisionKernels(referenceKernels, "float32");
  for (const { name, run } of kernelConformance(stepwise).filter((each) => /^attention /.test(each.name))) {
    it(name, run);
  }
});

const product = (precision: Precision, a: number, b: number): number => {
  const view = (x: number) => ({ data: Float32Array.of(x), offset: 0, rowStride: 1, columnStride: 1 });
  const out = new Float32Array(1);
  lowPrecisionKernels(referenceKernels, precision).matmul({ a: view(a), b: view(b), out, m: 1, k: 1, n: 1 });
  return out[0]!;
};

it("both operands of a product are rounded, and the result is not", () => {
  expect(product("bfloat16", 257, 3)).toBe(256 * 3);
  expect(product("bfloat16", 3, 257)).toBe(256 * 3);
  expect(product("bfloat16", 255, 255)).toBe(255 * 255);
  expect(product("tf32", 257, 3)).toBe(257 * 3);
  expect(product("tf32", 2049, 3)).toBe(2048 * 3);
});

it("the pattern of attention is rounded as well", () => {
  const head = (values: number[], width: number) => ({
    data: Float32Array.from(values),
    offset: 0,
    batchStride: 0,
    headStride: 0,
    rowStride: width,
  });
  const out = head([0], 1);
  const call = { batch: 1, heads: 1, queries: 1, keys: 3, width: 1, valueWidth: 1, scale: 1 };
  const attend = (precision: Precision): number => {
    lowPrecisionKernels(referenceKernels, precision).attention({
      ...call,
      query: head([0], 1),
      key: head([0, 0, 0], 1),
      value: head([1, 1, 1], 1),
      out,
    });
    return out.data[0]!;
  };
  // A third has the bfloat16 neighbour 171/512 and the TF32 neighbour 1365/4096.
  expect(attend("bfloat16")).toBe((3 * 171) / 512);
  expect(attend("tf32")).toBe((3 * 1365) / 4096);
});
