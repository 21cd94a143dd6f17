/** The matrices of other bases: orthogonal, inverse, and no longer than their bounds say. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { headBases, HEAD_STRETCH, rotation, superposition } from "../../../../src/compiler/export/rotate/basis.js";
import {
  identity,
  lowerInverse,
  orthogonal,
  stretchOf,
  times,
  transposed,
  type Matrix,
} from "../../../../src/compiler/export/rotate/matrix.js";

const furthest = (a: Matrix, b: Matrix): number =>
  a.data.reduce((most, x, i) => Math.max(most, Math.abs(x - b.data[i]!)), 0);

/** The greatest length to which random vectors of length 1, made longer again and again, grow. */
function grown(matrix: Matrix, rng: Rng): number {
  const gram = times(matrix, transposed(matrix));
  let vector: Matrix = {
    rows: 1,
    columns: gram.rows,
    data: Float64Array.from({ length: gram.rows }, () => rng.normal()),
  };
  let length = 0;
  for (let step = 0; step < 200; step++) {
    vector = times(vector, gram);
    length = Math.hypot(...vector.data);
    vector = { ...vector, data: vector.data.map((x) => x / length) };
  }
  return Math.sqrt(length);
}

describe.each([1, 2, 7, 40])("%i dimensions", (n) => {
  it("a random orthogonal matrix keeps lengths and angles, and no coordinate", () => {
    const matrix = orthogonal(n, new Rng(n));
    expect(furthest(times(matrix, transposed(matrix)), identity(n))).toBeLessThan(1e-13);
    if (n > 2) expect(matrix.data.filter((x) => Math.abs(x) < 1e-6)).toHaveLength(0);
    expect(furthest(matrix, orthogonal(n, new Rng(n)))).toBe(0);
    expect(furthest(matrix, orthogonal(n, new Rng(n + 1)))).toBeGreaterThan(n > 1 ? 0.01 : -1);
  });

  it("a basis and its readers undo each other, and stretch no more than they say", () => {
    for (const basis of [rotation(n, new Rng(3)), superposition(n, 1, new Rng(3)), superposition(n, 0.2, new Rng(4))]) {
      const { directions, readers, stretch, readerStretch } = basis;
      expect(furthest(times(directions, readers), identity(n))).toBeLessThan(1e-9);
      for (let row = 0; row < n; row++) {
        expect(Math.hypot(...directions.data.subarray(row * n, (row + 1) * n))).toBeCloseTo(1, 12);
      }
      const [states, reads] = [grown(directions, new Rng(1)), grown(readers, new Rng(2))];
      expect(states).toBeLessThanOrEqual(stretch * (1 + 1e-9));
      expect(reads).toBeLessThanOrEqual(readerStretch * (1 + 1e-9));
    }
  });

  it("the bases of a head undo each other, and stretch by √2 at most", () => {
    const { a, b } = headBases(n, new Rng(5));
    expect(furthest(times(a, transposed(b)), identity(n))).toBeLessThan(1e-12);
    for (const basis of [a, b]) expect(grown(basis, new Rng(6))).toBeLessThanOrEqual(HEAD_STRETCH * (1 + 1e-9));
  });
});

it("a bound on a spectral norm is near it", () => {
  const lower = { rows: 2, columns: 2, data: Float64Array.of(3, 0, 4, 5) };
  // Its singular values are √45 and √5.
  expect(stretchOf(lower)).toBeGreaterThan(Math.sqrt(45));
  expect(stretchOf(lower)).toBeLessThan(1.001 * Math.sqrt(45));
  expect([...lowerInverse(lower).data]).toEqual([1 / 3, 0, -4 / 15, 1 / 5]);
});
