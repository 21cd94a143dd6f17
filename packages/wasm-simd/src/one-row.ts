/**
 * One row times a matrix on the JavaScript heap, as when a model writes token by token: pieces of the matrix go through the
 * arena one after the other, so that what is copied is still in L1 when the kernel reads it.
 */
import type { MatmulCall, MatrixView } from "@selectron/core";
import type { Arena } from "./arena.js";
import type { WasmExports } from "./exports.js";
import { fillMatrix, placedMatrix } from "./operands.js";

/** Elements of a piece, 32 KB: up to half a megabyte others do as well, and all beat copying the whole by half. */
const PIECE = 2 ** 13;

/** Whether a product is of that kind, and its matrix more than a piece, with rows or columns whose elements are adjacent. */
export function isRowInPieces(arena: Arena, { b, m, k, n }: MatmulCall): boolean {
  return m === 1 && k * n > PIECE && (b.columnStride === 1 || b.rowStride === 1) && !arena.holds(b.data);
}

/**
 * The product, of the same bits as in one call: pieces of rows each add to the sums so far, pieces of columns have sums of
 * their own. Throws ArenaFullError if not even pieces fit.
 *
 * @param bias - puts the bias, or zeros, at an address
 * @param activation - its number, or −1
 */
export function rowInPieces(
  wasm: WasmExports,
  arena: Arena,
  { a, b, out, k, n, alpha = 1 }: MatmulCall,
  bias: (address: number) => void,
  activation: number,
): void {
  const byRows = b.columnStride === 1;
  const [lines, length, lineStride] = byRows ? [k, n, b.rowStride] : [n, k, b.columnStride];
  const step = 4 * Math.max(1, Math.floor(PIECE / length / 4)); // the kernel takes four lines at a time
  arena.reset();
  const left = placedMatrix(arena, a, 1, k);
  const biasAt = arena.reserve(4 * n + 32);
  const outAt = arena.reserve(4 * n);
  const address = arena.reserve(4 * step * length);
  const workspace = arena.reserve(wasm.matmulWorkspace(1, k, n));
  fillMatrix(arena, a, 1, k, left);
  bias(biasAt);
  for (let from = 0; from < lines; from += step) {
    const count = Math.min(step, lines - from);
    const piece: MatrixView = { data: b.data, offset: b.offset + from * lineStride, rowStride: b.rowStride, columnStride: b.columnStride }; // prettier-ignore
    if (byRows) {
      fillMatrix(arena, piece, count, n, { isCopy: true, address, row: 4 * n, column: 4 });
      const start = from === 0 ? biasAt : outAt;
      const last = from + count === k;
      // prettier-ignore
      wasm.matmul(left.address + from * left.column, left.row, left.column, address, 4 * n, 4, start, outAt, 4 * n, 1, count, n, alpha, last ? activation : -1, 0, 1, workspace);
    } else {
      fillMatrix(arena, piece, k, count, { isCopy: true, address, row: 4, column: 4 * k });
      // prettier-ignore
      wasm.matmul(left.address, left.row, left.column, address, 4, 4 * k, biasAt + 4 * from, outAt + 4 * from, 4 * n, 1, k, count, alpha, activation, 0, 1, workspace);
    }
  }
  out.set(arena.floats.subarray(outAt / 4, outAt / 4 + n));
}
