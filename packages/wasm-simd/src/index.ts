/** The public surface of @selectron/wasm-simd: registers WebAssembly kernels with core, or says why it cannot. */
import { checks, Lease, scope as coreScope, type Tensor } from "@selectron/core";
import { compile, load } from "./module.js";
import type { CompiledSource, WasmOptions, WasmStatus } from "./options.js";
import { currentScopes, registerModule } from "./register.js";
import { kept, leased, SCOPE_BYTES } from "./scope.js";

export type { WasmOptions, WasmSource, WasmStatus } from "./options.js";
export { isSimdSupported } from "./support.js";

/** Linear memory has 4 GiB at most. */
const room = checks.anInteger(0, 2 ** 32);

const classOf = (value: unknown): string => Object.prototype.toString.call(value).slice("[object ".length, -1);

const aCompiledSource: checks.Kind = {
  what: "the bytes of a .wasm file, or a WebAssembly.Module",
  fits: (value) =>
    ArrayBuffer.isView(value) || ["ArrayBuffer", "SharedArrayBuffer", "WebAssembly.Module"].includes(classOf(value)),
};

const aSource: checks.Kind = {
  what: `${aCompiledSource.what}, or the URL of one`,
  fits: (value) => typeof value === "string" || classOf(value) === "URL" || aCompiledSource.fits(value),
};

/**
 * Makes the WebAssembly kernels the ones that core uses.
 *
 * @throws Error with the reason if this runtime has no WebAssembly, no SIMD, or forbids compiling; core then goes on in
 * plain JavaScript
 */
export async function enableWasm(options: WasmOptions = {}): Promise<WasmStatus> {
  checks.checkOptions("enableWasm", options, { source: aSource });
  return registerModule(await load(options.source));
}

/** As `enableWasm`, at once. Browsers may allow it in workers only: use `enableWasm` on the main thread. */
export function enableWasmSync(options: { readonly source?: CompiledSource | undefined } = {}): WasmStatus {
  checks.checkOptions("enableWasmSync", options, { source: aCompiledSource });
  return registerModule(compile(options.source, "enableWasmSync"), "simd", "enableWasmSync");
}

/**
 * Runs a function during which results of tensor operations live in linear memory, where kernels use them without copies.
 * What lives on: tensors in what it returns or throws, whatever holds them; gradients of tensors from outside; what was
 * given to core's `keep`. To use any other tensor made inside is an error afterwards, and so is `backward` through the
 * computation. Scopes nest. What does not fit lives on the JavaScript heap as usual, and the next scope is larger.
 * Without `enableWasm` the function just runs.
 *
 * @param body - must not be asynchronous; throws a TypeError if it returns a promise or an iterator
 * @param bytes - how much room to provide, if this is the outermost scope
 */
export function scope<T>(body: () => T, bytes = SCOPE_BYTES): T {
  checks.check("scope: body", body, checks.aFunction());
  checks.check("scope: bytes", bytes, room);
  const scopes = currentScopes();
  return scopes ? scopes.run(body, bytes) : coreScope(body);
}

/** Tensors that stay in linear memory. */
export interface Resident {
  /** In the order given, with the same shapes. Writing to their data changes what kernels see. */
  readonly tensors: readonly Tensor[];
  /** Frees them, in any order: to use one of the tensors is an error then. Throws an Error the second time. */
  release(): void;
}

/**
 * Copies tensors that live long (parameters, the moments of an optimiser, a cache of keys and values) into linear memory,
 * where kernels use and update them in place. They stay until they are released, also where this is called inside a `scope`.
 * What does not fit while other tensors are in linear memory, so that it cannot grow, stays on the JavaScript heap.
 *
 * @param tensors - of any shapes, copied; without `enableWasm` the copies are ordinary tensors
 * @param bytes - room to provide beside them for scopes and scratch
 * @throws TypeError if `tensors` is not an array
 */
export function resident(tensors: readonly Tensor[], bytes = SCOPE_BYTES): Resident {
  checks.check(
    "resident: tensors",
    tensors,
    checks.aList("an array of tensors, as in resident([x, weights])", checks.aTensor),
  );
  checks.check("resident: bytes", bytes, room);
  const total = tensors.reduce((sum, { size }) => sum + 4 * size + 16, bytes);
  const scopes = currentScopes();
  if (scopes) return scopes.keep(tensors, total);
  const lease = new Lease("resident");
  const copies = leased(tensors, lease, (length) => new Float32Array(length));
  return kept(copies, lease);
}
