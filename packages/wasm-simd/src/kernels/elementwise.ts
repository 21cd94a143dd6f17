/** Maps of one array and of pairs of two (assembly/elementwise.ts). */
import { referenceKernels, type BinaryOperation, type Kernels, type UnaryOperation } from "@selectron/core";
import { Binary, Unary } from "../abi.js";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../calls.js";
import { fetch, fill, placed, target } from "./operands.js";
import { inPieces, mapRows, MIN_LENGTH } from "./row-pieces.js";

/** The operations whose slopes the binary has; the others go to the reference. */
const slopeOperations: readonly UnaryOperation[] = ["relu", "gelu", "geluExact"];

/** Runs a kernel, on the addresses that it is given, from elements of a and b to elements of out. */
function mapPairs(
  arena: Arena,
  arrays: readonly [a: Float32Array, b: Float32Array, out: Float32Array],
  run: (a: number, b: number, out: number, length: number) => void,
): void {
  inPieces(arrays, arrays[0].length, [1, 1, 1], ([first, second, result], length) => {
    arena.reset();
    const to = target(arena, result);
    // The result may overwrite the copy of the first, unless that is in the arena itself.
    const left = arena.holds(first) ? first.byteOffset : to;
    const right = placed(arena, second);
    fill(arena, first, left);
    fill(arena, second, right);
    run(left, right, to, length);
    fetch(arena, result, to);
  });
}

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export function elementwiseKernels(wasm: WasmCalls, arena: Arena): Pick<Kernels, "unary" | "unaryBackward" | "binary"> {
  function unary(operation: UnaryOperation, x: Float32Array, out: Float32Array): void {
    if (x.length < MIN_LENGTH) {
      referenceKernels.unary(operation, x, out);
      return;
    }
    const code = Unary[operation];
    mapRows(arena, { x, out, rows: x.length, columns: 1 }, (from, to, length) => wasm.unary(code, from, to, length));
  }

  function unaryBackward(operation: UnaryOperation, x: Float32Array, gradient: Float32Array, out: Float32Array): void {
    if (x.length < MIN_LENGTH || !slopeOperations.includes(operation)) {
      referenceKernels.unaryBackward(operation, x, gradient, out);
      return;
    }
    const code = Unary[operation];
    mapPairs(arena, [x, gradient, out], (from, slopes, to, length) => {
      wasm.unaryBackward(code, from, slopes, to, length);
    });
  }

  function binary(operation: BinaryOperation, a: Float32Array, b: Float32Array, out: Float32Array): void {
    if (a.length < MIN_LENGTH || operation === "pow") {
      referenceKernels.binary(operation, a, b, out);
      return;
    }
    const code = Binary[operation];
    mapPairs(arena, [a, b, out], (left, right, to, length) => wasm.binary(code, left, right, to, length));
  }

  return { unary, unaryBackward, binary };
}
