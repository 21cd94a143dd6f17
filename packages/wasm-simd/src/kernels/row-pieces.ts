/** Rows on their way through the arena, in pieces: operands in, one call, the result back. */
import type { Arena } from "../arena.js";
import { fetch, fill, target } from "./operands.js";

/** Below this many elements a plain loop takes less time than copying the operands (bench: dispatch). */
export const MIN_LENGTH = 48;

/** Elements of an operand that go through the arena at a time, so that what is copied is still in the cache. */
const PIECE = 8192;

/** Runs a kernel on whole rows, as many at a time as make a piece. `columns` are those of each array. */
export function inPieces<const Arrays extends readonly Float32Array[]>(
  arrays: Arrays,
  rows: number,
  columns: readonly number[],
  run: (pieces: Arrays, rows: number) => void,
): void {
  const step = Math.max(1, Math.floor(PIECE / Math.max(1, ...columns)));
  if (step >= rows) {
    run(arrays, rows);
    return;
  }
  for (let row = 0; row < rows; row += step) {
    const end = Math.min(rows, row + step);
    const pieces = arrays.map((data, i) => data.subarray(row * columns[i]!, end * columns[i]!));
    run(pieces as readonly Float32Array[] as Arrays, end - row);
  }
}

/** Rows of x and rows of the result, equally long. */
export interface RowsCall {
  readonly x: Float32Array;
  readonly out: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** The kernel cannot work in place. */
  readonly isSeparate?: boolean;
}

/** Runs a kernel, on the addresses that it is given, from rows of x to rows of out. */
export function mapRows(
  arena: Arena,
  { x, out, rows, columns, isSeparate = false }: RowsCall,
  run: (x: number, out: number, rows: number) => void,
): void {
  inPieces([x, out], rows, [columns, columns], ([piece, result], count) => {
    arena.reset();
    const to = target(arena, result);
    const from = arena.holds(piece) ? piece.byteOffset : isSeparate ? arena.reserve(piece.byteLength) : to;
    fill(arena, piece, from);
    run(from, to, count);
    fetch(arena, result, to);
  });
}
