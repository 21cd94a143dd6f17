import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getKernels, randn, referenceKernels, Rng, setKernels, type Kernels } from "@selectron/core";
import { checkLayerNorm, checkMatmul, kernelConformance } from "@selectron/core/testing";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { breadth } from "../../../test/long.js";

const binary = fileURLToPath(new URL("../src/binary.ts", import.meta.url));
if (!existsSync(binary)) {
  throw new Error(`${binary} is missing; run "npm run build --workspace @selectron/wasm-simd" before these tests.`);
}
const { enableWasm, isSimdSupported } = await import("@selectron/wasm-simd");

await enableWasm();
const wasm: Kernels = getKernels();
setKernels(referenceKernels);
afterEach(() => setKernels(referenceKernels));

describe("the WebAssembly kernels conform", () => {
  for (const { name, run } of kernelConformance(wasm)) it(name, run);
});

describe("matmul", () => {
  it("is right on every tail of rows and columns, for few rows and for many", () => {
    const rng = new Rng(1);
    for (const m of [1, 2, 3, 4, 5, 15, 16, 17, 18, 19, 20]) {
      for (let n = 1; n <= 17; n++) {
        const [a, b] = [randn([m, 5], rng).data, randn([5, n], rng).data];
        const bias = randn([n], rng).data;
        const left = { data: a, offset: 0, rowStride: 5, columnStride: 1 };
        const rows = { data: b, offset: 0, rowStride: n, columnStride: 1 };
        const columns = { data: b, offset: 0, rowStride: 1, columnStride: 5 };
        for (const right of [rows, columns]) checkMatmul(wasm, { a: left, b: right, m, k: 5, n, alpha: 2, bias });
      }
    }
  });

  it("is right across the blocks of k and m, and for any strides", () => {
    const size = fc.oneof(fc.nat(20), fc.constantFrom(16, 17, 31, 32, 33, 63, 64, 65, 129));
    const depth = fc.oneof(fc.nat(20), fc.constantFrom(255, 256, 257, 511, 512, 513));
    const stride = fc.record({
      transposed: fc.boolean(),
      margin: fc.nat(3),
      offset: fc.nat(3),
      spread: fc.constantFrom(1, 1, 2),
    });
    fc.assert(
      fc.property(
        size,
        depth,
        size,
        stride,
        stride,
        fc.boolean(),
        fc.integer(),
        (m, k, n, left, right, affine, seed) => {
          const rng = new Rng(seed);
          const view = (rows: number, columns: number, { transposed, margin, offset, spread }: typeof left) => {
            const [lines, length] = transposed ? [columns, rows] : [rows, columns];
            const lineStride = length * spread + margin;
            const data = randn([offset + lines * lineStride], rng).data;
            return transposed
              ? { data, offset, rowStride: spread, columnStride: lineStride }
              : { data, offset, rowStride: lineStride, columnStride: spread };
          };
          const call = { a: view(m, k, left), b: view(k, n, right), m, k, n };
          checkMatmul(wasm, affine ? { ...call, alpha: rng.normal(), bias: randn([n], rng).data } : call);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is right for few rows and a matrix too large to be read in place, by rows or by columns", () => {
    const rows = fc.oneof(fc.integer({ min: 1, max: 14 }), fc.constantFrom(33, 63, 64, 65));
    const columns = fc.constantFrom(700, 1101, 1102, 1103);
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 100, max: 140 }),
        columns,
        fc.boolean(),
        fc.integer(),
        (m, k, n, turned, seed) => {
          const rng = new Rng(seed);
          const a = { data: randn([m * k], rng).data, offset: 0, rowStride: k, columnStride: 1 };
          const [rowStride, columnStride] = turned ? [1, k] : [n, 1];
          const b = { data: randn([k * n], rng).data, offset: 0, rowStride, columnStride };
          checkMatmul(wasm, { a, b, m, k, n, alpha: -0.7, bias: randn([n], rng).data });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is right for a right matrix with few elements that are not zero, on either side of the limit for the reference", () => {
    const rng = new Rng(3);
    for (const m of [127, 128, 130]) {
      for (const filled of [0, 1, 11, 12, 13, 14, 700]) {
        const sparse = new Float32Array(20 * 40);
        for (let i = 0; i < filled; i++) sparse[rng.int(sparse.length)] = rng.normal();
        const a = { data: randn([m, 20], rng).data, offset: 0, rowStride: 20, columnStride: 1 };
        const bias = randn([40], rng).data;
        checkMatmul(wasm, { a, b: { data: sparse, offset: 0, rowStride: 40, columnStride: 1 }, m, k: 20, n: 40, bias });
        checkMatmul(wasm, { a, b: { data: sparse, offset: 0, rowStride: 1, columnStride: 20 }, m, k: 20, n: 40, bias });
      }
    }
  });

  it("survives the growth of its memory", () => {
    const rng = new Rng(2);
    for (const size of [8, 700, 8, 1100, 9]) {
      const [a, b] = [randn([size, size], rng), randn([size, 16], rng)];
      setKernels(wasm);
      const fast = a.matmul(b).data;
      setKernels(referenceKernels);
      const slow = a.matmul(b).data;
      fast.forEach((value, index) => {
        if (Math.abs(value - slow[index]!) > 1e-3) expect(value).toBe(slow[index]);
      });
    }
  });
});

describe("layer norm", () => {
  it.each([referenceKernels, wasm])("of $name is right on rows that are hard to normalise", (kernels) => {
    checkLayerNorm(kernels, 16, breadth({ short: 10_000, long: 1_000_000 }));
  });

  it.each([referenceKernels, wasm])("of $name is right where the mean is large and the spread small", (kernels) => {
    const near = (row: number[], expected: number[]): void => {
      const out = new Float32Array(row.length);
      kernels.layerNormRows(Float32Array.from(row), undefined, undefined, out, 1, row.length, 1e-5);
      out.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    };
    near([1e25, -1e25, 0, 1], [Math.SQRT2, -Math.SQRT2, 0, 0]);
    near([2 ** 24, 2 ** 24 + 2, 2 ** 24 + 4, 2 ** 24 + 6], [-1.341641, -0.447213, 0.447213, 1.341641]);
    near([3e38, 3e38, 3e38, 3e38], [0, 0, 0, 0]);
  });
});

describe("enableWasm", () => {
  it("registers the kernels with core", async () => {
    expect(isSimdSupported()).toBe(true);
    expect(await enableWasm()).toEqual({ variant: "simd", threads: 1 });
    expect(getKernels().name).toBe("wasm-simd");
  });
});
