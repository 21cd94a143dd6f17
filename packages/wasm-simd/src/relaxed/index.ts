/**
 * @selectron/wasm-simd/relaxed: the same kernels with multiplications and additions that the processor may fuse, as an
 * option. A third faster where the two share their ports, as on Intel. Results differ in the last bits between runtimes
 * and processors that fuse and those that do not.
 */
import { inlinedModule, load } from "../module.js";
import type { WasmOptions, WasmStatus } from "../options.js";
import { registerModule } from "../register.js";
import { binary } from "./binary.js";
import { checkRelaxedSimd } from "./support.js";

export { isRelaxedSimdSupported } from "./support.js";

const CALLER = "enableRelaxedWasm";

/**
 * Makes the WebAssembly kernels that fuse the ones that core uses, on one thread; instead of `enableWasm`.
 *
 * @throws Error with the reason if this runtime has no relaxed SIMD or forbids compiling; the kernels in use stay in use
 */
export async function enableRelaxedWasm(options: WasmOptions = {}): Promise<WasmStatus> {
  checkRelaxedSimd(CALLER);
  return registerModule(await load(options.source ?? inlinedModule(binary, CALLER), CALLER), "relaxed-simd", CALLER);
}
