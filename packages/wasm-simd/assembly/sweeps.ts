/**
 * Sweeps: products of a few rows with a matrix whose columns are adjacent. The matrix is read once, and not packed; four of
 * its rows at a time are added to the sums. For one row the usual name is row-times-matrix, or gemv in BLAS. Pointers and
 * strides are in bytes.
 */
import { SWEPT_ROWS } from "../src/abi";
import { multiplyAdd } from "./multiply-add";

/** c[n] += x · b[n], one row and one step of k. */
function sweepOnce(x: f32, b: usize, c: usize, rowBytes: usize): void {
  const v = f32x4.splat(x);
  let at: usize = 0;
  for (; at + 16 <= rowBytes; at += 16) v128.store(c + at, multiplyAdd(v, v128.load(b + at), v128.load(c + at)));
  for (; at < rowBytes; at += 4) store<f32>(c + at, load<f32>(c + at) + x * load<f32>(b + at));
}

/** Four numbers of c + the same columns of four rows of b. */
// @ts-ignore: decorator
@inline
function sweepVector(
  v0: v128,
  v1: v128,
  v2: v128,
  v3: v128,
  b: usize,
  b1: usize,
  b2: usize,
  b3: usize,
  c: usize,
): v128 {
  let sum = multiplyAdd(v0, v128.load(b), v128.load(c));
  sum = multiplyAdd(v1, v128.load(b1), sum);
  sum = multiplyAdd(v2, v128.load(b2), sum);
  return multiplyAdd(v3, v128.load(b3), sum);
}

/**
 * c[n] += x0 · b[n] + x1 · b1[n] + x2 · b2[n] + x3 · b3[n]: one row and four steps of k.
 *
 * @param aNext - from the element of a of one of these steps to that of the next
 * @param bNext - from the row of b of one of these steps to that of the next
 */
function sweepRow(a: usize, aNext: usize, alpha: f32, b: usize, bNext: usize, c: usize, rowBytes: usize): void {
  const x0 = alpha * load<f32>(a);
  const x1 = alpha * load<f32>(a + aNext);
  const x2 = alpha * load<f32>(a + aNext * 2);
  const x3 = alpha * load<f32>(a + aNext * 3);
  const v0 = f32x4.splat(x0);
  const v1 = f32x4.splat(x1);
  const v2 = f32x4.splat(x2);
  const v3 = f32x4.splat(x3);
  let b1 = b + bNext;
  let b2 = b1 + bNext;
  let b3 = b2 + bNext;
  const end = c + rowBytes;
  // A cache line of each row at a time. The stores to c have immediate offsets: without, V8 computes their addresses apart.
  for (; c + 64 <= end; c += 64) {
    v128.store(c, sweepVector(v0, v1, v2, v3, b, b1, b2, b3, c));
    v128.store(c, sweepVector(v0, v1, v2, v3, b + 16, b1 + 16, b2 + 16, b3 + 16, c + 16), 16);
    v128.store(c, sweepVector(v0, v1, v2, v3, b + 32, b1 + 32, b2 + 32, b3 + 32, c + 32), 32);
    v128.store(c, sweepVector(v0, v1, v2, v3, b + 48, b1 + 48, b2 + 48, b3 + 48, c + 48), 48);
    b += 64;
    b1 += 64;
    b2 += 64;
    b3 += 64;
  }
  for (; c + 16 <= end; c += 16) {
    v128.store(c, sweepVector(v0, v1, v2, v3, b, b1, b2, b3, c));
    b += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
  }
  for (; c < end; c += 4) {
    const low = x0 * load<f32>(b) + x1 * load<f32>(b1);
    const high = x2 * load<f32>(b2) + x3 * load<f32>(b3);
    store<f32>(c, load<f32>(c) + (low + high));
    b += 4;
    b1 += 4;
    b2 += 4;
    b3 += 4;
  }
}

/** `sweepVector` for two rows at once: half as many loads. */
// @ts-ignore: decorator
@inline
function sweepVectors(
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  y0: v128,
  y1: v128,
  y2: v128,
  y3: v128,
  b: usize,
  b1: usize,
  b2: usize,
  b3: usize,
  c: usize,
  d: usize,
): void {
  const r0 = v128.load(b);
  const r1 = v128.load(b1);
  const r2 = v128.load(b2);
  const r3 = v128.load(b3);
  // One sum after the other: with partial sums the registers would not suffice.
  let sum = multiplyAdd(x0, r0, v128.load(c));
  sum = multiplyAdd(x1, r1, sum);
  sum = multiplyAdd(x2, r2, sum);
  v128.store(c, multiplyAdd(x3, r3, sum));
  sum = multiplyAdd(y0, r0, v128.load(d));
  sum = multiplyAdd(y1, r1, sum);
  sum = multiplyAdd(y2, r2, sum);
  v128.store(d, multiplyAdd(y3, r3, sum));
}

