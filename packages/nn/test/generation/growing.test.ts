/** What a cache appends is what `concat` gives, whatever the axis, whoever shares it, and however often it grows. */
import {
  attention,
  concat,
  getKernels,
  randn,
  referenceKernels,
  Rng,
  setKernels,
  tensor,
  type Tensor,
} from "@selectron/core";
import { DecodingCache } from "@selectron/nn";
import { enableWasmSync, scope } from "@selectron/wasm-simd";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";

afterEach(() => setKernels(referenceKernels));

const flat = (x: Tensor): number[] => [...x.reshape([-1]).data];

/** A cache beside the tensors that it should have. */
class Pair {
  readonly cache: DecodingCache;
  #expected: Tensor | undefined;

  constructor(cache = new DecodingCache(), expected?: Tensor) {
    [this.cache, this.#expected] = [cache, expected];
  }

  append(value: Tensor, axis: number): void {
    const whole = this.cache.append("x", value, axis);
    this.#expected = this.#expected ? concat([this.#expected, value], axis) : value;
    expect(whole.shape).toEqual(this.#expected.shape);
    this.check();
  }

  check(): void {
    if (this.#expected) expect(flat(this.cache.get("x")!)).toEqual(flat(this.#expected));
  }

  reordered(rows: readonly number[]): Pair {
    return new Pair(this.cache.reordered(rows), this.#expected?.gather(rows));
  }
}

describe("DecodingCache.append", () => {
  it("gives what concat gives, also to copies that share what came before", () => {
    const shape = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
    const property = fc.property(fc.integer(), shape, fc.nat(), (seed, sizes, which) => {
      const rng = new Rng(seed);
      const axis = which % sizes.length;
      const given = rng.int(2) === 0 ? axis : axis - sizes.length;
      const pairs = [new Pair()];
      for (let step = 0; step < 25; step++) {
        const pair = pairs[rng.int(pairs.length)]!;
        const count = rng.int(8) === 0 ? rng.int(40) : 1;
        pair.append(randn(sizes.with(axis, count), rng), given);
        if (axis > 0 && rng.int(6) === 0) {
          const batch = sizes[0]!;
          const isSame = rng.int(3) > 0;
          pairs.push(pair.reordered(Array.from({ length: batch }, (_, row) => (isSame ? row : rng.int(batch)))));
        }
        for (const each of pairs) each.check();
      }
    });
    fc.assert(property, { numRuns: breadth({ short: 60, long: 500 }) });
  });

  it("does not change what it gave before, nor what was set meanwhile", () => {
    const cache = new DecodingCache();
    const given = [1, 2, 3, 4, 5].map((value) => cache.append("x", tensor([[[value, -value]]]), 1));
    given.forEach((x, i) => expect(x.shape).toEqual([1, i + 1, 2]));
    expect(flat(given[2]!)).toEqual([1, -1, 2, -2, 3, -3]);
    cache.set("x", tensor([[[9, 9]]]));
    expect(flat(cache.append("x", tensor([[[8, 8]]]), 1))).toEqual([9, 9, 8, 8]);
    expect(flat(cache.append("x", tensor([[[7, 7]]]), -2))).toEqual([9, 9, 8, 8, 7, 7]);
    expect(flat(given[4]!)).toEqual([1, -1, 2, -2, 3, -3, 4, -4, 5, -5]);
    expect(() => cache.append("x", tensor([[[7, 7, 7]]]), 1)).toThrow("concat: shapes");
  });

  it("stays on the tape", () => {
    const cache = new DecodingCache();
    const rows = [1, 2, 3].map((value) => tensor([[value]], undefined, { requiresGrad: true }));
    const wholes = rows.map((row) => cache.append("x", row.mul(2), 0));
    wholes[2]!.mul(wholes[2]!).sum().backward();
    expect(rows.map(({ grad }) => grad!.item())).toEqual([8, 16, 24]);
  });

  it("has the same bits in linear memory, where attention reads it after a few steps", () => {
    enableWasmSync();
    const kernels = getKernels();
    const [heads, width] = [4, 64];
    for (const enclose of [scope, <T>(body: () => T): T => body()]) {
      const rng = new Rng(5);
      const cache = new DecodingCache();
      const plain: Tensor[] = [];
      for (let step = 0; step < 70; step++) {
        const [query, key] = [randn([1, heads, 1, width], rng), randn([1, heads, 1, width], rng)];
        const got = enclose(() => {
          const keys = cache.append("key", key.mul(1), 2);
          return attention(query, keys, keys, { causal: true });
        });
        plain.push(tensor(key.data, key.shape));
        const copy = tensor(Float32Array.from(concat(plain, 2).data), [1, heads, step + 1, width]);
        expect(flat(got)).toEqual(flat(attention(query, copy, copy, { causal: true })));
      }
      expect(cache.get("key")!.held.buffer.byteLength).toBeGreaterThan(2 ** 24);
      setKernels(referenceKernels);
      expect(flat(cache.get("key")!)).toEqual(flat(concat(plain, 2)));
      setKernels(kernels);
    }
  });
});
