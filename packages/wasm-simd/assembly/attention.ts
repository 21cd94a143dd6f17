/**
 * Attention of one head without its pattern in memory: scores stand in tiles of at most 128 keys by 32 queries, and each
 * query keeps the maximum and the sum of its exponentials so far (online softmax, Milakov & Gimelshein 2018, arXiv
 * 1805.02867; tiling as in Dao et al. 2022, arXiv 2205.14135). A tile has a row per key and a column per query: the
 * softmax of four queries is then one vector, without sums across lanes, and the tile is a left operand as it stands. Keys
 * and values are packed 1024 at a time, so the scratch does not grow with their number. Pointers and row strides are in
 * bytes; query i stands at position i + keys − queries.
 */
import { constant, expOfNegative, expWith } from "./math";
import { logOf, scale } from "./softmax";
import { multiplyTiles, packGroups, packPanels, TILE_BYTES } from "./tiles";

/** Queries of a tile. */
export const TILE_QUERIES: i32 = 32;
/** A row of a tile, in bytes. */
export const TILE_ROW: usize = 128;
/** Keys of a tile: fewer under a band, whose edges waste less of a narrow tile. */
const TILE_KEYS: i32 = 128;
const BAND_TILE_KEYS: i32 = 64;
/** Keys that are packed together. */
const GROUP_KEYS: i32 = 1024;

/** Rounded up to whole panels. */
// @ts-ignore: decorator
@inline
export function padded(length: i32): usize {
  return <usize>((length + 7) & ~7);
}

/** Bytes that `attention` needs as its workspace. */
export function attentionWorkspace(queries: i32, keys: i32, width: i32, valueWidth: i32): usize {
  const group = padded(min(keys, GROUP_KEYS));
  const packed = group * (<usize>width + padded(valueWidth)) + <usize>(TILE_QUERIES * width);
  return TILE_BYTES + TILE_ROW * 4 + <usize>TILE_KEYS * TILE_ROW + (packed + <usize>queries * 2) * 4;
}

/** Whether a row of blocks has a visible one among those that hold keys j0 to j1 − 1. */
export function anyVisible(blocks: usize, blockSize: i32, j0: i32, j1: i32): bool {
  if (!blocks) return true;
  for (let block = j0 / blockSize; block * blockSize < j1; block++) {
    if (load<u8>(blocks + <usize>block)) return true;
  }
  return false;
}

function fillMasked(row: usize, from: i32, to: i32): void {
  for (let j = from; j < to; j++) store<f32>(row + (<usize>j << 2), -Infinity);
}

/**
 * Writes −∞ over the masked scores of a tile: keys j0 to j1 − 1, and `rows` queries of which the first stands at
 * `position`.
 *
 * @param hidden - 0, or per key an i32 that is not 0 where it is hidden
 * @param blocks - 0, or the visible blocks of these queries
 */
