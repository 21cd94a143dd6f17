/** Softmax, its logarithm and cross-entropy (assembly/softmax.ts). */
import type { CrossEntropyCall, Kernels } from "@selectron/core";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../calls.js";
import { fetch, fill, fillInts, placed, target } from "./operands.js";
import { mapRows } from "./row-pieces.js";

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export function softmaxKernels(
  wasm: WasmCalls,
  arena: Arena,
): Pick<Kernels, "softmaxRows" | "logSoftmaxRows" | "crossEntropyRows"> {
  function softmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
    mapRows(arena, { x, out, rows, columns }, (from, to, count) => wasm.softmaxRows(from, to, count, columns));
  }

  function logSoftmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
    mapRows(arena, { x, out, rows, columns, isSeparate: true }, (from, to, count) => {
      wasm.logSoftmaxRows(from, to, count, columns);
    });
  }

  function crossEntropyRows(call: CrossEntropyCall): void {
    const { logits, targets, losses, gradient, scale, rows, columns } = call;
    arena.reset();
    const from = placed(arena, logits);
    const lossesAt = target(arena, losses);
    const slopes = gradient ? target(arena, gradient) : 0;
    const targetsAt = arena.reserve(4 * rows);
    const workspace = arena.reserve(4 * columns);
    fill(arena, logits, from);
    fillInts(arena, targets, targetsAt);
    wasm.crossEntropyRows(from, targetsAt, lossesAt, slopes, scale, rows, columns, workspace);
    fetch(arena, losses, lossesAt);
    if (gradient) fetch(arena, gradient, slopes);
  }

  return { softmaxRows, logSoftmaxRows, crossEntropyRows };
}
