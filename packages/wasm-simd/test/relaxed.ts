/** The kernels that fuse: in Node 20, whose engine has relaxed SIMD behind a flag, and in later versions. */
import { getKernels, type Kernels } from "@selectron/core";
import { enableRelaxedWasm, isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import { setFlagsFromString } from "node:v8";

export async function relaxedKernels(): Promise<Kernels> {
  if (!isRelaxedSimdSupported()) setFlagsFromString("--experimental-wasm-relaxed-simd");
  await enableRelaxedWasm();
  return getKernels();
}

/**
 * The square of x = 1 + 2⁻¹² less its float32, by a product of many rows: 0 where multiplications round, the rounding 2⁻²⁴
 * where they are fused with the additions. The different elements of the product, which should be one.
 */
export function roundingOf(kernels: Kernels): number[] {
  const x = 1 + 2 ** -12;
  const [m, k, n] = [20, 2, 8];
  const a = Float32Array.from({ length: m * k }, (_, at) => [1, x][at % 2]!);
  const b = Float32Array.from({ length: k * n }, (_, at) => (at < n ? -Math.fround(x * x) : x));
  const out = new Float32Array(m * n);
  const view = (data: Float32Array, rowStride: number) => ({ data, offset: 0, rowStride, columnStride: 1 });
  kernels.matmul({ a: view(a, k), b: view(b, n), out, m, k, n });
  return [...new Set(out)];
}
