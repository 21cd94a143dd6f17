/** Whether there is relaxed SIMD here, and what to do where there is none. */

import { checkWasm, refuse } from "../support.js";

/** The smallest module with a fused operation: f32x4.relaxed_madd of three parameters. */
// prettier-ignore
const PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 133, 2, 11,
);

/** Whether this runtime has WebAssembly with relaxed SIMD. */
export function isRelaxedSimdSupported(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(PROBE);
}

/** @throws Error with what to do where relaxed SIMD is missing */
export function checkRelaxedSimd(caller: string): void {
  checkWasm(caller);
  if (isRelaxedSimdSupported()) return;
  throw refuse(
    caller,
    "this runtime's WebAssembly has no relaxed SIMD; use Node 22 or Chrome 114, start Node 20 " +
      "with --experimental-wasm-relaxed-simd, or call enableWasm",
  );
}
