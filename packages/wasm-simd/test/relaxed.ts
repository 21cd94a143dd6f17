/** The kernels that fuse, in a Node whose engine knows relaxed SIMD behind a flag only (20) as in later ones. */
import { getKernels, type Kernels } from "@selectron/core";
import { enableRelaxedWasm, isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import { setFlagsFromString } from "node:v8";

export async function relaxedKernels(): Promise<Kernels> {
  if (!isRelaxedSimdSupported()) setFlagsFromString("--experimental-wasm-relaxed-simd");
  await enableRelaxedWasm();
  return getKernels();
}
