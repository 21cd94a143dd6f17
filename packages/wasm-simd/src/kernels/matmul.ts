/** The matrix product: the choice of an algorithm, and the copies of its operands into the arena and back. */
import { referenceKernels, type Kernels, type MatmulCall, type MatrixView } from "@selectron/core";
import { Unary } from "../abi.js";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../calls.js";
import { fillBias, fillMatrix, placedBias, placedMatrix } from "./operands.js";
import { multiplyInPieces, pieceOf } from "./matmul-pieces.js";

/**
 * A right matrix with at most this share of elements that are not zero goes to the reference, which skips the zeros; so
 * do the weights of compiled programs. Measured on Node 20: the two meet at about 2 %.
 */
const SPARSE_SHARE = 1 / 64;

/** With fewer rows than this, looking for zeros costs more than it can save. */
const SPARSE_ROWS = 128;

/** Whether b is that sparse. Stops at the first element too many, so a dense matrix costs almost nothing. */
function isMostlyZero(b: MatrixView, k: number, n: number): boolean {
  let allowed = k * n * SPARSE_SHARE;
  for (let p = 0; p < k; p++) {
    for (let j = 0, at = b.offset + p * b.rowStride; j < n; j++, at += b.columnStride) {
      if (b.data[at] !== 0 && --allowed < 0) return false;
    }
  }
  return true;
}

const transposed = ({ data, offset, rowStride, columnStride }: MatrixView): MatrixView => ({
  data,
  offset,
  rowStride: columnStride,
  columnStride: rowStride,
});

/** A matrix times a column, as a row times its transpose: of a tile's eight columns, seven would be empty. */
function columnAsRow({ a, b, out, m, k, alpha, bias, activation }: MatmulCall): MatmulCall {
  const biases = bias ? new Float32Array(m).fill(bias[0]!) : undefined;
  return { a: transposed(b), b: transposed(a), out, m: 1, k, n: m, alpha, bias: biases, activation };
}

/** The kernel on an instance of the module. It throws ArenaFullError if the operands do not fit. */
export function matmulKernel(wasm: WasmCalls, arena: Arena): Pick<Kernels, "matmul"> {
  function multiply(call: MatmulCall): void {
    const { a, b, out, m, k, n, alpha = 1, bias, activation } = call;
    if (m === 0 || n === 0) return;
    if (n === 1 && m > 1) return multiply(columnAsRow(call));
    if (m >= SPARSE_ROWS && isMostlyZero(b, k, n)) {
      referenceKernels.matmul(call);
      return;
    }
    const code = activation ? Unary[activation] : -1;
    const piece = pieceOf(arena, call);
    if (piece) {
      multiplyInPieces(wasm, arena, call, piece, code);
      return;
    }
    arena.reset();
    const left = placedMatrix(arena, a, m, k);
    const right = placedMatrix(arena, b, k, n);
    const biasAt = placedBias(arena, bias);
    // An activation writes whole vectors, so it needs room behind a result of odd length.
    const inPlace = arena.holds(out) && (!activation || (m * n) % 4 === 0);
    const outAt = inPlace ? out.byteOffset : arena.reserve(m * n * 4);
    const workspace = arena.reserve(wasm.matmulWorkspace(m, k, n));
    fillMatrix(arena, a, m, k, left);
    fillMatrix(arena, b, k, n, right);
    fillBias(arena, bias, biasAt);
    // In the order of `callMatmul`, without its object of names.
    const cRow = 4 * n;
    wasm.matmul(
      left.address,
      left.row,
      left.column,
      right.address,
      right.row,
      right.column,
      biasAt,
      0,
      outAt,
      cRow,
      m,
      k,
      n,
      alpha,
      code,
      0,
      m,
      workspace,
    );
    if (!inPlace) out.set(arena.floats.subarray(outAt / 4, outAt / 4 + m * n));
  }

  function matmul(call: MatmulCall): void {
    multiply(call);
    // Sums that left the range of float32 on the way may have come back: the reference sums in float64.
    if (wasm.leftRange() !== 0) referenceKernels.matmul(call);
  }
  return { matmul };
}
