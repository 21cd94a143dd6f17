/**
 * Attention of the queries of one head to the keys that are listed for each: the keys are anywhere, so the vectors run
 * along the width of the head. Pointers and row strides are in bytes.
 */
import { Setup } from "../src/abi";
import { clearRows } from "./attention-tiles";
import { multiplyAdd } from "./multiply-add";
import { sumLanes } from "./reductions";
import { noteEmpty, noteRange } from "./range";
import { exponentials, isEmpty, maximum, scale } from "./softmax";

/** a · b. */
function dot(a: usize, b: usize, length: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = a + <usize>length * 4;
  for (; a + 64 <= end; a += 64, b += 64) {
    s0 = multiplyAdd(v128.load(a), v128.load(b), s0);
    s1 = multiplyAdd(v128.load(a, 16), v128.load(b, 16), s1);
    s2 = multiplyAdd(v128.load(a, 32), v128.load(b, 32), s2);
    s3 = multiplyAdd(v128.load(a, 48), v128.load(b, 48), s3);
  }
  for (; a + 16 <= end; a += 16, b += 16) s0 = multiplyAdd(v128.load(a), v128.load(b), s0);
  let sum = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; a < end; a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

/** to += factor · x. */
function addScaled(to: usize, factor: f32, x: usize, length: i32): void {
  const by = f32x4.splat(factor);
  const end = x + <usize>length * 4;
  for (; x + 16 <= end; x += 16, to += 16) v128.store(to, multiplyAdd(by, v128.load(x), v128.load(to)));
  for (; x < end; x += 4, to += 4) store<f32>(to, load<f32>(to) + factor * load<f32>(x));
}

/** Element `at` of an array of i32 or f32. */
// @ts-ignore: decorator
@inline
function element<T>(array: usize, at: i32): T {
  return load<T>(array + ((<usize>at) << 2));
}

/** The weight of a pair with its factor. */
// @ts-ignore: decorator
@inline
function weightOf(weights: usize, factors: usize, at: i32): f32 {
  return factors ? element<f32>(weights, at) * element<f32>(factors, at) : element<f32>(weights, at);
}

/** out[valueWidth] = Σ weight · value over a query's list, 16 columns at a time in registers. */
function mix(
  value: usize,
  valueRow: usize,
  out: usize,
  listed: usize,
  weights: usize,
  factors: usize,
  first: i32,
  end: i32,
  valueWidth: i32,
): void {
  const bytes = <usize>valueWidth * 4;
  let column: usize = 0;
  for (; column + 64 <= bytes; column += 64) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let at = first; at < end; at++) {
      const w = f32x4.splat(weightOf(weights, factors, at));
      const from = value + <usize>element<i32>(listed, at) * valueRow + column;
      s0 = multiplyAdd(w, v128.load(from), s0);
      s1 = multiplyAdd(w, v128.load(from, 16), s1);
      s2 = multiplyAdd(w, v128.load(from, 32), s2);
      s3 = multiplyAdd(w, v128.load(from, 48), s3);
    }
    v128.store(out + column, s0);
    v128.store(out + column, s1, 16);
    v128.store(out + column, s2, 32);
    v128.store(out + column, s3, 48);
  }
  if (column == bytes) return;
  memory.fill(out + column, 0, bytes - column);
  for (let at = first; at < end; at++) {
    const from = value + <usize>element<i32>(listed, at) * valueRow + column;
    addScaled(out + column, weightOf(weights, factors, at), from, <i32>((bytes - column) >> 2));
  }
}

/**
 * @param setup - sizes, row strides, lists and hidden keys, in words that src/abi.ts names
 * @param query - [queries, width], key [keys, width], value [keys, valueWidth], out [queries, valueWidth], written
 * @param weights - [pairs], written: the softmax
 * @param factors - 0, or [pairs]
 */
