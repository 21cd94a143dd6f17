/**
 * Few rows times a matrix on the JavaScript heap, as when a model writes token by token: pieces of the matrix go through the
 * arena one after the other, so that what is copied is still in a cache when the kernel reads it.
 */
import type { MatmulCall, MatrixView } from "@selectron/core";
import type { Arena } from "../arena.js";
import type { WasmExports } from "../exports.js";
import { fillBias, fillMatrix, placedBias, placedMatrix } from "./operands.js";

/** Elements of a piece for one row, 32 KB: up to half a megabyte others do as well, and all beat copying the whole by half. */
const PIECE = 2 ** 13;
/** For several rows, 512 KB: their sums are copied for each piece of rows. */
const LARGE_PIECE = 2 ** 17;
/** The most rows for which pieces of rows pay. */
const MOST_ROWS = 32;
/** As in assembly/matmul.ts, whose road must be the same for a piece as for the whole: the bits depend on it. */
const READ_K = 512;
const FEW_IN_PLACE = 2 ** 16;
const DOT_ROWS = 12;

/**
 * How many rows or columns of the right matrix make a piece; undefined if the product does not go in pieces. In memory that threads share
 * they would wait for each other at every piece.
 */
export function pieceOf(arena: Arena, { a, b, m, k, n }: MatmulCall): number | undefined {
  const byRows = b.columnStride === 1;
  if (m > MOST_ROWS || !(byRows || b.rowStride === 1) || arena.isShared || arena.holds(b.data)) return undefined;
  const sweeps = byRows && Math.min(k, READ_K) * n > FEW_IN_PLACE;
  const isDots = !byRows && m <= DOT_ROWS && a.columnStride === 1;
  if (m > 1 && !sweeps && !isDots) return undefined;
  const size = m === 1 ? PIECE : LARGE_PIECE;
  return k * n < 2 * size ? undefined : 4 * Math.ceil(size / (byRows ? n : k) / 4); // the kernel takes four lines at a time
}

/**
 * The product, of the same bits as in one call: pieces of rows each add to the sums so far, pieces of columns have sums of
 * their own. Throws ArenaFullError if not even pieces fit.
 *
 * @param step - what `pieceOf` says
 * @param activation - its number, or −1
 */
export function multiplyInPieces(
  wasm: WasmExports,
  arena: Arena,
  { a, b, out, m, k, n, alpha = 1, bias }: MatmulCall,
  step: number,
  activation: number,
): void {
  const byRows = b.columnStride === 1;
  const [lines, length, lineStride] = byRows ? [k, n, b.rowStride] : [n, k, b.columnStride];
  arena.reset();
  const left = placedMatrix(arena, a, m, k);
  const biasAt = placedBias(arena, bias);
  const outAt = arena.reserve(4 * m * n);
  const address = arena.reserve(4 * Math.min(lines, 2 * step) * length);
  const workspace = arena.reserve(wasm.matmulWorkspace(m, k, n));
  fillMatrix(arena, a, m, k, left);
  fillBias(arena, bias, biasAt);
  for (let from = 0, count; from < lines; from += count) {
    count = lines - from < 2 * step ? lines - from : step;
    const piece: MatrixView = { data: b.data, offset: b.offset + from * lineStride, rowStride: b.rowStride, columnStride: b.columnStride }; // prettier-ignore
    if (byRows) {
      fillMatrix(arena, piece, count, n, { isCopy: true, address, row: 4 * n, column: 4 });
      const isFirst = from === 0;
      const isLast = from + count === k;
      // prettier-ignore
      wasm.matmul(left.address + from * left.column, left.row, left.column, address, 4 * n, 4, isFirst ? biasAt : outAt, isFirst ? 0 : 4 * n, outAt, 4 * n, m, count, n, alpha, isLast ? activation : -1, 0, m, workspace);
    } else {
      fillMatrix(arena, piece, k, count, { isCopy: true, address, row: 4, column: 4 * k });
      // prettier-ignore
      wasm.matmul(left.address, left.row, left.column, address, 4, 4 * k, biasAt && biasAt + 4 * from, 0, outAt + 4 * from, 4 * n, m, k, count, alpha, m === 1 ? activation : -1, 0, m, workspace);
    }
  }
  if (!byRows && m > 1 && activation >= 0) wasm.unary(activation, outAt, outAt, m * n);
  out.set(arena.floats.subarray(outAt / 4, outAt / 4 + m * n));
}
