/**
 * Core's `Kernels` in WebAssembly. Tensors stay on the JavaScript heap: operands are copied into the arena and the
 * result back, which costs a few percent of a product. Views that the arena handed out (`scope`) are not copied.
 */
import { referenceKernels, type Kernels } from "@selectron/core";
import { Arena, ArenaFullError } from "./arena.js";
import { attentionKernels } from "./attention.js";
import type { WasmExports } from "./exports.js";
import { matmulKernel } from "./matmul.js";
import { rowKernels } from "./rows.js";

type Kernel = (...values: never[]) => unknown;

/** Every kernel of `first`; a call whose operands do not fit there goes to `second` instead. */
function withFallback(first: Kernels, second: () => Kernels): Kernels {
  const entries = Object.entries(first).map(([name, kernel]: [string, unknown]) => {
    if (typeof kernel !== "function") return [name, kernel];
    const guarded: Kernel = (...values) => {
      try {
        return (kernel as Kernel)(...values);
      } catch (error) {
        if (!(error instanceof ArenaFullError)) throw error;
        return ((second() as unknown as Record<string, Kernel>)[name] as Kernel)(...values);
      }
    };
    return [name, guarded];
  });
  return Object.fromEntries(entries) as Kernels;
}

function kernelsOn(wasm: WasmExports, arena: Arena): Kernels {
  return {
    ...referenceKernels,
    ...matmulKernel(wasm, arena),
    ...rowKernels(wasm, arena),
    ...attentionKernels(wasm, arena),
    name: "wasm-simd",
  };
}

/**
 * Kernels on instances of the module, which they own from now on. What does not fit into the first instance, because
 * views pin its memory, runs in a second one, and what exceeds even that in plain JavaScript.
 *
 * @param instantiate - makes a fresh instance
 */
export function wasmKernels(instantiate: () => WasmExports): { kernels: Kernels; arena: Arena } {
  const wasm = instantiate();
  const arena = new Arena(wasm.memory, wasm.heapBase());
  let spare: Kernels | undefined;
  const overflow = (): Kernels => {
    if (!spare) {
      const instance = instantiate();
      const own = new Arena(instance.memory, instance.heapBase());
      spare = withFallback(kernelsOn(instance, own), () => referenceKernels);
    }
    return spare;
  };
  return { kernels: withFallback(kernelsOn(wasm, arena), overflow), arena };
}
