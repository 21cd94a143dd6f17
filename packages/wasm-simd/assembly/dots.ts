/**
 * Products of a few rows with a matrix whose rows are adjacent: it is read once, and not packed. The result is
 * made of dot products, of four columns at a time. Pointers and strides are in bytes.
 */
import { FEW_IN_PLACE_BYTES } from "../src/abi";
import { multiplyAdd } from "./multiply-add";

/** The lanes of each of four sums added: one sum per lane. */
function addLanes(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const t0 = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const t1 = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(t0, t1, 0, 2), v128.shuffle<f64>(t0, t1, 1, 3));
}

/** sums + a · b, from step `at` to the end: the steps that do not fill a vector. */
function addRest(sums: v128, a: usize, b: usize, b1: usize, b2: usize, b3: usize, at: usize, depth: usize): v128 {
  for (; at < depth; at += 4) {
    let column = v128.load32_splat(b + at);
    column = f32x4.replace_lane(column, 1, load<f32>(b1 + at));
    column = f32x4.replace_lane(column, 2, load<f32>(b2 + at));
    column = f32x4.replace_lane(column, 3, load<f32>(b3 + at));
    sums = f32x4.add(sums, f32x4.mul(v128.load32_splat(a + at), column));
  }
  return sums;
}

/** Stores start + by · sums for the first 1 to 4 of some columns, which are `next` bytes apart in the result and in start. */
function storeDots(to: usize, start: usize, next: usize, by: v128, sums: v128, count: i32): void {
  const products = f32x4.mul(by, sums);
  if (next == 4 && count >= 4) {
    v128.store(to, f32x4.add(v128.load(start), products));
    return;
  }
  store<f32>(to, load<f32>(start) + f32x4.extract_lane(products, 0));
  if (count > 1) store<f32>(to + next, load<f32>(start + next) + f32x4.extract_lane(products, 1));
  if (count > 2) store<f32>(to + next * 2, load<f32>(start + next * 2) + f32x4.extract_lane(products, 2));
  if (count > 3) store<f32>(to + next * 3, load<f32>(start + next * 3) + f32x4.extract_lane(products, 3));
}

/** One row by four columns. */
function dotsOfRow(a: usize, b: usize, b1: usize, b2: usize, b3: usize, depth: usize): v128 {
  const whole = depth & ~15;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let at: usize = 0; at < whole; at += 16) {
    const x = v128.load(a + at);
    s0 = multiplyAdd(x, v128.load(b + at), s0);
    s1 = multiplyAdd(x, v128.load(b1 + at), s1);
    s2 = multiplyAdd(x, v128.load(b2 + at), s2);
    s3 = multiplyAdd(x, v128.load(b3 + at), s3);
  }
  return addRest(addLanes(s0, s1, s2, s3), a, b, b1, b2, b3, whole, depth);
}

/** Two rows by four columns, stored as `storeDots` does. */
function dotsOfPair(
  a: usize,
  a1: usize,
  b: usize,
  b1: usize,
  b2: usize,
  b3: usize,
  depth: usize,
  by: v128,
  start: usize,
  start1: usize,
  c: usize,
  cRow: usize,
  next: usize,
  count: i32,
): void {
  const whole = depth & ~15;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let t0 = s0;
  let t1 = s0;
  let t2 = s0;
  let t3 = s0;
  for (let at: usize = 0; at < whole; at += 16) {
    const x = v128.load(a + at);
    const y = v128.load(a1 + at);
    let column = v128.load(b + at);
    s0 = multiplyAdd(x, column, s0);
    t0 = multiplyAdd(y, column, t0);
    column = v128.load(b1 + at);
    s1 = multiplyAdd(x, column, s1);
    t1 = multiplyAdd(y, column, t1);
    column = v128.load(b2 + at);
    s2 = multiplyAdd(x, column, s2);
    t2 = multiplyAdd(y, column, t2);
    column = v128.load(b3 + at);
    s3 = multiplyAdd(x, column, s3);
    t3 = multiplyAdd(y, column, t3);
  }
  const sums = addRest(addLanes(s0, s1, s2, s3), a, b, b1, b2, b3, whole, depth);
  storeDots(c, start, next, by, sums, count);
  const others = addRest(addLanes(t0, t1, t2, t3), a1, b, b1, b2, b3, whole, depth);
  storeDots(c + cRow, start1, next, by, others, count);
}

/**
 * All rows by four columns, or by the first 1 to 3 of them.
 *
 * @param next - bytes from one of the columns to the next, in c and in bias
 */
// @ts-ignore: decorator
@inline
function dotColumns(
  a: usize,
  aRow: usize,
  b: usize,
  bNext: usize,
  bias: usize,
  biasRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  depth: usize,
  by: v128,
  next: usize,
  count: i32,
): void {
  const b1 = count > 1 ? b + bNext : b;
  const b2 = count > 2 ? b1 + bNext : b;
  const b3 = count > 3 ? b2 + bNext : b;
  let i: i32 = 0;
  for (; i + 2 <= m; i += 2) {
    dotsOfPair(a, a + aRow, b, b1, b2, b3, depth, by, bias, bias + biasRow, c, cRow, next, count);
    a += aRow * 2;
    bias += biasRow * 2;
    c += cRow * 2;
  }
  if (i < m) storeDots(c, bias, next, by, dotsOfRow(a, b, b1, b2, b3, depth), count);
}

/**
 * c[i, j] = alpha · dot(row i of a, column j of b) + bias[i, j]; the elements of both are adjacent. The four columns of a
 * large b are a quarter of it apart, so that processors foresee four long streams: from memory that is 1.5 times as fast.
 */
export function dotRows(
  a: usize,
  aRow: usize,
  b: usize,
  bColumn: usize,
  bias: usize,
  biasRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  k: i32,
  n: i32,
  alpha: f32,
): void {
  const depth = <usize>k * 4;
  const by = f32x4.splat(alpha);
  const quarter = n >> 2;
  const isLarge = <usize>n * bColumn > <usize>FEW_IN_PLACE_BYTES;
  const step: usize = isLarge ? 1 : 4;
  let next: usize = isLarge ? quarter : 1;
  for (let g: i32 = 0; g <= quarter; g++) {
    const count = min(4, n - g * 4);
    if (count == 0) break;
    if (count < 4 && isLarge) {
      const done = next * 3;
      b += done * bColumn;
      bias += done * 4;
      c += done * 4;
      next = 1;
    }
    dotColumns(a, aRow, b, next * bColumn, bias, biasRow, c, cRow, m, depth, by, next * 4, count);
    b += step * bColumn;
    bias += step * 4;
    c += step * 4;
  }
}
