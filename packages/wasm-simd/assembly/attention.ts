/**
 * Attention of one head without its pattern in memory: scores stand in tiles of at most 32 queries by 128 keys, and each
 * query keeps the maximum and the sum of its exponentials so far (online softmax, Milakov & Gimelshein 2018, arXiv
 * 1805.02867; tiling as in Dao et al. 2022, arXiv 2205.14135). Keys and values are packed 1024 at a time, so the scratch
 * does not grow with their number. Pointers and row strides are in bytes; query i stands at position i + keys − queries.
 */
import { expOfNegative } from "./math";
import { exponentials, isEmpty, logOf, maximum, scale } from "./rows";
import { multiplyTiles, packPanels, TILE_BYTES } from "./tiles";

/** Queries of a tile. */
export const TILE_QUERIES: i32 = 32;
/** Keys of a tile: fewer under a band, whose edges waste less of a narrow tile. */
export const TILE_KEYS: i32 = 128;
const BAND_TILE_KEYS: i32 = 64;
/** Keys that are packed together. */
export const GROUP_KEYS: i32 = 1024;

// @ts-ignore: decorator
@inline
export function padded(length: i32): usize {
  return <usize>((length + 7) & ~7);
}

// @ts-ignore: decorator
@inline
export function tileKeys(after: i32): i32 {
  return after >= GROUP_KEYS ? TILE_KEYS : BAND_TILE_KEYS;
}

/** Bytes that `attention` needs as its workspace. */
export function attentionWorkspace(queries: i32, keys: i32, width: i32, valueWidth: i32): usize {
  const group = padded(min(keys, GROUP_KEYS));
  const packed = group * <usize>width + group * padded(valueWidth);
  return TILE_BYTES + (packed + <usize>(TILE_QUERIES * TILE_KEYS) + <usize>TILE_KEYS + <usize>queries * 2) * 4;
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
 * Writes −∞ over the masked scores of a tile: `rows` queries of which the first stands at `position`, keys j0 to j1 − 1
 * of `columns` columns; columns past j1 are masked too.
 *
 * @param hidden - 0, or per key i32 −1 where it is hidden and 0 where not, with room for 7 more
 * @param blocks - 0, or the visible blocks of these queries
 */
export function maskTile(
  tile: usize,
  tileRow: usize,
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
  const columns = <i32>padded(j1 - j0);
  for (let r: i32 = 0; r < rows; r++) {
    const row = tile + <usize>r * tileRow;
    // In 64 bits: `before` and `after` may be the largest i32.
    const first = <i32>max<i64>(0, <i64>(position + r) - before - j0);
    const end = <i32>min<i64>(j1 - j0, max<i64>(0, <i64>(position + r) + after + 1 - j0));
    if (first > 0) fillMasked(row, 0, min(first, columns));
    if (end < columns) fillMasked(row, end, columns);
  }
  if (hidden) {
    const infinity = f32x4.splat(-Infinity);
    for (let at: usize = 0; at < <usize>columns * 4; at += 16) {
      const mask = v128.load(hidden + <usize>j0 * 4 + at);
      if (!v128.any_true(mask)) continue;
      for (let r: i32 = 0; r < rows; r++) {
        const to = tile + <usize>r * tileRow + at;
        v128.store(to, v128.bitselect(infinity, v128.load(to), mask));
      }
    }
  }
  if (blocks) {
    for (let block = j0 / blockSize; block * blockSize < j1; block++) {
      if (load<u8>(blocks + <usize>block)) continue;
      const from = max(0, block * blockSize - j0);
      const to = min(columns, (block + 1) * blockSize - j0);
      for (let r: i32 = 0; r < rows; r++) fillMasked(tile + <usize>r * tileRow, from, to);
    }
  }
}

/**
 * Queries i0 to i1 − 1 of one head.
 *
 * @param query - [queries, width], key [keys, width], value [keys, valueWidth], out [queries, valueWidth]
 * @param bias - 0, or [queries, keys], with room for 7 more floats behind
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
  const scores = zeros + <usize>TILE_KEYS * 4;
  const keyPanels = scores + <usize>(TILE_QUERIES * TILE_KEYS) * 4;
  const valuePanels = keyPanels + group * <usize>width * 4;
  const maxima = valuePanels + group * padded(valueWidth) * 4;
  const sums = maxima + <usize>queries * 4;
  const scoreRow = <usize>TILE_KEYS * 4;
  const widest = tileKeys(after);
  const blocksAcross = blocks ? (keys + blockSize - 1) / blockSize : 0;

  memory.fill(zeros, 0, <usize>TILE_KEYS * 4);
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
    packPanels(key + <usize>g0 * keyRow, 4, keyRow, width, g1 - g0, keyPanels);
    packPanels(value + <usize>g0 * valueRow, valueRow, 4, g1 - g0, valueWidth, valuePanels);

    for (let i = i0; i < i1; ) {
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

      // Tiles start at multiples of 8 keys, where panels do.
      for (let j0 = g0 + ((from - g0) & ~7); j0 < to; j0 += widest) {
        const j1 = min(to, j0 + widest);
        if (!anyVisible(visible, blockSize, j0, j1)) continue;
        const columns = <i32>padded(j1 - j0);
        const start = bias ? bias + <usize>i * biasRow + <usize>j0 * 4 : zeros;
        // prettier-ignore
        multiplyTiles(query + <usize>i * queryRow, queryRow, 4, queryRow * 4, keyPanels + <usize>(j0 - g0) * <usize>width * 4, 32, <usize>width * 32, scores, scoreRow, start, bias ? biasRow : 0, factor, rows, width, columns, tile);
        maskTile(scores, scoreRow, rows, position, j0, j1, before, after, hidden, visible, blockSize);

        for (let r: i32 = 0; r < rows; r++) {
          const row = scores + <usize>r * scoreRow;
          const state = <usize>(i + r) << 2;
          const old = load<f32>(maxima + state);
          const most = max(old, maximum(row, columns));
          if (most == -Infinity && isEmpty(row, columns)) {
            memory.fill(row, 0, <usize>columns * 4);
            continue;
          }
          const sum = exponentials(row, row, columns, most);
          if (most != old) {
            const fade = f32x4.extract_lane(expOfNegative(f32x4.splat(old - most)), 0);
            store<f32>(sums + state, load<f32>(sums + state) * fade + sum);
            store<f32>(maxima + state, most);
            const target = out + <usize>(i + r) * outRow;
            if (old != -Infinity) scale(target, target, valueWidth, fade);
          } else {
            store<f32>(sums + state, load<f32>(sums + state) + sum);
          }
        }
        const target = out + <usize>i * outRow;
        // prettier-ignore
        multiplyTiles(scores, scoreRow, 4, scoreRow * 4, valuePanels + <usize>(j0 - g0) * 32, 32, <usize>(g1 - g0) * 32, target, outRow, target, outRow, 1, rows, j1 - j0, valueWidth, tile);
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
