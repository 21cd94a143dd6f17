/** One row times a matrix has the bits of the first of several rows: a token alone gives what it gives among others. */
import { randn, referenceKernels, Rng, setKernels } from "@selectron/core";
import { enableWasmSync, scope } from "@selectron/wasm-simd";
import { afterAll, expect, it } from "vitest";

afterAll(() => setKernels(referenceKernels));

it.each([
  [768, 768],
  [3072, 768],
  [767, 1024],
  [65, 1040],
  [130, 500],
  [9, 16],
  [1, 32],
  [300, 320],
])("one row times [%i, %i] is the first of two rows", (k, n) => {
  enableWasmSync();
  const rng = new Rng(k);
  const [x, w, bias] = [randn([2, k], rng), randn([k, n], rng), randn([n], rng)];
  for (const options of [{}, { alpha: 0.3, bias }]) {
    const both = x.matmul(w, options);
    const one = x.slice(0, 1).matmul(w, options);
    const close = both.slice(0, 1).sub(one).abs().max().item();
    expect(close).toBeLessThan(1e-3);
    if (4 * k * n > 262_144) expect([...one.data]).toEqual([...both.slice(0, 1).data]); // smaller ones go through tiles
    expect([...scope(() => x.slice(0, 1).mul(1).matmul(w.mul(1), options)).data]).toEqual([...one.data]);
  }
});
