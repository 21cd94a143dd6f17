/**
 * @selectron/wasm-simd/relaxed: the same kernels with multiplications and additions that the processor may fuse, for those
 * who ask. A third faster where the two share their ports, as on Intel; results differ in the last bits between
 * runtimes and processors that fuse and those that do not.
 */
import { compile, inlinedBytes } from "../module.js";
import { registerModule, type WasmStatus } from "../register.js";
import { binary } from "./binary.js";

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

/**
 * Makes the WebAssembly kernels that fuse the ones that core uses, on one thread; instead of `enableWasm`.
 *
 * @throws Error with the reason if this runtime has no relaxed SIMD or forbids compiling; the kernels in use stay in use
 */
export async function enableRelaxedWasm(): Promise<WasmStatus> {
  if (!isRelaxedSimdSupported()) {
    throw new Error(
      "enableRelaxedWasm: this runtime's WebAssembly has no relaxed SIMD; use Node 22 or Chrome 114, start Node 20 " +
        "with --experimental-wasm-relaxed-simd, or call enableWasm. The kernels in use stay in use.",
    );
  }
  return Promise.resolve(registerModule(compile(inlinedBytes(binary)), "relaxed-simd"));
}
