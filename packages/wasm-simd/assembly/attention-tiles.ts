/**
 * What attention and its gradients share: a tile of scores has a row per key and a column per query, TILE_ROW bytes apart.
 * `setup` is a block of words that src/abi.ts names. Pointers and row strides are in bytes.
 */
import { Setup, TILE_QUERIES } from "../src/abi";
import { multiplyTiles } from "./tiles";

/** A row of a tile, in bytes: a number for each of TILE_QUERIES queries. */
export const TILE_ROW: usize = 4 * TILE_QUERIES;

/** Rounded up to whole panels. */
// @ts-ignore: decorator
@inline
export function padded(length: i32): usize {
  return <usize>((length + 7) & ~7);
}

/** Fills rows of a matrix with zeros. */
export function clearRows(target: usize, row: usize, rows: i32, width: i32): void {
  for (let i: i32 = 0; i < rows; i++) memory.fill(target + <usize>i * row, 0, <usize>width * 4);
}

/** The row of blocks that query i is in; 0 where there are no blocks. */
export function blocksOf(setup: usize, i: i32): usize {
  const blocks = load<usize>(setup, 4 * Setup.blocks);
  if (!blocks) return 0;
  const blockSize = load<i32>(setup, 4 * Setup.blockSize);
  const across = (load<i32>(setup, 4 * Setup.keys) + blockSize - 1) / blockSize;
  return blocks + <usize>((i / blockSize) * across);
}

/** Where a tile that begins with query i ends, at `end` at the latest: tiles end with the blocks of a mask. */
export function endOfTile(setup: usize, i: i32, end: i32): i32 {
  const last = min(end, i + TILE_QUERIES);
  if (!load<usize>(setup, 4 * Setup.blocks)) return last;
  const blockSize = load<i32>(setup, 4 * Setup.blockSize);
  return min(last, (i / blockSize + 1) * blockSize);
}

/** The first key that a query at a position sees. In 64 bits: `before` may be the largest i32. */
// @ts-ignore: decorator
@inline
export function firstKey(setup: usize, position: i32): i64 {
  return <i64>position - load<i32>(setup, 4 * Setup.before);
}

/** The last key that a query at a position sees. In 64 bits: `after` may be the largest i32. */
// @ts-ignore: decorator
@inline
export function lastKey(setup: usize, position: i32): i64 {
  return <i64>position + load<i32>(setup, 4 * Setup.after);
}

/** Whether a row of blocks has a visible one among those that hold keys j0 to j1 − 1. */
export function anyVisible(setup: usize, blocks: usize, j0: i32, j1: i32): bool {
  if (!blocks) return true;
  const blockSize = load<i32>(setup, 4 * Setup.blockSize);
  for (let block = j0 / blockSize; block * blockSize < j1; block++) {
    if (load<u8>(blocks + <usize>block)) return true;
  }
  return false;
}

function fillMasked(row: usize, from: i32, to: i32): void {
  for (let j = from; j < to; j++) store<f32>(row + ((<usize>j) << 2), -Infinity);
}

/**
 * Writes −∞ over the masked scores of a tile: keys j0 to j1 − 1, and `rows` queries, the first at `position`.
 *
 * @param blocks - what `blocksOf` says
 */
export function maskTile(setup: usize, tile: usize, rows: i32, position: i32, j0: i32, j1: i32, blocks: usize): void {
  const all = lastKey(setup, position) >= j1 - 1 && firstKey(setup, position + rows - 1) <= j0;
  const hidden = load<usize>(setup, 4 * Setup.hidden);
  if (all && !hidden && !blocks) return;
  const blockSize = load<i32>(setup, 4 * Setup.blockSize);
  for (let j = j0; j < j1; j++) {
    if ((hidden && load<i32>(hidden + ((<usize>j) << 2))) || (blocks && !load<u8>(blocks + <usize>(j / blockSize)))) {
      fillMasked(tile, 0, rows);
    } else if (!all) {
      const distance = j - position;
      const first = <i32>max<i64>(0, <i64>distance - load<i32>(setup, 4 * Setup.after));
      const end = <i32>min<i64>(rows, <i64>distance + load<i32>(setup, 4 * Setup.before) + 1);
      if (first > 0) fillMasked(tile, 0, min(first, rows));
      if (end < rows) fillMasked(tile, max(0, end), rows);
    }
    tile += TILE_ROW;
  }
}

/** Bias[queries, keys] of a tile, transposed into it. */
export function biasTile(tile: usize, bias: usize, biasRow: usize, rows: i32, columns: i32): void {
  for (let j: i32 = 0; j < rows; j++) {
    for (let i: i32 = 0; i < columns; i++) {
      store<f32>(tile + ((<usize>i) << 2), load<f32>(bias + <usize>i * biasRow + ((<usize>j) << 2)));
    }
    tile += TILE_ROW;
  }
}

/**
 * out[rows, columns] += factor · tileᵀ · b. The rows of the tile are the steps of the product, so it needs no packing: four
 * adjacent numbers are four rows of the result.
 *
 * @param b - panels of 8 columns, bPanel bytes apart
 * @param scratch - TILE_BYTES
 */
export function addTransposed(
  tile: usize,
  b: usize,
  bPanel: usize,
  out: usize,
  outRow: usize,
  factor: f32,
  rows: i32,
  steps: i32,
  columns: i32,
  scratch: usize,
): void {
  multiplyTiles(tile, TILE_ROW, 16, b, 32, bPanel, out, outRow, out, outRow, factor, rows, steps, columns, scratch);
}
