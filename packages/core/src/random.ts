/**
 * Seeded random numbers: xoshiro128** (Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021), its
 * state filled by splitmix32. Only 32-bit integer arithmetic, so a seed gives the same stream on every JavaScript
 * runtime. Not for cryptography.
 */

import { aList, check, describeValue, guardMethods } from "./checks.js";
import { log } from "./exact-functions.js";

/** splitmix32: one 32-bit counter stepped by the golden ratio, then mixed by MurmurHash3's finaliser (fmix32). */
function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}

const rotateLeft = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/** A random stream. Two streams of equal seeds are equal. */
export class Rng {
  static {
    guardMethods(this);
  }

  readonly #state: Int32Array;

  /** @param seed - an integer; its low 32 bits select the stream. Throws a RangeError otherwise. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`Rng: seed ${describeValue(seed)} must be an integer.`);
    const fill = splitmix32(seed);
    this.#state = Int32Array.from({ length: 4 }, fill);
  }

  /** The next 32 random bits, as an integer in [0, 2³²). */
  next(): number {
    const state = this.#state;
    const s1 = state[1]!;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    state[2]! ^= state[0]!;
    state[3]! ^= s1;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= s1 << 9;
    state[3] = rotateLeft(state[3]!, 11);
    return result;
  }

  /** A number in [0, 1) with 53 random bits. */
  float(): number {
    return ((this.next() >>> 5) * 2 ** 26 + (this.next() >>> 6)) / 2 ** 53;
  }

  /** An integer in [0, n), each equally likely. n is an integer from 1 to 2³²; throws a RangeError otherwise. */
  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`Rng.int: ${describeValue(n)} must be an integer from 1 to 2^32.`);
    }
    // Values past the last whole multiple of n would favour small remainders, so they are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const value = this.next();
      if (value < limit) return value % n;
    }
  }

  /**
   * A normal number with mean 0 and standard deviation 1, by the ratio of uniforms (Kinderman & Monahan 1977). Unlike
   * Box-Muller, its value comes from exact arithmetic only; a logarithm, alike on all engines, decides whether a draw
   * is kept.
   */
  normal(): number {
    const width = 1.7155277699214135; // 4 / sqrt(2e)
    for (;;) {
      const u = this.float();
      const v = 1 - this.float();
      const x = (width * (u - 0.5)) / v;
      // Most are kept without the logarithm: -log v is at least 1 - v.
      if (x * x <= 4 * (1 - v) || x * x <= -4 * log(v)) return x;
    }
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    check("Rng.shuffle: items", items, aList("an array"));
    const result = [...items];
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.int(last + 1);
      [result[last], result[other]] = [result[other]!, result[last]!];
    }
    return result;
  }

  /** One of the items, each equally likely. Throws a RangeError if there are none. */
  pick<T>(items: readonly T[]): T {
    check("Rng.pick: items", items, aList("an array"));
    if (items.length === 0) throw new RangeError("Rng.pick: there is nothing to pick from.");
    return items[this.int(items.length)]!;
  }
}