/** `sweepRow` for the whole vectors of two rows, whose sums follow one another. Returns the bytes done. */
function sweepPair(
  a: usize,
  aRow: usize,
  aNext: usize,
  alpha: f32,
  b: usize,
  bNext: usize,
  c: usize,
  rowBytes: usize,
): usize {
  const by = f32x4.splat(alpha);
  const x0 = f32x4.mul(by, v128.load32_splat(a));
  const x1 = f32x4.mul(by, v128.load32_splat(a + aNext));
  const x2 = f32x4.mul(by, v128.load32_splat(a + aNext * 2));
  const x3 = f32x4.mul(by, v128.load32_splat(a + aNext * 3));
  a += aRow;
  const y0 = f32x4.mul(by, v128.load32_splat(a));
  const y1 = f32x4.mul(by, v128.load32_splat(a + aNext));
  const y2 = f32x4.mul(by, v128.load32_splat(a + aNext * 2));
  const y3 = f32x4.mul(by, v128.load32_splat(a + aNext * 3));
  let b1 = b + bNext;
  let b2 = b1 + bNext;
  let b3 = b2 + bNext;
  let d = c + rowBytes;
  const whole = rowBytes & ~15;
  const end = c + whole;
  for (; c + 64 <= end; c += 64) {
    sweepVectors(x0, x1, x2, x3, y0, y1, y2, y3, b, b1, b2, b3, c, d);
    sweepVectors(x0, x1, x2, x3, y0, y1, y2, y3, b + 16, b1 + 16, b2 + 16, b3 + 16, c + 16, d + 16);
    sweepVectors(x0, x1, x2, x3, y0, y1, y2, y3, b + 32, b1 + 32, b2 + 32, b3 + 32, c + 32, d + 32);
    sweepVectors(x0, x1, x2, x3, y0, y1, y2, y3, b + 48, b1 + 48, b2 + 48, b3 + 48, c + 48, d + 48);
    b += 64;
    b1 += 64;
    b2 += 64;
    b3 += 64;
    d += 64;
  }
  for (; c < end; c += 16) {
    sweepVectors(x0, x1, x2, x3, y0, y1, y2, y3, b, b1, b2, b3, c, d);
    b += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
    d += 16;
  }
  return whole;
}

/** c[i, n] += Σ a[i, p] · b[p, n] over four steps p for all rows, two rows at a time; parameters as of `sweepRow`. */
function sweepRows(
  a: usize,
  aRow: usize,
  aNext: usize,
  alpha: f32,
  b: usize,
  bNext: usize,
  c: usize,
  rowBytes: usize,
  m: i32,
): void {
  let i: i32 = 0;
  for (; i + 2 <= m; i += 2) {
    const done = sweepPair(a, aRow, aNext, alpha, b, bNext, c, rowBytes);
    if (done < rowBytes) {
      sweepRow(a, aNext, alpha, b + done, bNext, c + done, rowBytes - done);
      sweepRow(a + aRow, aNext, alpha, b + done, bNext, c + rowBytes + done, rowBytes - done);
    }
    a += aRow * 2;
    c += rowBytes * 2;
  }
  if (i < m) sweepRow(a, aNext, alpha, b, bNext, c, rowBytes);
}

/**
 * Some rows of a block of columns, b's being adjacent: four steps of k at a time for all rows. The four are a quarter of
 * SWEPT_ROWS apart, so that processors foresee four long streams, and not four that end with a row: from memory that is
 * 1.5 times as fast. The order of the sums depends on k alone.
 *
 * @param bias - 0 for zeros
 * @param sums - m · columns floats of scratch, where the sums are kept until they are done: in c, threads with neighbouring
 * columns would take cache lines from each other
 */
export function sweepColumns(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bias: usize,
  biasRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  k: i32,
  columns: i32,
  alpha: f32,
  sums: usize,
): void {
  const rowBytes = <usize>columns * 4;
  if (bias == 0) memory.fill(sums, 0, <usize>m * rowBytes);
  else for (let i: i32 = 0; i < m; i++) memory.copy(sums + <usize>i * rowBytes, bias + <usize>i * biasRow, rowBytes);
  for (let p0: i32 = 0; p0 < k; p0 += SWEPT_ROWS) {
    const steps = min(SWEPT_ROWS, k - p0);
    const quarter = steps >> 2;
    const aNext = <usize>quarter * aColumn;
    const bNext = <usize>quarter * bRow;
    for (let p: i32 = 0; p < quarter; p++) {
      sweepRows(a, aRow, aNext, alpha, b, bNext, sums, rowBytes, m);
      a += aColumn;
      b += bRow;
    }
    a += aNext * 3;
    b += bNext * 3;
    for (let p = quarter * 4; p < steps; p++) {
      for (let i: i32 = 0; i < m; i++) {
        sweepOnce(alpha * load<f32>(a + <usize>i * aRow), b, sums + <usize>i * rowBytes, rowBytes);
      }
      a += aColumn;
      b += bRow;
    }
  }
  for (let i: i32 = 0; i < m; i++) memory.copy(c + <usize>i * cRow, sums + <usize>i * rowBytes, rowBytes);
}