export function maskTile(
  tile: usize,
  rows: i32,
  position: i32,
  j0: i32,
  j1: i32,
  before: i32,
  after: i32,
  hidden: usize,
  blocks: usize,
  blockSize: i32,
): void {
  // In 64 bits: `before` and `after` may be the largest i32.
  const all = <i64>position + after >= j1 - 1 && <i64>(position + rows - 1) - before <= j0;
  if (all && !hidden && !blocks) return;
  for (let j = j0; j < j1; j++) {
    if ((hidden && load<i32>(hidden + (<usize>j << 2))) || (blocks && !load<u8>(blocks + <usize>(j / blockSize)))) {
      fillMasked(tile, 0, rows);
    } else if (!all) {
      const first = <i32>max<i64>(0, <i64>(j - position) - after);
      const end = <i32>min<i64>(rows, <i64>(j - position) + before + 1);
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
      store<f32>(tile + (<usize>i << 2), load<f32>(bias + <usize>i * biasRow + (<usize>j << 2)));
    }
    tile += TILE_ROW;
  }
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
      // prettier-ignore
      const e1 = expWith(f32x4.sub(v128.load(row, TILE_ROW), shift), log2e, magic, high, low, least, p5, p4, p3, p2, p1);
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
 * @param query - [queries, width], key [keys, width], value [keys, valueWidth], out [queries, valueWidth]
 * @param bias - 0, or [queries, keys]
 * @param before - how many earlier and later keys a query sees; the largest i32 for all
 * @param hidden - see maskTile
 * @param blocks - 0, or u8 [⌈queries / blockSize⌉, ⌈keys / blockSize⌉], 0 where masked
 * @param logSums - 0, or [queries]: written with the log of the sum of exponentials
 */
export function attention(
  query: usize,
  queryRow: usize,
  key: usize,
  keyRow: usize,
  value: usize,
  valueRow: usize,
  out: usize,
  outRow: usize,
  bias: usize,
  biasRow: usize,
  hidden: usize,
  blocks: usize,
  blockSize: i32,
  logSums: usize,
  queries: i32,
  keys: i32,
  width: i32,
  valueWidth: i32,
  before: i32,
  after: i32,
  factor: f32,
  i0: i32,
  i1: i32,
  workspace: usize,
): void {
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
  const widest = after >= GROUP_KEYS ? TILE_KEYS : BAND_TILE_KEYS;
  const blocksAcross = blocks ? (keys + blockSize - 1) / blockSize : 0;

  memory.fill(zeros, 0, TILE_ROW);
  for (let i = i0; i < i1; i++) {
    memory.fill(out + <usize>i * outRow, 0, <usize>valueWidth * 4);
    store<f32>(maxima + (<usize>i << 2), -Infinity);
    store<f32>(sums + (<usize>i << 2), 0);
  }

  for (let g0: i32 = 0; g0 < keys; g0 += GROUP_KEYS) {
    const g1 = min(keys, g0 + GROUP_KEYS);
    // Positions of this range of queries see keys from `least` to `most`; other groups are not even packed.
    const least = <i64>(i0 + keys - queries) - before;
    const most = <i64>(i1 - 1 + keys - queries) + after;
    if (<i64>g1 <= least || <i64>g0 > most) continue;
    packGroups(key + <usize>g0 * keyRow, keyRow, 4, g1 - g0, width, keyGroups);
    packPanels(value + <usize>g0 * valueRow, valueRow, 4, g1 - g0, valueWidth, valuePanels);

    for (let i = i0; i < i1;) {
      let tileEnd = min(i1, i + TILE_QUERIES);
      let visible: usize = 0;
      if (blocks) {
        tileEnd = min(tileEnd, (i / blockSize + 1) * blockSize);
        visible = blocks + <usize>((i / blockSize) * blocksAcross);
      }
      const rows = tileEnd - i;
      const position = i + keys - queries;
      const from = <i32>max<i64>(g0, <i64>position - before);
      const to = <i32>min<i64>(g1, <i64>(position + rows - 1) + after + 1);
      const state = <usize>i << 2;
      const target = out + <usize>i * outRow;
      if (from < to) {
        packPanels(query + <usize>i * queryRow, 4, queryRow, width, rows, queryPanels);
        memory.copy(tileMaxima, maxima + state, <usize>rows * 4);
        memory.copy(tileSums, sums + state, <usize>rows * 4);
      }

      // Tiles start at multiples of 8 keys, where groups do.
      for (let j0 = g0 + ((from - g0) & ~7); j0 < to; j0 += widest) {
        const j1 = min(to, j0 + widest);
        if (!anyVisible(visible, blockSize, j0, j1)) continue;
        if (bias) biasTile(scores, bias + <usize>i * biasRow + <usize>j0 * 4, biasRow, j1 - j0, rows);
        // prettier-ignore
        multiplyTiles(keyGroups + <usize>(j0 - g0) * <usize>width * 4, 16, <usize>width * 16, queryPanels, 32, <usize>width * 32, scores, TILE_ROW, bias ? scores : zeros, bias ? TILE_ROW : 0, factor, j1 - j0, width, <i32>padded(rows), tile);
        maskTile(scores, rows, position, j0, j1, before, after, hidden, visible, blockSize);
        softmaxTile(scores, j1 - j0, padded(rows), tileMaxima, tileSums, fades);
        for (let r: i32 = 0; r < rows; r++) {
          const fade = load<f32>(fades + (<usize>r << 2));
          if (fade != 1) scale(target + <usize>r * outRow, target + <usize>r * outRow, valueWidth, fade);
        }
        // prettier-ignore
        multiplyTiles(scores, TILE_ROW, 16, valuePanels + <usize>(j0 - g0) * 32, 32, <usize>(g1 - g0) * 32, target, outRow, target, outRow, 1, rows, j1 - j0, valueWidth, tile);
      }
      if (from < to) {
        memory.copy(maxima + state, tileMaxima, <usize>rows * 4);
        memory.copy(sums + state, tileSums, <usize>rows * 4);
      }
      i = tileEnd;
    }
  }

  for (let i = i0; i < i1; i++) {
    const sum = load<f32>(sums + (<usize>i << 2));
    const target = out + <usize>i * outRow;
    if (sum != 0) scale(target, target, valueWidth, 1 / sum);
    if (logSums) {
      const result = sum != 0 ? load<f32>(maxima + (<usize>i << 2)) + logOf(sum) : -Infinity;
      store<f32>(logSums + (<usize>i << 2), result);
    }
  }
}
