/**
 * Gradients of one head of attention, tile by tile from the row log-sums that the forward pass stored (Dao et al. 2022,
 * arXiv 2205.14135, algorithm 4): P = exp(S − logSum), dP = dO Vᵀ, dS = P ⊙ (dP − rowsum(dO ⊙ O)); then dV += Pᵀ dO,
 * dQ += factor · dS K, dK += factor · dSᵀ Q. Transposed tiles are read with a stride, never copied.
 */
import { anyVisible, maskTile, padded, TILE_QUERIES } from "./attention";
import { expOfNegative } from "./math";
import { multiplyTiles, packPanels, TILE_BYTES } from "./tiles";

const TILE_KEYS: i32 = 64;
/** Keys that are packed together, in three layouts. */
const GROUP_KEYS: i32 = 512;

/** Bytes that `attentionBackward` needs as its workspace. */
export function attentionBackwardWorkspace(queries: i32, keys: i32, width: i32, valueWidth: i32): usize {
  const group = padded(min(keys, GROUP_KEYS));
  const packed = group * (<usize>width + padded(width) + <usize>valueWidth);
  const rows = <usize>TILE_QUERIES * (padded(width) + padded(valueWidth));
  return TILE_BYTES + (packed + rows + <usize>(2 * TILE_QUERIES * TILE_KEYS + TILE_KEYS + queries)) * 4;
}

function dot(a: usize, b: usize, length: i32): f32 {
  let sums = f32x4.splat(0);
  const end = a + <usize>length * 4;
  const whole = a + ((<usize>length) & ~3) * 4;
  for (; a < whole; a += 16) {
    sums = f32x4.add(sums, f32x4.mul(v128.load(a), v128.load(b)));
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
function softmaxGradient(
  scores: usize,
  slopes: usize,
  rowBytes: usize,
  rows: i32,
  columns: i32,
  logSums: usize,
  deltas: usize,
): void {
  for (let r: i32 = 0; r < rows; r++) {
    const logSum = load<f32>(logSums + ((<usize>r) << 2));
    const end = scores + <usize>columns * 4;
    if (logSum == -Infinity) {
      memory.fill(scores, 0, <usize>columns * 4);
      memory.fill(slopes, 0, <usize>columns * 4);
    } else {
      const by = f32x4.splat(logSum);
      const delta = v128.load32_splat(deltas + ((<usize>r) << 2));
      let slope = slopes;
      for (let score = scores; score < end; score += 16) {
        const p = expOfNegative(f32x4.sub(v128.load(score), by));
        v128.store(score, p);
        v128.store(slope, f32x4.mul(p, f32x4.sub(v128.load(slope), delta)));
        slope += 16;
      }
    }
    scores += rowBytes;
    slopes += rowBytes;
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
  const scores = zeros + <usize>TILE_KEYS * 4;
  const slopes = scores + <usize>(TILE_QUERIES * TILE_KEYS) * 4;
  const keysDown = slopes + <usize>(TILE_QUERIES * TILE_KEYS) * 4;
  const keysAcross = keysDown + group * <usize>width * 4;
  const values = keysAcross + group * padded(width) * 4;
  const queryPanels = values + group * <usize>valueWidth * 4;
  const gradientPanels = queryPanels + <usize>TILE_QUERIES * padded(width) * 4;
  const deltas = gradientPanels + <usize>TILE_QUERIES * padded(valueWidth) * 4;
  const tileRow = <usize>TILE_KEYS * 4;
  const blocksAcross = blocks ? (keys + blockSize - 1) / blockSize : 0;

  memory.fill(zeros, 0, tileRow);
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
    packPanels(key + <usize>g0 * keyRow, 4, keyRow, width, length, keysDown);
    packPanels(key + <usize>g0 * keyRow, keyRow, 4, length, width, keysAcross);
    packPanels(value + <usize>g0 * valueRow, 4, valueRow, valueWidth, length, values);

    for (let i: i32 = 0; i < queries;) {
      let tileEnd = min(queries, i + TILE_QUERIES);
      let visible: usize = 0;
      if (blocks) {
        tileEnd = min(tileEnd, (i / blockSize + 1) * blockSize);
        visible = blocks + <usize>((i / blockSize) * blocksAcross);
      }
      const rows = tileEnd - i;
      const position = i + keys - queries;
      const from = <i32>max<i64>(g0, <i64>position - before);
      const to = <i32>min<i64>(g1, <i64>(position + rows - 1) + after + 1);
      const queryTile = query + <usize>i * queryRow;
      const gradientTile = outGradient + <usize>i * outGradientRow;
      if (from < to) {
        packPanels(queryTile, queryRow, 4, rows, width, queryPanels);
        packPanels(gradientTile, outGradientRow, 4, rows, valueWidth, gradientPanels);
      }

      for (let j0 = g0 + ((from - g0) & ~7); j0 < to; j0 += TILE_KEYS) {
        const j1 = min(to, j0 + TILE_KEYS);
        if (!anyVisible(visible, blockSize, j0, j1)) continue;
        const columns = <i32>padded(j1 - j0);
        const start = bias ? bias + <usize>i * biasRow + <usize>j0 * 4 : zeros;
        const at = <usize>(j0 - g0);
        // prettier-ignore
        multiplyTiles(queryTile, queryRow, 4, queryRow * 4, keysDown + at * <usize>width * 4, 32, <usize>width * 32, scores, tileRow, start, bias ? biasRow : 0, factor, rows, width, columns, tile);
        maskTile(scores, tileRow, rows, position, j0, j1, before, after, hidden, visible, blockSize);
        // prettier-ignore
        multiplyTiles(gradientTile, outGradientRow, 4, outGradientRow * 4, values + at * <usize>valueWidth * 4, 32, <usize>valueWidth * 32, slopes, tileRow, zeros, 0, 1, rows, valueWidth, columns, tile);
        const state = (<usize>i) << 2;
        softmaxGradient(scores, slopes, tileRow, rows, columns, logSums + state, deltas + state);

        const wide = j1 - j0;
        const dValue = valueGradient + <usize>j0 * valueGradientRow;
        const dKey = keyGradient + <usize>j0 * keyGradientRow;
        const dQuery = queryGradient + <usize>i * queryGradientRow;
        const rowPanel = <usize>rows * 32;
        // prettier-ignore
        multiplyTiles(scores, 4, tileRow, 16, gradientPanels, 32, rowPanel, dValue, valueGradientRow, dValue, valueGradientRow, 1, wide, rows, valueWidth, tile);
        // prettier-ignore
        multiplyTiles(slopes, 4, tileRow, 16, queryPanels, 32, rowPanel, dKey, keyGradientRow, dKey, keyGradientRow, factor, wide, rows, width, tile);
        // prettier-ignore
        multiplyTiles(slopes, tileRow, 4, tileRow * 4, keysAcross + at * 32, 32, <usize>length * 32, dQuery, queryGradientRow, dQuery, queryGradientRow, factor, rows, wide, width, tile);
      }
      i = tileEnd;
    }
  }
}
