/** The product of a Toeplitz matrix by Fourier transforms, and the transform, against sums over all pairs. */
import { randn, Rng, tensor, toeplitzProduct } from "@selectron/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { convolution, transform } from "../src/fft.js";

it("is the product with the whole matrix", () => {
  const size = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(fc.integer(), size, size, fc.integer({ min: 1, max: 3 }), (seed, rows, n, width) => {
      const rng = new Rng(seed);
      const [offsets, x] = [randn([rows + n - 1], rng), randn([n, width], rng)];
      const matrix = Array.from({ length: rows }, (_, i) =>
        Array.from({ length: n }, (_, j) => offsets.data[j - i + rows - 1]!),
      );
      const apart = toeplitzProduct(offsets, x).sub(tensor(matrix).matmul(x)).abs().max().item();
      expect(apart).toBeLessThan(1e-4);
    }),
    { numRuns: 50 },
  );
});

it("is a small product, written out", () => {
  // B = [[3, 4], [2, 3], [1, 2]]
  expect(toeplitzProduct(tensor([1, 2, 3, 4]), tensor([[1], [10]])).toArray()).toEqual([[43], [32], [21]]);
});

it("says which shapes fit no matrix", () => {
  expect(() => toeplitzProduct(tensor([1, 2]), tensor([[1], [2], [3]]))).toThrow(
    "offsets is [2] and x [3, 1]; they must be [rows + n − 1] and [n, width], with a row or more.",
  );
});

it("transforms as the definition does, and back", () => {
  const rng = new Rng(1);
  const values = Array.from({ length: 16 }, () => [rng.normal(), rng.normal()] as const);
  const [re, im] = [0, 1].map((part) => Float64Array.from(values, (value) => value[part]!)) as [
    Float64Array,
    Float64Array,
  ];
  transform(re, im);
  values.forEach((_, k) => {
    let [a, b] = [0, 0];
    values.forEach(([x, y], n) => {
      const angle = (-2 * Math.PI * k * n) / 16;
      a += x * Math.cos(angle) - y * Math.sin(angle);
      b += x * Math.sin(angle) + y * Math.cos(angle);
    });
    expect(re[k]).toBeCloseTo(a, 10);
    expect(im[k]).toBeCloseTo(b, 10);
  });
  transform(re, im, true);
  values.forEach(([x, y], n) => {
    expect(re[n]! / 16).toBeCloseTo(x, 10);
    expect(im[n]! / 16).toBeCloseTo(y, 10);
  });
});

it("convolves", () => {
  expect([...convolution([1, 2, 3], [10, 1], 0, 4)].map((value) => Math.round(value))).toEqual([10, 21, 32, 3]);
});
