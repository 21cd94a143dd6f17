/** Products with weights that are mostly zeros, through lists of their elements, are the plain kernels' products. */
import { Rng, tensor, withFixedWeights, type Tensor } from "@selectron/core";
import { describe, expect, it } from "vitest";

function matrix(rng: Rng, shape: readonly number[], share: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const value = (): number => (rng.float() < share ? 4 * rng.float() - 2 : 0);
  return tensor(Float32Array.from({ length: size }, value), shape);
}

describe("withFixedWeights", () => {
  it.each([
    [[40, 50], 0.02],
    [[40, 50], 0.6],
    [[3, 7, 50], 0.1],
    [[50], 0],
  ] as const)("gives the product of %j with weights of which %s are not 0", (shape, share) => {
    const rng = new Rng(7);
    const a = matrix(rng, shape.length === 1 ? [1, 50] : shape, 0.5);
    const weights = matrix(rng, [50, 60], share);
    const bias = matrix(rng, [60], 1);
    for (const activation of [undefined, "relu", "gelu"] as const) {
      const expected = a.matmul(weights, { bias, activation });
      const products = withFixedWeights(() => [1, 2].map(() => a.matmul(weights, { bias, activation })));
      for (const { data, shape: size } of products) {
        expect(size).toEqual(expected.shape);
        expect(data).toEqual(expected.data);
      }
    }
  });

  it.each([
    ["some rows and columns are full", (p: number, j: number) => p % 3 === 1 && p < 40 && j % 4 > 1],
    ["all columns have one", (p: number, j: number) => p === (7 * j) % 50],
    ["a few rows have some", (p: number, j: number) => p < 9 && (p + j) % 5 === 0],
    ["there are none", () => false],
  ] as const)("gives the same bits where %s", (_, isGiven) => {
    const rng = new Rng(11);
    for (const [rows, n] of [
      [1, 61],
      [6, 62],
      [33, 20],
      [33, 1],
    ] as const) {
      const a = matrix(rng, [rows, 50], 0.4);
      const weights = tensor(
        Float32Array.from({ length: 50 * n }, (__, i) => (isGiven(Math.floor(i / n), i % n) ? 4 * rng.float() - 2 : 0)),
        [50, n],
      );
      const bias = matrix(rng, [n], 0.8);
      bias.data[0] = -0;
      for (const options of [{}, { bias }, { bias, activation: "relu" }] as const) {
        const expected = a.matmul(weights, options);
        expect(withFixedWeights(() => a.matmul(weights, options)).data).toEqual(expected.data);
        // 0 times infinity is NaN, whether a row of the weights is empty or not.
        const infinite = a.data.slice();
        infinite[rng.int(infinite.length)] = -Infinity;
        const other = tensor(infinite, a.shape);
        expect(withFixedWeights(() => other.matmul(weights, options)).data).toEqual(
          other.matmul(weights, options).data,
        );
      }
    }
  });

  it("sees weights that changed before it", () => {
    const weights = matrix(new Rng(3), [64, 64], 0.05);
    const a = matrix(new Rng(4), [2, 64], 1);
    withFixedWeights(() => a.matmul(weights));
    weights.data.fill(0);
    expect(withFixedWeights(() => a.matmul(weights)).data.every((value) => value === 0)).toBe(true);
  });

  it("inside another keeps the outer one's lists", () => {
    const weights = matrix(new Rng(3), [64, 64], 0.05);
    const a = matrix(new Rng(4), [2, 64], 1);
    const expected = a.matmul(weights);
    const inner = (): Tensor => withFixedWeights(() => a.matmul(weights));
    withFixedWeights(() => {
      inner();
      // It is told that no weight changes.
      weights.data.fill(0);
      expect(inner().data).toEqual(expected.data);
    });
    expect(inner().data.every((value) => value === 0)).toBe(true);
  });

  it("keeps infinities and NaN", () => {
    const weights = matrix(new Rng(3), [64, 64], 0.05);
    const a = tensor(
      Float32Array.from({ length: 64 }, (_, i) => (i === 5 ? Infinity : 1)),
      [1, 64],
    );
    expect(withFixedWeights(() => a.matmul(weights)).data).toEqual(a.matmul(weights).data);
    weights.data[70] = NaN;
    expect(withFixedWeights(() => a.matmul(weights)).data).toEqual(a.matmul(weights).data);
  });

  it("keeps the tape", () => {
    const weights = matrix(new Rng(3), [64, 64], 0.05);
    weights.requiresGrad = true;
    const a = matrix(new Rng(4), [2, 64], 1);
    const gradient = (run: (body: () => Tensor) => Tensor): Float32Array | undefined => {
      weights.grad = undefined;
      run(() => a.matmul(weights, { activation: "relu" }))
        .sum()
        .backward();
      return (weights.grad as Tensor | undefined)?.data.slice();
    };
    expect(gradient(withFixedWeights)).toEqual(gradient((body) => body()));
  });

  it("refuses what is no function", () => {
    expect(() => withFixedWeights(1 as never)).toThrow("withFixedWeights: the argument");
  });
});
