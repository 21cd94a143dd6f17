/** The public surface of @selectron/wasm-simd: registers WebAssembly kernels with core, or says why it cannot. */
import { setKernels } from "@selectron/core";
import { binary } from "./binary.js";
import { wasmKernels, type WasmExports } from "./kernels.js";

/** What `enableWasm` registered. */
export interface WasmStatus {
  readonly variant: "simd";
  readonly threads: 1;
}

/** The smallest module with a vector instruction: i8x16.splat, then i8x16.popcnt. */
// prettier-ignore
const PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
);

/** Whether this runtime has WebAssembly with 128-bit SIMD. */
export function isSimdSupported(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(PROBE);
}

/**
 * Makes the WebAssembly kernels the ones that core uses.
 *
 * @throws Error with the reason if this runtime has no WebAssembly, no SIMD, or forbids compiling; core then goes on in
 * plain JavaScript
 */
export async function enableWasm(): Promise<WasmStatus> {
  const refuse = (reason: string, cause?: unknown): Error =>
    new Error(`enableWasm: ${reason}; the plain JavaScript kernels stay in use.`, { cause });
  if (typeof WebAssembly !== "object") throw refuse("this runtime has no WebAssembly");
  if (!isSimdSupported())
    throw refuse("this runtime's WebAssembly has no SIMD; use Node 16.4, Chrome 91 or Safari 16.4");
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  let instance: WebAssembly.Instance;
  try {
    ({ instance } = await WebAssembly.instantiate(bytes));
  } catch (error) {
    const hint = "a content security policy must allow 'wasm-unsafe-eval'";
    throw refuse(`this runtime refuses to compile WebAssembly (${String(error)}; ${hint})`, error);
  }
  setKernels(wasmKernels(instance.exports as unknown as WasmExports));
  return { variant: "simd", threads: 1 };
}
