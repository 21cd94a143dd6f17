/**
 * Attention of one head without its pattern in memory: scores are made in tiles of at most 128 keys by 32 queries, and each
 * query keeps the maximum and the sum of its exponentials so far (online softmax, Milakov & Gimelshein 2018, arXiv
 * 1805.02867; tiling as in Dao et al. 2022, arXiv 2205.14135). A tile has a row per key and a column per query: the
 * softmax of four queries is then one vector, without sums across lanes, and the tile needs no packing as a left operand. Keys
 * and values are packed 1024 at a time, so the scratch does not grow with their number. Pointers and row strides are in
 * bytes; query i is at position i + keys − queries.
 */
import { Setup, TILE_QUERIES } from "../src/abi";
import {
  addTransposed,
  anyVisible,
  biasTile,
  blocksOf,
  clearRows,
  endOfTile,
  firstKey,
  lastKey,
  maskTile,
  padded,
  TILE_ROW,
} from "./attention-tiles";
import { constant, expOfNegative, expWith } from "./math";
import { noteEmpty, noteRange } from "./range";
import { logOf, scale } from "./softmax";
import { multiplyPacked, packGroups, packPanels, TILE_BYTES } from "./tiles";

/** Keys of a tile: fewer under a band, whose edges waste less of a narrow tile. */
const TILE_KEYS: i32 = 128;
const BAND_TILE_KEYS: i32 = 64;
/** Keys that are packed together. */
const GROUP_KEYS: i32 = 1024;

/** Bytes that `attention` needs as its workspace. */
export function attentionWorkspace(queries: i32, keys: i32, width: i32, valueWidth: i32): usize {
  const group = padded(min(keys, GROUP_KEYS));
  const packed = group * (<usize>width + padded(valueWidth)) + <usize>(TILE_QUERIES * width);
  return TILE_BYTES + TILE_ROW * 4 + <usize>TILE_KEYS * TILE_ROW + (packed + <usize>queries * 2) * 4;
}

/**
 * Scores of a tile become exponentials below the largest so far, which `maxima` and `sums` keep up with. `fades` says by
 * what each query's earlier exponentials shrink: 1 where its largest score has stayed.
 */
function softmaxTile(tile: usize, rows: i32, columns: usize, maxima: usize, sums: usize, fades: usize): void {
  const log2e = constant(0);
  const magic = constant(56);
  const high = constant(2);
  const low = constant(3);
  const least = constant(11);
  const p5 = constant(49);
  const p4 = constant(50);
  const p3 = constant(51);
  const p2 = constant(52);
  const p1 = constant(53);
  const lowest = f32x4.splat(-Infinity);
  const bytes = <usize>rows * TILE_ROW;
  for (let at: usize = 0; at < columns * 4; at += 16) {
    const from = tile + at;
    const end = from + bytes;
    let most0 = v128.load(maxima + at);
    let most1 = most0;
    const old = most0;
    let row = from;
    for (; row + TILE_ROW < end; row += 2 * TILE_ROW) {
      most0 = f32x4.pmax(most0, v128.load(row));
      most1 = f32x4.pmax(most1, v128.load(row, TILE_ROW));
    }
    if (row < end) most0 = f32x4.pmax(most0, v128.load(row));
    const most = f32x4.pmax(most0, most1);
    v128.store(maxima + at, most);
    // A query that has seen nothing yet is compared with 0, so that its exponentials are 0 and not NaN.
    const shift = v128.andnot(most, f32x4.eq(most, lowest));
    const fade = expOfNegative(f32x4.sub(old, shift));
    v128.store(fades + at, fade);
    let sum0 = f32x4.mul(v128.load(sums + at), fade);
    let sum1 = f32x4.splat(0);
    for (row = from; row + TILE_ROW < end; row += 2 * TILE_ROW) {
      const e0 = expWith(f32x4.sub(v128.load(row), shift), log2e, magic, high, low, least, p5, p4, p3, p2, p1);
      v128.store(row, e0);
      sum0 = f32x4.add(sum0, e0);
      const below = f32x4.sub(v128.load(row, TILE_ROW), shift);
      const e1 = expWith(below, log2e, magic, high, low, least, p5, p4, p3, p2, p1);
      v128.store(row, e1, TILE_ROW);
      sum1 = f32x4.add(sum1, e1);
    }
    if (row < end) {
      const e = expOfNegative(f32x4.sub(v128.load(row), shift));
      v128.store(row, e);
      sum0 = f32x4.add(sum0, e);
    }
    v128.store(sums + at, f32x4.add(sum0, sum1));
  }
}

/**
 * Queries i0 to i1 − 1 of one head.
 *
 * @param setup - sizes, row strides and masks, in words that src/abi.ts names
 * @param query - [queries, width], key [keys, width], value [keys, valueWidth], out [queries, valueWidth]
 * @param bias - 0, or [queries, keys]
 * @param logSums - 0, or [queries]: written with the log of the sum of exponentials
 * @param workspace - attentionWorkspace(queries, keys, width, valueWidth) bytes
 *
 * Long: its parts would pass some twenty numbers on to each other.
 */
