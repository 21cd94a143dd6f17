/**
 * Few rows times a matrix on the JavaScript heap, as when a model generates token by token: pieces of the matrix go through
 * the arena one after the other, so that what is copied is still in a cache when the kernel reads it.
 */
import type { MatmulCall } from "@selectron/core";
import { DOT_ROWS, FEW_IN_PLACE_BYTES, READ_K, SWEPT_ROWS } from "../abi.js";
import type { Arena } from "../arena.js";
import { callMatmul, type WasmCalls } from "../calls.js";
import { fetch, fillBias, fillMatrix, placedBias, placedMatrix } from "./operands.js";

/** Elements of a piece for one row, 32 KB. Pieces of up to 512 KB take as long, half as long as copying the whole. */
const PIECE = 2 ** 13;
/** For several rows, 512 KB: their sums are copied for each piece of rows. */
const LARGE_PIECE = 2 ** 17;
/** The most columns of a piece, 64 KB of each of its rows: shorter ones are read more slowly (assembly/sweeps.ts), and longer ones leave every cache. */
const MOST_COLUMNS = 2 ** 14;
/** The most rows for which pieces of rows pay. */
const MOST_ROWS = 32;

/** How many rows and columns of the right matrix make a piece. */
export interface Piece {
  readonly rows: number;
  readonly columns: number;
}

/** The least multiple that is this large. */
const multipleOf = (unit: number, least: number): number => unit * Math.ceil(least / unit);

/**
 * Undefined if the product does not go in pieces: the kernel must choose the same algorithm for a piece as for the whole, and the same
 * order of the sums, since the bits depend on both, and in memory that threads share they would wait for each other at every piece.
 */
export function pieceOf(arena: Arena, { a, b, m, k, n }: MatmulCall): Piece | undefined {
  const byRows = b.columnStride === 1;
  if (m > MOST_ROWS || !(byRows || b.rowStride === 1) || arena.isShared || arena.holds(b.data)) return undefined;
  const sweeps = byRows && 4 * Math.min(k, READ_K) * n > FEW_IN_PLACE_BYTES;
  const isDots = !byRows && m <= DOT_ROWS && a.columnStride === 1;
  if (m > 1 && !sweeps && !isDots) return undefined;
  const size = m === 1 ? PIECE : LARGE_PIECE;
  if (k * n < 2 * size) return undefined;
  if (!byRows) return { rows: k, columns: multipleOf(4, size / k) }; // four columns at a time
  const columns = Math.min(n, MOST_COLUMNS);
  return { rows: multipleOf(SWEPT_ROWS, size / columns), columns };
}

/** The length of a piece that begins at `from`: the last is less than two steps long, and no less than one. */
const lengthFrom = (from: number, end: number, step: number): number => (end - from < 2 * step ? end - from : step);

/**
 * The product, with the same bits as in one call: pieces below one another add to the sums so far, pieces beside one another have sums
 * of their own. Throws ArenaFullError if not even pieces fit.
 *
 * @param activation - its number, or −1
 */
export function multiplyInPieces(
  wasm: WasmCalls,
  arena: Arena,
  { a, b, out, m, k, n, alpha = 1, bias }: MatmulCall,
  piece: Piece,
  activation: number,
): void {
  arena.reset();
  const left = placedMatrix(arena, a, m, k);
  const biasAt = placedBias(arena, bias);
  const outAt = arena.reserve(4 * m * n);
  const address = arena.reserve(4 * Math.min(k, 2 * piece.rows) * Math.min(n, 2 * piece.columns));
  const workspace = arena.reserve(wasm.matmulWorkspace(m, k, n));
  fillMatrix(arena, a, m, k, left);
  fillBias(arena, bias, biasAt);
  for (let n0 = 0, columns; n0 < n; n0 += columns) {
    columns = lengthFrom(n0, n, piece.columns);
    for (let p0 = 0, rows; p0 < k; p0 += rows) {
      rows = lengthFrom(p0, k, piece.rows);
      const { data, offset, rowStride, columnStride } = b;
      const part = { data, offset: offset + p0 * rowStride + n0 * columnStride, rowStride, columnStride };
      const [row, column] = columnStride === 1 ? [4 * columns, 4] : [4, 4 * rows];
      fillMatrix(arena, part, rows, columns, { isCopy: true, address, row, column });
      const isFirst = p0 === 0;
      callMatmul(wasm, {
        a: left.address + p0 * left.column,
        aRow: left.row,
        aColumn: left.column,
        b: address,
        bRow: row,
        bColumn: column,
        bias: isFirst ? biasAt && biasAt + 4 * n0 : outAt + 4 * n0,
        biasRow: isFirst ? 0 : 4 * n,
        c: outAt + 4 * n0,
        cRow: 4 * n,
        m,
        k: rows,
        n: columns,
        alpha,
        activation: -1,
        i0: 0,
        i1: m,
        workspace,
      });
    }
  }
  if (activation >= 0) wasm.unary(activation, outAt, outAt, m * n);
  fetch(arena, out, outAt);
}
