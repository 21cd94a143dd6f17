/**
 * Core's `Kernels` in WebAssembly. Tensors stay on the JavaScript heap: operands are copied into the arena and results
 * back, which costs a few percent of a product. Views that the arena handed out (`scope`) are not copied.
 */
import { referenceKernels, type Kernels } from "@selectron/core";
import { ArenaFullError, type Arena } from "../arena.js";
import { attentionKernels } from "./attention.js";
import { attentionOverKernels } from "./attention-over.js";
import type { WasmCalls } from "../calls.js";
import { adamKernel } from "./adam.js";
import { elementwiseKernels } from "./elementwise.js";
import { layerNormKernels } from "./layer-norm.js";
import { matmulKernel } from "./matmul.js";
import { reductionKernels } from "./reductions.js";
import { softmaxKernels } from "./softmax.js";

type Kernel = (...values: never[]) => unknown;

/** An error that sends a call to other kernels. */
export type Refusal = new (...values: never[]) => Error;

/** Every kernel of `first`; a call that ends with one of the refusals is made to `second` instead. */
function withFallback(first: Kernels, second: () => Kernels, refusals: readonly Refusal[]): Kernels {
  const entries = Object.entries(first).map(([name, kernel]: [string, unknown]) => {
    if (typeof kernel !== "function") return [name, kernel];
    const guarded: Kernel = (...values) => {
      try {
        return (kernel as Kernel)(...values);
      } catch (error) {
        if (!refusals.some((refusal) => error instanceof refusal)) throw error;
        return ((second() as unknown as Record<string, Kernel>)[name] as Kernel)(...values);
      }
    };
    return [name, guarded];
  });
  return Object.fromEntries(entries) as Kernels;
}

function kernelsOn(wasm: WasmCalls, arena: Arena): Kernels {
  return {
    ...referenceKernels,
    ...matmulKernel(wasm, arena),
    ...elementwiseKernels(wasm, arena),
    ...softmaxKernels(wasm, arena),
    ...layerNormKernels(wasm, arena),
    ...reductionKernels(wasm, arena),
    ...adamKernel(wasm, arena),
    ...attentionKernels(wasm, arena),
    ...attentionOverKernels(wasm, arena),
    name: "wasm-simd",
  };
}

/** An instance of the module with its arena. */
export interface Machine {
  readonly wasm: WasmCalls;
  readonly arena: Arena;
}

/**
 * Kernels on a machine. A call that does not fit, because views keep its memory from growing, runs on a spare machine, and
 * one that does not fit there either in plain JavaScript.
 *
 * @param spare - makes the spare one, at most once
 * @param refusals - further reasons to use the spare one
 */
export function wasmKernels(
  { wasm, arena }: Machine,
  spare: () => Machine,
  refusals: readonly Refusal[] = [],
): Kernels {
  let second: Kernels | undefined;
  const overflow = (): Kernels => {
    if (!second) {
      const other = spare();
      second = withFallback(kernelsOn(other.wasm, other.arena), () => referenceKernels, [ArenaFullError]);
    }
    return second;
  };
  return withFallback(kernelsOn(wasm, arena), overflow, [ArenaFullError, ...refusals]);
}