export function attention(
  setup: usize,
  query: usize,
  key: usize,
  value: usize,
  out: usize,
  bias: usize,
  logSums: usize,
  i0: i32,
  i1: i32,
  workspace: usize,
): void {
  const queries = load<i32>(setup, 4 * Setup.queries);
  const keys = load<i32>(setup, 4 * Setup.keys);
  const width = load<i32>(setup, 4 * Setup.width);
  const valueWidth = load<i32>(setup, 4 * Setup.valueWidth);
  const factor = load<f32>(setup, 4 * Setup.factor);
  const queryRow = load<usize>(setup, 4 * Setup.queryRow);
  const keyRow = load<usize>(setup, 4 * Setup.keyRow);
  const valueRow = load<usize>(setup, 4 * Setup.valueRow);
  const outRow = load<usize>(setup, 4 * Setup.outRow);
  const biasRow = load<usize>(setup, 4 * Setup.biasRow);
  const group = padded(min(keys, GROUP_KEYS));
  const tile = workspace;
  const zeros = tile + TILE_BYTES;
  // Of the queries of one tile.
  const tileMaxima = zeros + TILE_ROW;
  const tileSums = tileMaxima + TILE_ROW;
  const fades = tileSums + TILE_ROW;
  const scores = fades + TILE_ROW;
  const queryPanels = scores + <usize>TILE_KEYS * TILE_ROW;
  const keyGroups = queryPanels + <usize>(TILE_QUERIES * width) * 4;
  const valuePanels = keyGroups + group * <usize>width * 4;
  const maxima = valuePanels + group * padded(valueWidth) * 4;
  const sums = maxima + <usize>queries * 4;
  const widest = load<i32>(setup, 4 * Setup.after) >= GROUP_KEYS ? TILE_KEYS : BAND_TILE_KEYS;
  const start = bias ? scores : zeros;
  const startRow = bias ? TILE_ROW : 0;

  memory.fill(zeros, 0, TILE_ROW);
  clearRows(out + <usize>i0 * outRow, outRow, i1 - i0, valueWidth);
  for (let i = i0; i < i1; i++) {
    store<f32>(maxima + ((<usize>i) << 2), -Infinity);
    store<f32>(sums + ((<usize>i) << 2), 0);
  }

  for (let g0: i32 = 0; g0 < keys; g0 += GROUP_KEYS) {
    const g1 = min(keys, g0 + GROUP_KEYS);
    // Groups of keys that no query of this range sees are not even packed.
    if (g1 <= firstKey(setup, i0 + keys - queries) || g0 > lastKey(setup, i1 - 1 + keys - queries)) continue;
    packGroups(key + <usize>g0 * keyRow, keyRow, 4, g1 - g0, width, keyGroups);
    packPanels(value + <usize>g0 * valueRow, valueRow, 4, g1 - g0, valueWidth, valuePanels);

    for (let i = i0; i < i1;) {
      const tileEnd = endOfTile(setup, i, i1);
      const visible = blocksOf(setup, i);
      const rows = tileEnd - i;
      const position = i + keys - queries;
      const from = <i32>max<i64>(g0, firstKey(setup, position));
      const to = <i32>min<i64>(g1, lastKey(setup, position + rows - 1) + 1);
      const state = (<usize>i) << 2;
      const target = out + <usize>i * outRow;
      if (from < to) {
        packPanels(query + <usize>i * queryRow, 4, queryRow, width, rows, queryPanels);
        memory.copy(tileMaxima, maxima + state, <usize>rows * 4);
        memory.copy(tileSums, sums + state, <usize>rows * 4);
      }

      // Tiles start at multiples of 8 keys, where groups do.
      for (let j0 = g0 + ((from - g0) & ~7); j0 < to; j0 += widest) {
        const j1 = min(to, j0 + widest);
        if (!anyVisible(setup, visible, j0, j1)) continue;
        const high = j1 - j0;
        const wide = <i32>padded(rows);
        const at = <usize>(j0 - g0);
        const tileKeys = keyGroups + at * <usize>width * 4;
        if (bias) biasTile(scores, bias + <usize>i * biasRow + <usize>j0 * 4, biasRow, high, rows);
        multiplyPacked(tileKeys, queryPanels, scores, TILE_ROW, start, startRow, factor, high, width, wide, tile);
        maskTile(setup, scores, rows, position, j0, j1, visible);
        softmaxTile(scores, high, padded(rows), tileMaxima, tileSums, fades);
        for (let r: i32 = 0; r < rows; r++) {
          const fade = load<f32>(fades + ((<usize>r) << 2));
          if (fade != 1) scale(target + <usize>r * outRow, target + <usize>r * outRow, valueWidth, fade);
        }
        const panel = <usize>(g1 - g0) * 32;
        addTransposed(scores, valuePanels + at * 32, panel, target, outRow, 1, rows, high, valueWidth, tile);
      }
      if (from < to) {
        memory.copy(maxima + state, tileMaxima, <usize>rows * 4);
        memory.copy(sums + state, tileSums, <usize>rows * 4);
      }
      i = tileEnd;
    }
  }

  for (let i = i0; i < i1; i++) {
    const sum = load<f32>(sums + ((<usize>i) << 2));
    const target = out + <usize>i * outRow;
    if (sum != 0) scale(target, target, valueWidth, 1 / sum);
    else noteEmpty();
    if (logSums) {
      const result = sum != 0 ? load<f32>(maxima + ((<usize>i) << 2)) + logOf(sum) : -Infinity;
      store<f32>(logSums + ((<usize>i) << 2), result);
    }
  }
  noteRange(out + <usize>i0 * outRow, outRow, i1 - i0, valueWidth);
}
