/**
 * Products of a few rows with a matrix whose rows are adjacent: it is read once and in order, and not packed. The result is
 * made of dot products, of four columns at a time. Pointers and strides are in bytes.
 */
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

/** Stores the first 1 to 4 numbers. */
function storeFirst(to: usize, numbers: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, numbers);
    return;
  }
  store<f32>(to, f32x4.extract_lane(numbers, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(numbers, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(numbers, 2), 8);
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

/**
 * Two rows by four columns, stored as alpha · dot + bias.
 *
 * @param count - how many of the columns there are
 */
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
  storeFirst(c, f32x4.add(v128.load(start), f32x4.mul(by, sums)), count);
  const others = addRest(addLanes(t0, t1, t2, t3), a1, b, b1, b2, b3, whole, depth);
  storeFirst(c + cRow, f32x4.add(v128.load(start1), f32x4.mul(by, others)), count);
}

/** c[i, j] = alpha · dot(row i of a, column j of b) + bias[i, j]; the elements of both are adjacent. */
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
  for (let j: i32 = 0; j < n; j += 4) {
    const count = n - j;
    const b1 = count > 1 ? b + bColumn : b;
    const b2 = count > 2 ? b1 + bColumn : b;
    const b3 = count > 3 ? b2 + bColumn : b;
    let row = a;
    let start = bias;
    let target = c;
    let i: i32 = 0;
    for (; i + 2 <= m; i += 2) {
      dotsOfPair(row, row + aRow, b, b1, b2, b3, depth, by, start, start + biasRow, target, cRow, count);
      row += aRow * 2;
      start += biasRow * 2;
      target += cRow * 2;
    }
    if (i < m) {
      const sums = dotsOfRow(row, b, b1, b2, b3, depth);
      storeFirst(target, f32x4.add(v128.load(start), f32x4.mul(by, sums)), count);
    }
    b = b3 + bColumn;
    bias += 16;
    c += 16;
  }
}
