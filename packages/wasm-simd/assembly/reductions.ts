/**
 * Sums and extremes of the rows or columns of a dense [rows, columns] matrix, whose rows need not start aligned. Past the last
 * whole vector of a row the remaining elements go one by one.
 */

/** The sum of four lanes, in pairs. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** The largest of four lanes. */
// @ts-ignore: decorator
@inline
export function maxLanes(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

/** Sums of rows in float64 lanes, rounded once. */
export function sumRows(x: usize, out: usize, rows: i32, columns: i32): void {
  for (let i: i32 = 0; i < rows; i++) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const end = x + <usize>columns * 4;
    for (; x + 32 <= end; x += 32) {
      s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v128.load64_zero(x)));
      s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.load64_zero(x, 8)));
      s2 = f64x2.add(s2, f64x2.promote_low_f32x4(v128.load64_zero(x, 16)));
      s3 = f64x2.add(s3, f64x2.promote_low_f32x4(v128.load64_zero(x, 24)));
    }
    s0 = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
    let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
    for (; x < end; x += 4) sum += load<f32>(x);
    store<f32>(out + ((<usize>i) << 2), <f32>sum);
  }
}

/** Largest, or of the negatives smallest, element of each row; NaN if there is one. */
export function maxRows(x: usize, out: usize, rows: i32, columns: i32, smallest: bool): void {
  const sign = smallest ? f32x4.splat(-0.0) : f32x4.splat(0);
  for (let i: i32 = 0; i < rows; i++) {
    let m0 = f32x4.splat(-Infinity);
    let m1 = m0;
    const end = x + <usize>columns * 4;
    for (; x + 32 <= end; x += 32) {
      m0 = f32x4.max(m0, v128.xor(sign, v128.load(x)));
      m1 = f32x4.max(m1, v128.xor(sign, v128.load(x, 16)));
    }
    for (; x < end; x += 4) m0 = f32x4.max(m0, v128.xor(sign, v128.load32_splat(x)));
    const most = maxLanes(f32x4.max(m0, m1));
    store<f32>(out + ((<usize>i) << 2), smallest ? -most : most);
  }
}

/** Each column of [rows, columns] added up in float64, four columns at a time. */
export function sumColumns(x: usize, out: usize, rows: i32, columns: i32): void {
  const row = <usize>columns * 4;
  const end = x + row;
  for (; x + 16 <= end; x += 16, out += 16) {
    let low = f64x2.splat(0);
    let high = low;
    for (let i: i32 = 0, at = x; i < rows; i++, at += row) {
      low = f64x2.add(low, f64x2.promote_low_f32x4(v128.load64_zero(at)));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.load64_zero(at, 8)));
    }
    v128.store64_lane(out, f32x4.demote_f64x2_zero(low), 0);
    v128.store64_lane(out, f32x4.demote_f64x2_zero(high), 0, 8);
  }
  for (; x < end; x += 4, out += 4) {
    let sum: f64 = 0;
    for (let i: i32 = 0, at = x; i < rows; i++, at += row) sum += load<f32>(at);
    store<f32>(out, <f32>sum);
  }
}
