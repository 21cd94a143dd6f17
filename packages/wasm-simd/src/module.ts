/** Compiles the inlined binary, bytes or what a URL has, or says why it cannot. */
import { binary } from "./binary.js";
import type { WasmExports } from "./exports.js";

/** Where the WebAssembly comes from: bytes, a place to fetch them from, or a module that the host has compiled. */
export type WasmSource = ArrayBuffer | ArrayBufferView<ArrayBuffer> | URL | string | WebAssembly.Module;

/** The smallest module with a vector instruction: i8x16.splat, then i8x16.popcnt. */
// prettier-ignore
const PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
);

/** Whether this runtime has WebAssembly with 128-bit SIMD. */
export function isSimdSupported(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(PROBE);
}

const refuse = (reason: string, cause?: unknown): Error =>
  new Error(`enableWasm: ${reason}; the plain JavaScript kernels stay in use.`, { cause });

/** Throws an Error with the reason if there is no WebAssembly here, or none with SIMD. */
function checkSupport(): void {
  if (typeof WebAssembly !== "object") throw refuse("this runtime has no WebAssembly");
  if (!isSimdSupported()) {
    throw refuse("this runtime's WebAssembly has no SIMD; use Node 16.4, Chrome 91 or Safari 16.4");
  }
}

/** The bytes of an inlined binary, by default the one for one thread. */
export function inlinedBytes(base64 = binary): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Runs a step that a content security policy or a host may forbid, and explains a refusal. */
function attempt<T>(what: string, hint: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw refuse(`this runtime refuses to ${what} WebAssembly (${String(error)}; ${hint})`, error);
  }
}

const compileHint =
  "a content security policy must allow 'wasm-unsafe-eval', and a host that forbids compiling wants a WebAssembly.Module";

/** Compiles synchronously, the inlined binary by default. Throws an Error with the reason. */
export function compile(source?: Exclude<WasmSource, URL | string>): WebAssembly.Module {
  checkSupport();
  if (source instanceof WebAssembly.Module) return source;
  return attempt("compile", compileHint, () => new WebAssembly.Module(source ?? inlinedBytes()));
}

/** As `compile`, also from a URL. */
export async function load(source?: WasmSource): Promise<WebAssembly.Module> {
  if (typeof source !== "string" && !(source instanceof URL)) return compile(source);
  checkSupport();
  let bytes: ArrayBuffer;
  try {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`status ${response.status}`);
    bytes = await response.arrayBuffer();
  } catch (error) {
    throw refuse(`the binary at ${String(source)} cannot be fetched (${String(error)})`, error);
  }
  return compile(bytes);
}

/** Instantiates. Throws an Error with the reason, also for a module that is not this package's binary. */
export function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports = {}): WasmExports {
  const { exports } = attempt("instantiate", "memory may be short", () => new WebAssembly.Instance(module, imports));
  if (typeof exports["matmul"] !== "function" || typeof exports["heapBase"] !== "function") {
    throw refuse("the binary given is not that of @selectron/wasm-simd");
  }
  return exports as WebAssembly.Exports & WasmExports;
}