export function attentionOver(
  setup: usize,
  query: usize,
  key: usize,
  value: usize,
  out: usize,
  weights: usize,
  factors: usize,
): void {
  const queries = load<i32>(setup, 4 * Setup.queries);
  const width = load<i32>(setup, 4 * Setup.width);
  const valueWidth = load<i32>(setup, 4 * Setup.valueWidth);
  const factor = load<f32>(setup, 4 * Setup.factor);
  const queryRow = load<usize>(setup, 4 * Setup.queryRow);
  const keyRow = load<usize>(setup, 4 * Setup.keyRow);
  const valueRow = load<usize>(setup, 4 * Setup.valueRow);
  const outRow = load<usize>(setup, 4 * Setup.outRow);
  const hidden = load<usize>(setup, 4 * Setup.hidden);
  const starts = load<usize>(setup, 4 * Setup.starts);
  const listed = load<usize>(setup, 4 * Setup.listed);
  for (let i: i32 = 0; i < queries; i++) {
    const first = element<i32>(starts, i);
    const end = element<i32>(starts, i + 1);
    const own = weights + ((<usize>first) << 2);
    const count = end - first;
    for (let at = first; at < end; at++) {
      const j = element<i32>(listed, at);
      const isHidden = hidden && element<i32>(hidden, j);
      const score: f32 = isHidden ? -Infinity : factor * dot(query, key + <usize>j * keyRow, width);
      store<f32>(weights + ((<usize>at) << 2), score);
    }
    const most = maximum(own, count);
    if (most == -Infinity && isEmpty(own, count)) {
      memory.fill(own, 0, <usize>count * 4);
      if (count > 0) noteEmpty();
    } else scale(own, own, count, 1 / exponentials(own, own, count, most));
    mix(value, valueRow, out, listed, weights, factors, first, end, valueWidth);
    query += queryRow;
    noteRange(out, 0, 1, valueWidth);
    out += outRow;
  }
}

/**
 * Gradients: with P the weights, dS = P ⊙ (dO Vᵀ − rowsum(P ⊙ dO Vᵀ)), dQ = factor · dS K, dK = factor · dSᵀ Q,
 * dV = Pᵀ dO, the factors of pairs on dO Vᵀ and on P in dV.
 *
 * @param slopes - [pairs] of scratch
 * @param queryGradient - [queries, width], keyGradient [keys, width], valueGradient [keys, valueWidth], written
 */
export function attentionOverBackward(
  setup: usize,
  query: usize,
  key: usize,
  value: usize,
  weights: usize,
  factors: usize,
  slopes: usize,
  outGradient: usize,
  queryGradient: usize,
  keyGradient: usize,
  valueGradient: usize,
): void {
  const queries = load<i32>(setup, 4 * Setup.queries);
  const keys = load<i32>(setup, 4 * Setup.keys);
  const width = load<i32>(setup, 4 * Setup.width);
  const valueWidth = load<i32>(setup, 4 * Setup.valueWidth);
  const factor = load<f32>(setup, 4 * Setup.factor);
  const queryRow = load<usize>(setup, 4 * Setup.queryRow);
  const keyRow = load<usize>(setup, 4 * Setup.keyRow);
  const valueRow = load<usize>(setup, 4 * Setup.valueRow);
  const outGradientRow = load<usize>(setup, 4 * Setup.outGradientRow);
  const queryGradientRow = load<usize>(setup, 4 * Setup.queryGradientRow);
  const keyGradientRow = load<usize>(setup, 4 * Setup.keyGradientRow);
  const valueGradientRow = load<usize>(setup, 4 * Setup.valueGradientRow);
  const starts = load<usize>(setup, 4 * Setup.starts);
  const listed = load<usize>(setup, 4 * Setup.listed);
  clearRows(queryGradient, queryGradientRow, queries, width);
  clearRows(keyGradient, keyGradientRow, keys, width);
  clearRows(valueGradient, valueGradientRow, keys, valueWidth);
  for (let i: i32 = 0; i < queries; i++) {
    const first = element<i32>(starts, i);
    const end = element<i32>(starts, i + 1);
    let mean: f32 = 0;
    for (let at = first; at < end; at++) {
      let slope = dot(outGradient, value + <usize>element<i32>(listed, at) * valueRow, valueWidth);
      if (factors) slope *= element<f32>(factors, at);
      store<f32>(slopes + ((<usize>at) << 2), slope);
      mean += element<f32>(weights, at) * slope;
    }
    for (let at = first; at < end; at++) {
      const j = <usize>element<i32>(listed, at);
      const slope = factor * element<f32>(weights, at) * (element<f32>(slopes, at) - mean);
      addScaled(valueGradient + j * valueGradientRow, weightOf(weights, factors, at), outGradient, valueWidth);
      addScaled(queryGradient, slope, key + j * keyRow, width);
      addScaled(keyGradient + j * keyGradientRow, slope, query, width);
    }
    query += queryRow;
    queryGradient += queryGradientRow;
    outGradient += outGradientRow;
  }
  noteRange(queryGradient - <usize>queries * queryGradientRow, queryGradientRow, queries, width);
  noteRange(keyGradient, keyGradientRow, keys, width);
  noteRange(valueGradient, valueGradientRow, keys, valueWidth);
}
