/** The properties that positional encodings are chosen for. */
import { randn, Rng, type Tensor } from "@selectron/core";
import { alibiSlopes, divTerms, ntkBase, rotatePairs, sinusoidalTable, t5Bucket } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Matrix } from "../plain/layers.js";
import { distance } from "../support.js";

const D = 12;

describe("sinusoidal", () => {
  it("has the formula's values", () => {
    const table = sinusoidalTable(3, 4, 5).toArray() as Matrix;
    const expected = [3, 4, 5, 6].map((position) =>
      [0, 0, 2, 2, 4].map((pair, c) => [Math.sin, Math.cos][c % 2]!(position / 10000 ** (pair / 5))),
    );
    expect(distance(table, expected)).toBeLessThan(1e-6);
  });

  it("k positions later is the same rotation everywhere", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(100), (position, k) => {
        const [from, to] = [sinusoidalTable(position, 1, D), sinusoidalTable(position + k, 1, D)].map((t) => t.data);
        divTerms(D).forEach((frequency, i) => {
          const [sin, cos] = [from![2 * i]!, from![2 * i + 1]!];
          expect(to![2 * i]).toBeCloseTo(sin * Math.cos(k * frequency) + cos * Math.sin(k * frequency), 4);
          expect(to![2 * i + 1]).toBeCloseTo(cos * Math.cos(k * frequency) - sin * Math.sin(k * frequency), 4);
        });
      }),
    );
  });
});

describe("rotary", () => {
  const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();

  it("a product of query and key depends on their distance only", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(50), fc.nat(50), fc.nat(50), (seed, m, n, shift) => {
        const rng = new Rng(seed);
        const [query, key] = [randn([1, 8], rng), randn([1, 8], rng)];
        const product = (at: number): number =>
          dot(rotatePairs(query, m + at, divTerms(8)), rotatePairs(key, n + at, divTerms(8)));
        expect(product(shift)).toBeCloseTo(product(0), 3);
      }),
    );
  });

  it("keeps lengths, and changes nothing at position 0", () => {
    const x = randn([3, 8], new Rng(1));
    expect(rotatePairs(x, 0, divTerms(8)).slice(0, 1).toArray()).toEqual(x.slice(0, 1).toArray());
    const lengths = (y: Tensor): unknown => y.pow(2).sum(1).toArray();
    expect(distance(lengths(rotatePairs(x, 9, divTerms(8))), lengths(x))).toBeLessThan(1e-4);
  });

  it("NTK-aware scaling slows the lowest frequency by the factor and leaves the highest alone", () => {
    const [plain, scaled] = [divTerms(64), divTerms(64, ntkBase(10000, 4, 64))];
    expect(scaled[0]).toBe(1);
    expect(plain.at(-1)! / scaled.at(-1)!).toBeCloseTo(4, 10);
  });
});

describe("t5 buckets", () => {
  it("hold one distance each while it is small, and grow after that; keys after the query have the upper half", () => {
    const buckets = (offsets: number[], causal: boolean): number[] =>
      offsets.map((offset) => t5Bucket(offset, 32, 128, causal));
    expect(buckets([0, -1, -7, -8, -11, -12, -15, -16, -127, -128, -5000], false)).toEqual([0, 1, 7, 8, 8, 9, 9, 10, 15, 15, 15]); // prettier-ignore
    expect(buckets([1, 7, 8, 128], false)).toEqual([17, 23, 24, 31]);
    expect(buckets([0, -1, -15, -16, -18, -19, -127, -128, 3], true)).toEqual([0, 1, 15, 16, 16, 17, 31, 31, 0]);
  });

  it("begin at a distance that is compared exactly", () => {
    // 24 = 8 · (72 / 8)^(4 / 8): a quotient of logarithms is 11.99… on one engine and 12 on another.
    expect([-23, -24, -71, -72].map((offset) => t5Bucket(offset, 16, 72, true))).toEqual([11, 12, 15, 15]);
    // Where (maxDistance / exact) is a power of two, so are the boundaries.
    for (let exact = 1; exact <= 32; exact *= 2) {
      const most = exact * 2 ** exact;
      for (let k = 1; k < exact; k++) {
        expect(t5Bucket(-exact * 2 ** k, 2 * exact, most, true)).toBe(exact + k);
        expect(t5Bucket(1 - exact * 2 ** k, 2 * exact, most, true)).toBe(exact + k - 1);
      }
    }
  });

  it("take integers only, and one bucket holds all", () => {
    expect([0, -1, -9].map((offset) => t5Bucket(offset, 1, 8, true))).toEqual([0, 0, 0]);
    expect(() => t5Bucket(-9.5, 16, 72, true)).toThrow("t5Bucket: offset is -9.5; it must be an integer.");
    expect(() => t5Bucket(-9, 16, 7.5, true)).toThrow(
      "t5Bucket: maxDistance is 7.5; it must be an integer, 1 or more.",
    );
  });
});

it("ALiBi's slopes are a geometric sequence, with every other one of the next between for other numbers of heads", () => {
  expect(alibiSlopes(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((h) => 2 ** -h));
  expect(alibiSlopes(6)).toEqual([-2, -4, -6, -8, -1, -3].map((power) => 2 ** power));
  expect(alibiSlopes(1)).toEqual([2 ** -8]);
});
