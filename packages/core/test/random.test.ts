import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";

describe("Rng", () => {
  it("gives the frozen stream of a seed", () => {
    // Frozen, so that no change can silently alter every seeded result.
    const rng = new Rng(42);
    expect([rng.next(), rng.next(), rng.next(), rng.next()]).toEqual([2837322924, 544945897, 479756282, 3500138142]);
    expect(new Rng(-1).next()).toBe(new Rng(2 ** 32 - 1).next());
  });

  it("steps exactly as xoshiro128** in 64-bit arithmetic", () => {
    // An independent rendition in BigInt of the authors' C code, with its seeding.
    const mask = 0xffffffffn;
    let counter = 7n;
    const seeded = (): bigint => {
      counter = (counter + 0x9e3779b9n) & mask;
      let z = counter;
      z = ((z ^ (z >> 16n)) * 0x85ebca6bn) & mask;
      z = ((z ^ (z >> 13n)) * 0xc2b2ae35n) & mask;
      return z ^ (z >> 16n);
    };
    const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    const s = [seeded(), seeded(), seeded(), seeded()] as [bigint, bigint, bigint, bigint];
    const rng = new Rng(7);
    for (let i = 0; i < 1000; i++) {
      const result = (rotl((s[1] * 5n) & mask, 7n) * 9n) & mask;
      const t = (s[1] << 9n) & mask;
      s[2] ^= s[0];
      s[3] ^= s[1];
      s[1] ^= s[2];
      s[0] ^= s[3];
      s[2] ^= t;
      s[3] = rotl(s[3], 11n);
      expect(rng.next()).toBe(Number(result));
    }
  });

  it("draws floats, integers and normals of the right distribution", () => {
    const rng = new Rng(1);
    const floats = Array.from({ length: 20_000 }, () => rng.float());
    expect(Math.min(...floats)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...floats)).toBeLessThan(1);
    const counts = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 60_000; i++) counts[rng.int(6)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    const normals = Array.from({ length: 50_000 }, () => rng.normal());
    const moment = (power: number): number => normals.reduce((sum, x) => sum + x ** power, 0) / normals.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(moment(4)).toBeGreaterThan(2.8);
    expect(moment(4)).toBeLessThan(3.2);
  });

  it("shuffles and picks without losing anything", () => {
    const rng = new Rng(3);
    const items = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = rng.shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
    expect(new Set(Array.from({ length: 200 }, () => rng.pick(["a", "b", "c"])))).toEqual(new Set(["a", "b", "c"]));
  });

  it("refuses meaningless arguments", () => {
    expect(() => new Rng(0.5)).toThrow("Rng: seed 0.5 must be an integer.");
    expect(() => new Rng(1).int(0)).toThrow("Rng.int: 0 must be an integer from 1 to 2^32.");
    expect(() => new Rng(1).pick([])).toThrow("Rng.pick: there is nothing to pick from.");
  });
});
