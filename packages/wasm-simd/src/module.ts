/** Compiles the inlined binary, bytes or what a URL has, or says why it cannot. */
import { binary } from "./binary.js";
import type { WasmExports } from "./exports.js";
import type { CompiledSource, WasmSource } from "./options.js";
import { checkSimd, refuse } from "./support.js";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes of an inlined binary, by default the one for one thread. Not every engine with WebAssembly has `atob`. */
export function inlinedBytes(base64 = binary): Uint8Array<ArrayBuffer> {
  const digits = base64.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 6) / 8));
  let [bits, end] = [0, 0];
  for (let i = 0; i < digits.length; i++) {
    bits = ((bits << 6) | BASE64.indexOf(digits[i]!)) & 0xffff;
    if (i % 4 !== 0) bytes[end++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}

/** Runs a step that a content security policy or a host may forbid, and explains a refusal. */
function attempt<T>(caller: string, what: string, hint: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw refuse(caller, `this runtime refuses to ${what} WebAssembly (${String(error)}; ${hint})`, error);
  }
}

const compileHint =
  "a content security policy must allow 'wasm-unsafe-eval'; where the host forbids compiling, " +
  "`enableWasm({ source })` takes the WebAssembly.Module that an import of @selectron/wasm-simd/simd.wasm gives";

const compileBytes = (bytes: BufferSource, caller: string): WebAssembly.Module =>
  attempt(caller, "compile", compileHint, () => new WebAssembly.Module(bytes));

/** By their base64. Compiled once: each further module of the same bytes would leave 1.6 KB in V8, of Node 20, once it is collected. */
const inlined = new Map<string, WebAssembly.Module>();

/** The module of an inlined binary. Throws an Error with the reason. */
export function inlinedModule(base64: string, caller: string): WebAssembly.Module {
  checkSimd(caller);
  const module = inlined.get(base64) ?? compileBytes(inlinedBytes(base64), caller);
  inlined.set(base64, module);
  return module;
}

/** Compiles synchronously, the inlined binary by default. Throws an Error with the reason. */
export function compile(source?: CompiledSource, caller = "enableWasm"): WebAssembly.Module {
  if (source === undefined) return inlinedModule(binary, caller);
  checkSimd(caller);
  return source instanceof WebAssembly.Module ? source : compileBytes(source as BufferSource, caller);
}

/** Not every runtime has URLs. */
const isUrl = (source: unknown): source is URL => typeof URL === "function" && source instanceof URL;

/** As `compile`, also from a URL. */
export async function load(source?: WasmSource, caller = "enableWasm"): Promise<WebAssembly.Module> {
  if (typeof source !== "string" && !isUrl(source)) return compile(source, caller);
  checkSimd(caller);
  let bytes: ArrayBuffer;
  try {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`status ${response.status}`);
    bytes = await response.arrayBuffer();
  } catch (error) {
    throw refuse(caller, `the binary at ${String(source)} cannot be fetched (${String(error)})`, error);
  }
  return compile(bytes, caller);
}

/** Instantiates. Throws an Error with the reason, also for a module that is not this package's binary. */
export function instantiate(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports = {},
  caller = "enableWasm",
): WasmExports {
  const step = (): WebAssembly.Instance => new WebAssembly.Instance(module, imports);
  const { exports } = attempt(caller, "instantiate", "memory may be short", step);
  if (typeof exports["matmul"] !== "function" || typeof exports["heapBase"] !== "function") {
    throw refuse(caller, "the binary given is not that of @selectron/wasm-simd");
  }
  return exports as WebAssembly.Exports & WasmExports;
}
