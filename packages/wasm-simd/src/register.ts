/** Makes core's tensors use an instance of the binary. */
import { getKernels, setKernels, type Kernels } from "@selectron/core";
import { Arena } from "./arena.js";
import { wasmCalls } from "./calls.js";
import { keepFreedMemory } from "./freed-memory.js";
import { wasmKernels, type Machine, type Refusal } from "./kernels/index.js";
import { instantiate } from "./module.js";
import type { WasmStatus } from "./options.js";
import { SCOPE_BYTES, Scopes } from "./scope.js";

/** The kernels that core uses know the scopes of their machine: a look-up elsewhere would show beside a small product. */
const SCOPES = Symbol("scopes");

/** The scopes of the machine that core uses now, if it uses one. */
export const currentScopes = (): Scopes | undefined => (getKernels() as { readonly [SCOPES]?: Scopes })[SCOPES];

/** A machine that can be given a new memory. */
export interface PlainMachine extends Machine {
  /** Gives it a new, small memory, so that the runtime frees the old one. Nothing may be in use. */
  renew(): void;
}

/** An instance with a memory of its own. Throws an Error with the reason if there can be none. */
export function plainMachine(module: WebAssembly.Module, caller?: string): PlainMachine {
  const wasm = instantiate(module, {}, caller);
  const [calls, arena] = [wasmCalls(wasm), new Arena(wasm.memory, wasm.heapBase())];
  // A memory cannot shrink: a new instance takes the place of the old one.
  const renew = (): void => {
    const fresh = instantiate(module, {}, caller);
    Object.assign(calls, wasmCalls(fresh));
    arena.move(fresh.memory, fresh.heapBase());
  };
  return { wasm: calls, arena, renew };
}

/**
 * Registers a machine's kernels with core; see `wasmKernels`.
 *
 * @param route - gives the kernels to register in place of these, if others should take some of the calls
 */
export function registerMachine(
  machine: Machine & Partial<PlainMachine>,
  spare: () => Machine,
  refusals: readonly Refusal[] = [],
  route = (kernels: Kernels): Kernels => kernels,
): void {
  const own = new Scopes(machine.arena, machine.renew);
  const kernels: Kernels & { readonly [SCOPES]: Scopes } = {
    ...route(wasmKernels(machine, spare, refusals)),
    allocate: (length) => own.allocate(length),
    adopt: (data, lease) => own.adopt(data, lease),
    scope: (body) => own.run(body, SCOPE_BYTES),
    [SCOPES]: own,
  };
  currentScopes()?.retire();
  setKernels(kernels);
  keepFreedMemory();
}

/** Registers the kernels of a module on one thread. */
export function registerModule(
  module: WebAssembly.Module,
  variant: WasmStatus["variant"] = "simd",
  caller?: string,
): WasmStatus {
  registerMachine(plainMachine(module, caller), () => plainMachine(module));
  return { variant, threads: 1 };
}
