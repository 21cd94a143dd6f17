/**
 * Gradients of one head of attention, tile by tile from the row log-sums that the forward pass stored (Dao et al. 2022,
 * arXiv 2205.14135, algorithm 4): P = exp(S − logSum), dP = dO Vᵀ, dS = P ⊙ (dP − rowsum(dO ⊙ O)); then dV += Pᵀ dO,
 * dQ += factor · dS K, dK += factor · dSᵀ Q. Tiles have a row per key and a column per query, as in the forward pass.
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
import { expOfNegative } from "./math";
import { multiplyAdd } from "./multiply-add";
import { sumLanes } from "./reductions";
import { noteRange } from "./range";
import { multiplyPacked, packGroups, packPanels, TILE_BYTES } from "./tiles";

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
  let sum = sumLanes(sums);
  for (; a < end; a += 4) {
    sum += load<f32>(a) * load<f32>(b);
    b += 4;
  }
  return sum;
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

/**
 * One head; operands as in `attention`, gradients in the shapes of what they are gradients of, overwritten.
 *
 * @param workspace - attentionBackwardWorkspace(queries, keys, width, valueWidth) bytes
 *
 * Long: its parts would pass some thirty numbers on to each other.
 */
export function attentionBackward(
  setup: usize,
  query: usize,
  key: usize,
  value: usize,
  out: usize,
  bias: usize,
  logSums: usize,
  outGradient: usize,
  queryGradient: usize,
  keyGradient: usize,
  valueGradient: usize,
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
  const outGradientRow = load<usize>(setup, 4 * Setup.outGradientRow);
  const queryGradientRow = load<usize>(setup, 4 * Setup.queryGradientRow);
  const keyGradientRow = load<usize>(setup, 4 * Setup.keyGradientRow);
  const valueGradientRow = load<usize>(setup, 4 * Setup.valueGradientRow);
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
  const start = bias ? scores : zeros;
  const startRow = bias ? TILE_ROW : 0;

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
      const tileEnd = endOfTile(setup, i, queries);
      const visible = blocksOf(setup, i);
      const rows = tileEnd - i;
      const wide = <i32>padded(rows);
      const position = i + keys - queries;
      const from = <i32>max<i64>(g0, firstKey(setup, position));
      const to = <i32>min<i64>(g1, lastKey(setup, position + rows - 1) + 1);
      if (from < to) {
        const queryTile = query + <usize>i * queryRow;
        const gradientTile = outGradient + <usize>i * outGradientRow;
        packPanels(queryTile, 4, queryRow, width, rows, queriesDown);
        packPanels(queryTile, queryRow, 4, rows, width, queriesAcross);
        packPanels(gradientTile, 4, outGradientRow, valueWidth, rows, gradientsDown);
        packPanels(gradientTile, outGradientRow, 4, rows, valueWidth, gradientsAcross);
        memory.copy(tileLogSums, logSums + ((<usize>i) << 2), <usize>rows * 4);
        memory.copy(tileDeltas, deltas + ((<usize>i) << 2), <usize>rows * 4);
      }

      for (let j0 = g0 + ((from - g0) & ~7); j0 < to; j0 += TILE_KEYS) {
        const j1 = min(to, j0 + TILE_KEYS);
        if (!anyVisible(setup, visible, j0, j1)) continue;
        const high = j1 - j0;
        const at = <usize>(j0 - g0);
        const tileKeys = keyGroups + at * <usize>width * 4;
        const tileValues = valueGroups + at * <usize>valueWidth * 4;
        if (bias) biasTile(scores, bias + <usize>i * biasRow + <usize>j0 * 4, biasRow, high, rows);
        multiplyPacked(tileKeys, queriesDown, scores, TILE_ROW, start, startRow, factor, high, width, wide, tile);
        maskTile(setup, scores, rows, position, j0, j1, visible);
        multiplyPacked(tileValues, gradientsDown, slopes, TILE_ROW, zeros, 0, 1, high, valueWidth, wide, tile);
        softmaxGradient(scores, slopes, high, wide, tileLogSums, tileDeltas);

        const dV = valueGradient + <usize>j0 * valueGradientRow;
        const dK = keyGradient + <usize>j0 * keyGradientRow;
        const dQ = queryGradient + <usize>i * queryGradientRow;
        const dVRow = valueGradientRow;
        const dKRow = keyGradientRow;
        packGroups(scores, TILE_ROW, 4, high, rows, turned);
        multiplyPacked(turned, gradientsAcross, dV, dVRow, dV, dVRow, 1, high, rows, valueWidth, tile);
        packGroups(slopes, TILE_ROW, 4, high, rows, turned);
        multiplyPacked(turned, queriesAcross, dK, dKRow, dK, dKRow, factor, high, rows, width, tile);
        const panel = <usize>length * 32;
        addTransposed(slopes, keysAcross + at * 32, panel, dQ, queryGradientRow, factor, rows, high, width, tile);
      }
      i = tileEnd;
    }
  }
  noteRange(queryGradient, queryGradientRow, queries, width);
  noteRange(keyGradient, keyGradientRow, keys, width);
  noteRange(valueGradient, valueGradientRow, keys, valueWidth);
}
