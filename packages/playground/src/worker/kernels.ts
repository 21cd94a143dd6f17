/** The SIMD kernels where the browser has them; plain JavaScript elsewhere, which is slower and gives the same. */
import { enableWasm } from "@selectron/wasm-simd";

let started: Promise<boolean> | undefined;

/** Enables them once. @returns whether they are there */
export const useFastKernels = (): Promise<boolean> =>
  (started ??= enableWasm().then(
    () => true,
    () => false,
  ));
