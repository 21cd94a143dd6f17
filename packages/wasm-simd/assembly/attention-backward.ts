/**
 * Gradients of one head of attention, tile by tile from the row log-sums that the forward pass stored (Dao et al. 2022,
 * arXiv 2205.14135, algorithm 4): P = exp(S − logSum), dP = dO Vᵀ, dS = P ⊙ (dP − rowsum(dO ⊙ O)); then dV += Pᵀ dO,
 * dQ += factor · dS K, dK += factor · dSᵀ Q. Tiles have a row per key and a column per query, as in the forward pass.
 */
import { anyVisible, biasTile, maskTile, padded, TILE_QUERIES, TILE_ROW } from "./attention";
import { expOfNegative } from "./math";
import { multiplyAdd } from "./multiply-add";
import { multiplyTiles, packGroups, packPanels, TILE_BYTES } from "./tiles";

const TILE_KEYS: i32 = 64;
/** Keys that are packed together, in three layouts. */
const GROUP_KEYS: i32 = 512;

/** Bytes that `attentionBackward` needs as its workspace. */
export function attentionBackwardWorkspace(queries: i32, keys: i32, width: i32, valueWidth: i32): usize {
  const group = padded(min(keys, GROUP_KEYS));
  const packed = group * (<usize>width + padded(width) + <usize>valueWidth);
  const rows = <usize>TILE_QUERIES * (<usize>(width + valueWidth) + padded(width) + padded(valueWidth));
  return TILE_BYTES + 3 * TILE_ROW + <usize>(3 * TILE_KEYS) * TILE_ROW + (packed + rows + <usize>queries) * 4;
}

function dot(a: usize, b: usize, length: i32): f32 {
  let sums = f32x4.splat(0);
  const end = a + <usize>length * 4;
  const whole = a + ((<usize>length) & ~3) * 4;
  for (; a < whole; a += 16) {
    sums = multiplyAdd(v128.load(a), v128.load(b), sums);
    b += 16;
  }
  let sum =
    f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1) + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)); // prettier-ignore
  for (; a < end; a += 4) {
    sum += load<f32>(a) * load<f32>(b);
    b += 4;
  }
  return sum;
}

function clearRows(target: usize, row: usize, rows: i32, width: i32): void {
  for (let i: i32 = 0; i < rows; i++) memory.fill(target + <usize>i * row, 0, <usize>width * 4);
}

/** Scores and dP of a tile become P and dS. A query that sees nothing has logSum −∞, and gets zeros. */
function softmaxGradient(scores: usize, slopes: usize, rows: i32, columns: usize, logSums: usize, deltas: usize): void {
  const lowest = f32x4.splat(-Infinity);
  const move = slopes - scores;
  const bytes = <usize>rows * TILE_ROW;
  for (let at: usize = 0; at < columns * 4; at += 16) {
    const logSum = v128.load(logSums + at);
    // Its scores are all −∞: compared with 0, so that the exponentials are 0 and not NaN.
    const shift = v128.andnot(logSum, f32x4.eq(logSum, lowest));
    const delta = v128.load(deltas + at);
    const end = scores + at + bytes;
    for (let row = scores + at; row < end; row += TILE_ROW) {
      const p = expOfNegative(f32x4.sub(v128.load(row), shift));
      v128.store(row, p);
      v128.store(row + move, f32x4.mul(p, f32x4.sub(v128.load(row + move), delta)));
    }
  }
}

