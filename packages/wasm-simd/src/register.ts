/** Making an instance of the binary the one that core's tensors use. */
import { setKernels, type Kernels } from "@selectron/core";
import { Arena } from "./arena.js";
import { wasmCalls, type WasmExports } from "./exports.js";
import { wasmKernels, type Machine, type Refusal } from "./kernels.js";
import { instantiate } from "./module.js";
import { SCOPE_BYTES, Scopes } from "./scope.js";

let scopes: Scopes | undefined;

/** The scopes of the machine in use, if there is one. */
export const currentScopes = (): Scopes | undefined => scopes;

/** An instance with a memory of its own. Throws an Error with the reason if it cannot be had. */
export function plainMachine(module: WebAssembly.Module): Machine {
  const wasm = instantiate<WebAssembly.Exports & WasmExports>(module);
  return { wasm: wasmCalls(wasm), arena: new Arena(wasm.memory, wasm.heapBase()) };
}

/**
 * Registers a machine's kernels with core; see `wasmKernels`.
 *
 * @param route - the kernels to register in place of those, if other ones should take some of the calls
 */
export function registerMachine(
  machine: Machine,
  spare: () => Machine,
  refusals: readonly Refusal[] = [],
  route = (kernels: Kernels): Kernels => kernels,
): void {
  const own = new Scopes(machine.arena);
  const kernels = route(wasmKernels(machine, spare, refusals));
  scopes = own;
  setKernels({
    ...kernels,
    allocate: (length) => own.allocate(length),
    scope: (body) => own.run(body, SCOPE_BYTES),
  });
}
