/**
 * Few rows times a matrix on the JavaScript heap, as when a model generates token by token: pieces of the matrix go through
 * the arena one after the other, so that what is copied is still in a cache when the kernel reads it.
 */
import type { MatmulCall, MatrixView } from "@selectron/core";
import { DOT_ROWS, FEW_IN_PLACE_BYTES, READ_K } from "../abi.js";
import type { Arena } from "../arena.js";
import { callMatmul, type WasmCalls } from "../calls.js";
import { fetch, fillBias, fillMatrix, placedBias, placedMatrix, type PlacedMatrix } from "./operands.js";

/** Elements of a piece for one row, 32 KB. Pieces of up to 512 KB take as long, half as long as copying the whole. */
const PIECE = 2 ** 13;
/** For several rows, 512 KB: their sums are copied for each piece of rows. */
const LARGE_PIECE = 2 ** 17;
/** The most rows for which pieces of rows pay. */
const MOST_ROWS = 32;

/**
 * How many rows or columns of the right matrix make a piece. Undefined if the product does not go in pieces: the kernel must
 * choose the same algorithm for a piece as for the whole, since the bits depend on it, and in memory that threads share they
 * would wait for each other at every piece.
 */
export function pieceOf(arena: Arena, { a, b, m, k, n }: MatmulCall): number | undefined {
  const byRows = b.columnStride === 1;
  if (m > MOST_ROWS || !(byRows || b.rowStride === 1) || arena.isShared || arena.holds(b.data)) return undefined;
  const sweeps = byRows && 4 * Math.min(k, READ_K) * n > FEW_IN_PLACE_BYTES;
  const isDots = !byRows && m <= DOT_ROWS && a.columnStride === 1;
  if (m > 1 && !sweeps && !isDots) return undefined;
  const size = m === 1 ? PIECE : LARGE_PIECE;
  return k * n < 2 * size ? undefined : 4 * Math.ceil(size / (byRows ? n : k) / 4); // the kernel takes four lines at a time
}

/**
 * The product, with the same bits as in one call: pieces of rows add to the sums so far, pieces of columns have sums of
 * their own. Throws ArenaFullError if not even pieces fit.
 *
 * @param step - what `pieceOf` returns
 * @param activation - its number, or −1
 */
export function multiplyInPieces(
  wasm: WasmCalls,
  arena: Arena,
  call: MatmulCall,
  step: number,
  activation: number,
): void {
  const { a, b, out, m, k, n, alpha = 1, bias } = call;
  const byRows = b.columnStride === 1;
  const [lines, length] = byRows ? [k, n] : [n, k];
  arena.reset();
  const left = placedMatrix(arena, a, m, k);
  const biasAt = placedBias(arena, bias);
  const outAt = arena.reserve(4 * m * n);
  const pieceAt = arena.reserve(4 * Math.min(lines, 2 * step) * length);
  const workspace = arena.reserve(wasm.matmulWorkspace(m, k, n));
  fillMatrix(arena, a, m, k, left);
  fillBias(arena, bias, biasAt);
  for (let from = 0, count; from < lines; from += count) {
    count = lines - from < 2 * step ? lines - from : step;
    const right = fillPiece(arena, b, from, count, length, pieceAt);
    const isFirst = from === 0;
    const isLast = from + count === lines;
    callMatmul(wasm, {
      a: byRows ? left.address + from * left.column : left.address,
      aRow: left.row,
      aColumn: left.column,
      b: pieceAt,
      bRow: right.row,
      bColumn: right.column,
      bias: byRows ? (isFirst ? biasAt : outAt) : biasAt && biasAt + 4 * from,
      biasRow: byRows && !isFirst ? 4 * n : 0,
      c: byRows ? outAt : outAt + 4 * from,
      cRow: 4 * n,
      m,
      k: byRows ? count : k,
      n: byRows ? n : count,
      alpha,
      activation: (byRows ? isLast : m === 1) ? activation : -1,
      i0: 0,
      i1: m,
      workspace,
    });
  }
  if (!byRows && m > 1 && activation >= 0) wasm.unary(activation, outAt, outAt, m * n);
  fetch(arena, out, outAt);
}

/** Copies some rows, or columns, of a matrix whose rows, or columns, are dense, to an address. */
function fillPiece(
  arena: Arena,
  { data, offset, rowStride, columnStride }: MatrixView,
  from: number,
  count: number,
  length: number,
  address: number,
): PlacedMatrix {
  if (columnStride === 1) {
    const piece = { data, offset: offset + from * rowStride, rowStride, columnStride };
    const place = { isCopy: true, address, row: 4 * length, column: 4 };
    fillMatrix(arena, piece, count, length, place);
    return place;
  }
  const piece = { data, offset: offset + from * columnStride, rowStride, columnStride };
  const place = { isCopy: true, address, row: 4, column: 4 * length };
  fillMatrix(arena, piece, length, count, place);
  return place;
}