/** One head; operands as in `attention`, gradients in the shapes of what they are gradients of, overwritten. */
export function attentionBackward(
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
  outGradient: usize,
  outGradientRow: usize,
  queryGradient: usize,
  queryGradientRow: usize,
  keyGradient: usize,
  keyGradientRow: usize,
  valueGradient: usize,
  valueGradientRow: usize,
  workspace: usize,
): void {
  const group = padded(min(keys, GROUP_KEYS));
  const tile = workspace;
  const zeros = tile + TILE_BYTES;
  // Of the queries of one tile.
  const tileLogSums = zeros + TILE_ROW;
  const tileDeltas = tileLogSums + TILE_ROW;
  const scores = tileDeltas + TILE_ROW;
  const slopes = scores + <usize>TILE_KEYS * TILE_ROW;
  const turned = slopes + <usize>TILE_KEYS * TILE_ROW;
  const queriesDown = turned + <usize>TILE_KEYS * TILE_ROW;
  const queriesAcross = queriesDown + <usize>(TILE_QUERIES * width) * 4;
  const gradientsDown = queriesAcross + <usize>TILE_QUERIES * padded(width) * 4;
  const gradientsAcross = gradientsDown + <usize>(TILE_QUERIES * valueWidth) * 4;
  const keyGroups = gradientsAcross + <usize>TILE_QUERIES * padded(valueWidth) * 4;
  const keysAcross = keyGroups + group * <usize>width * 4;
  const valueGroups = keysAcross + group * padded(width) * 4;
  const deltas = valueGroups + group * <usize>valueWidth * 4;
  const blocksAcross = blocks ? (keys + blockSize - 1) / blockSize : 0;

  memory.fill(zeros, 0, 3 * TILE_ROW);
  clearRows(queryGradient, queryGradientRow, queries, width);
  clearRows(keyGradient, keyGradientRow, keys, width);
  clearRows(valueGradient, valueGradientRow, keys, valueWidth);
  for (let i: i32 = 0; i < queries; i++) {
    const delta = dot(outGradient + <usize>i * outGradientRow, out + <usize>i * outRow, valueWidth);
    store<f32>(deltas + ((<usize>i) << 2), delta);
  }

  for (let g0: i32 = 0; g0 < keys; g0 += GROUP_KEYS) {
    const g1 = min(keys, g0 + GROUP_KEYS);
    const length = g1 - g0;
    packGroups(key + <usize>g0 * keyRow, keyRow, 4, length, width, keyGroups);
    packPanels(key + <usize>g0 * keyRow, keyRow, 4, length, width, keysAcross);
    packGroups(value + <usize>g0 * valueRow, valueRow, 4, length, valueWidth, valueGroups);

    for (let i: i32 = 0; i < queries;) {
      let tileEnd = min(queries, i + TILE_QUERIES);
      let visible: usize = 0;
      if (blocks) {
        tileEnd = min(tileEnd, (i / blockSize + 1) * blockSize);
        visible = blocks + <usize>((i / blockSize) * blocksAcross);
      }
      const rows = tileEnd - i;
      const columns = padded(rows);
      const position = i + keys - queries;
      const from = <i32>max<i64>(g0, <i64>position - before);
      const to = <i32>min<i64>(g1, <i64>(position + rows - 1) + after + 1);
      if (from < to) {
        const queryTile = query + <usize>i * queryRow;
        const gradientTile = outGradient + <usize>i * outGradientRow;
        packPanels(queryTile, 4, queryRow, width, rows, queriesDown);
        packPanels(queryTile, queryRow, 4, rows, width, queriesAcross);
        packPanels(gradientTile, 4, outGradientRow, valueWidth, rows, gradientsDown);
        packPanels(gradientTile, outGradientRow, 4, rows, valueWidth, gradientsAcross);
        memory.copy(tileLogSums, logSums + (<usize>i << 2), <usize>rows * 4);
        memory.copy(tileDeltas, deltas + (<usize>i << 2), <usize>rows * 4);
      }

      for (let j0 = g0 + ((from - g0) & ~7); j0 < to; j0 += TILE_KEYS) {
        const j1 = min(to, j0 + TILE_KEYS);
        if (!anyVisible(visible, blockSize, j0, j1)) continue;
        const high = j1 - j0;
        const at = <usize>(j0 - g0);
        if (bias) biasTile(scores, bias + <usize>i * biasRow + <usize>j0 * 4, biasRow, high, rows);
        // prettier-ignore
        multiplyTiles(keyGroups + at * <usize>width * 4, 16, <usize>width * 16, queriesDown, 32, <usize>width * 32, scores, TILE_ROW, bias ? scores : zeros, bias ? TILE_ROW : 0, factor, high, width, <i32>columns, tile);
        maskTile(scores, rows, position, j0, j1, before, after, hidden, visible, blockSize);
        // prettier-ignore
        multiplyTiles(valueGroups + at * <usize>valueWidth * 4, 16, <usize>valueWidth * 16, gradientsDown, 32, <usize>valueWidth * 32, slopes, TILE_ROW, zeros, 0, 1, high, valueWidth, <i32>columns, tile);
        softmaxGradient(scores, slopes, high, columns, tileLogSums, tileDeltas);

        const dValue = valueGradient + <usize>j0 * valueGradientRow;
        const dKey = keyGradient + <usize>j0 * keyGradientRow;
        const dQuery = queryGradient + <usize>i * queryGradientRow;
        const panel = <usize>rows * 32;
        packGroups(scores, TILE_ROW, 4, high, rows, turned);
        // prettier-ignore
        multiplyTiles(turned, 16, <usize>rows * 16, gradientsAcross, 32, panel, dValue, valueGradientRow, dValue, valueGradientRow, 1, high, rows, valueWidth, tile);
        packGroups(slopes, TILE_ROW, 4, high, rows, turned);
        // prettier-ignore
        multiplyTiles(turned, 16, <usize>rows * 16, queriesAcross, 32, panel, dKey, keyGradientRow, dKey, keyGradientRow, factor, high, rows, width, tile);
        // prettier-ignore
        multiplyTiles(slopes, TILE_ROW, 16, keysAcross + at * 32, 32, <usize>length * 32, dQuery, queryGradientRow, dQuery, queryGradientRow, factor, rows, high, width, tile);
      }
      i = tileEnd;
    }
  }
}
