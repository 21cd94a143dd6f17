/** The SIMD kernels, as the command has them. */
import { enableWasm } from "@selectron/wasm-simd";

export async function useFastKernels(): Promise<void> {
  try {
    await enableWasm();
  } catch {
    // The plain kernels stay registered.
  }
}
