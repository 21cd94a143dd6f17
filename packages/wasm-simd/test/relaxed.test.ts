import { getKernels, referenceKernels, setKernels, type Kernels } from "@selectron/core";
import { kernelConformance } from "@selectron/core/testing";
import { enableWasm } from "@selectron/wasm-simd";
import { enableRelaxedWasm, isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import { afterEach, describe, expect, it } from "vitest";
import { relaxedKernels } from "./relaxed.js";

const supported = isRelaxedSimdSupported();
const refused: unknown = supported ? undefined : await enableRelaxedWasm().catch((error: unknown) => error);
const relaxed = await relaxedKernels();
await enableWasm();
const exact = getKernels();
setKernels(referenceKernels);
afterEach(() => setKernels(referenceKernels));

describe("the kernels that fuse conform", () => {
  for (const { name, run } of kernelConformance(relaxed)) it(name, run);
});

it("fuse: the rounded square of 1 + 2^-12, taken from the square itself, leaves 2^-24 and not 0", () => {
  const x = 1 + 2 ** -12;
  const [m, k, n] = [20, 2, 8];
  const a = Float32Array.from({ length: m * k }, (_, at) => [1, x][at % 2]!);
  const b = Float32Array.from({ length: k * n }, (_, at) => (at < n ? -Math.fround(x * x) : x));
  const product = (kernels: Kernels): number[] => {
    const out = new Float32Array(m * n);
    const view = (data: Float32Array, rowStride: number) => ({ data, offset: 0, rowStride, columnStride: 1 });
    kernels.matmul({ a: view(a, k), b: view(b, n), out, m, k, n });
    return [...new Set(out)];
  };
  expect(product(exact)).toEqual([0]);
  expect(product(relaxed)).toEqual([2 ** -24]);
});

it.skipIf(supported)("say what to do where relaxed SIMD is missing", () => {
  expect(String(refused)).toContain("no relaxed SIMD");
  expect(String(refused)).toContain("enableWasm");
});
