/** Sums and extremes of rows, sums of columns (assembly/reductions.ts). */
import { referenceKernels, type Kernels } from "@selectron/core";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../calls.js";
import { fetch, fill, placed, target } from "./operands.js";
import { inPieces, MIN_LENGTH } from "./row-pieces.js";

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export function reductionKernels(wasm: WasmCalls, arena: Arena): Pick<Kernels, "reduceRows" | "sumColumns"> {
  const reduceRows: Kernels["reduceRows"] = (operation, x, out, rows, columns) => {
    if (x.length < MIN_LENGTH) {
      referenceKernels.reduceRows(operation, x, out, rows, columns);
      return;
    }
    inPieces([x, out], rows, [columns, 1], ([piece, result], count) => {
      arena.reset();
      const from = placed(arena, piece);
      const to = target(arena, result);
      fill(arena, piece, from);
      if (operation === "sum") wasm.sumRows(from, to, count, columns);
      else wasm.maxRows(from, to, count, columns, operation === "min" ? 1 : 0);
      fetch(arena, result, to);
    });
  };

  const sumColumns: Kernels["sumColumns"] = (x, out, rows, columns) => {
    if (x.length < MIN_LENGTH) {
      referenceKernels.sumColumns(x, out, rows, columns);
      return;
    }
    arena.reset();
    const from = placed(arena, x);
    const to = target(arena, out);
    fill(arena, x, from);
    wasm.sumColumns(from, to, rows, columns);
    fetch(arena, out, to);
  };

  return { reduceRows, sumColumns };
}
