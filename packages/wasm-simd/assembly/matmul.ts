/**
 * Matrix product c[m, n] = activation(alpha · a[m, k] · b[k, n] + bias[n]). Blocks: k by 512 so that an 8-wide panel of
 * b (16 KB) stays in L1, m by 64 so that the packed rows of a (128 KB) and n by 512 so that the packed b (1 MB) stay in
 * L2. Few rows sweep over b instead, which is then read once and in order. Pointers and strides are in bytes.
 */
import { unary } from "./elementwise";
import { multiplyAdd } from "./multiply-add";
import { multiplyTiles, packGroups, packPanels, TILE_BYTES } from "./tiles";

const BLOCK_K: i32 = 512;
const BLOCK_M: i32 = 64;
const BLOCK_N: i32 = 512;
/** With so few rows, sweeping over b is cheaper than packing it. */
const SWEPT_ROWS: i32 = 16;
/** Columns of a sweep, so that the rows of c stay in L1. */
const SWEPT_COLUMNS: i32 = 1024;
/** A block of b no larger than this is read in place. */
const IN_PLACE_BYTES: usize = 32_768;

/** Bytes that `matmul` needs as its workspace. */
export function matmulWorkspace(m: i32, k: i32, n: i32): usize {
  const steps = <usize>min(k, BLOCK_K);
  const groups = <usize>((min(m, BLOCK_M) + 3) & ~3) * steps * 4;
  const panels = <usize>((min(n, BLOCK_N) + 7) & ~7) * steps * 4;
  return TILE_BYTES + groups + panels + <usize>k * 4;
}

/** c[n] += x · b[n], one row and one step of k. */
function sweepOnce(x: f32, b: usize, c: usize, rowBytes: usize): void {
  const v = f32x4.splat(x);
  let at: usize = 0;
  for (; at + 16 <= rowBytes; at += 16) v128.store(c + at, multiplyAdd(v, v128.load(b + at), v128.load(c + at)));
  for (; at < rowBytes; at += 4) store<f32>(c + at, load<f32>(c + at) + x * load<f32>(b + at));
}

/** c[n] += x0 · b[n] + x1 · b1[n] + x2 · b2[n] + x3 · b3[n]: one row and four steps of k. */
function sweepRow(a: usize, aColumn: usize, alpha: f32, b: usize, bRow: usize, c: usize, rowBytes: usize): void {
  const x0 = alpha * load<f32>(a);
  const x1 = alpha * load<f32>(a + aColumn);
  const x2 = alpha * load<f32>(a + aColumn * 2);
  const x3 = alpha * load<f32>(a + aColumn * 3);
  const v0 = f32x4.splat(x0);
  const v1 = f32x4.splat(x1);
  const v2 = f32x4.splat(x2);
  const v3 = f32x4.splat(x3);
  const b1 = b + bRow;
  const b2 = b1 + bRow;
  const b3 = b2 + bRow;
  let at: usize = 0;
  for (; at + 16 <= rowBytes; at += 16) {
    const low = f32x4.add(f32x4.mul(v0, v128.load(b + at)), f32x4.mul(v1, v128.load(b1 + at)));
    const high = f32x4.add(f32x4.mul(v2, v128.load(b2 + at)), f32x4.mul(v3, v128.load(b3 + at)));
    v128.store(c + at, f32x4.add(v128.load(c + at), f32x4.add(low, high)));
  }
  for (; at < rowBytes; at += 4) {
    const low = x0 * load<f32>(b + at) + x1 * load<f32>(b1 + at);
    const high = x2 * load<f32>(b2 + at) + x3 * load<f32>(b3 + at);
    store<f32>(c + at, load<f32>(c + at) + (low + high));
  }
}

/** `sweepRow` for the whole vectors of two rows at once: half as many loads. Returns the bytes done. */
// prettier-ignore
function sweepPair(a: usize, aRow: usize, aColumn: usize, alpha: f32, b: usize, bRow: usize, c: usize, cRow: usize, rowBytes: usize): usize {
  const by = f32x4.splat(alpha);
  const x0 = f32x4.mul(by, v128.load32_splat(a));
  const x1 = f32x4.mul(by, v128.load32_splat(a + aColumn));
  const x2 = f32x4.mul(by, v128.load32_splat(a + aColumn * 2));
  const x3 = f32x4.mul(by, v128.load32_splat(a + aColumn * 3));
  a += aRow;
  const y0 = f32x4.mul(by, v128.load32_splat(a));
  const y1 = f32x4.mul(by, v128.load32_splat(a + aColumn));
  const y2 = f32x4.mul(by, v128.load32_splat(a + aColumn * 2));
  const y3 = f32x4.mul(by, v128.load32_splat(a + aColumn * 3));
  const b1 = b + bRow;
  const b2 = b1 + bRow;
  const b3 = b2 + bRow;
  const d = c + cRow;
  const whole = rowBytes & ~15;
  for (let at: usize = 0; at < whole; at += 16) {
    const r0 = v128.load(b + at);
    const r1 = v128.load(b1 + at);
    const r2 = v128.load(b2 + at);
    const r3 = v128.load(b3 + at);
    // One sum after the other: with partial sums the registers would not suffice.
    let sum = multiplyAdd(x0, r0, v128.load(c + at));
    sum = multiplyAdd(x1, r1, sum);
    sum = multiplyAdd(x2, r2, sum);
    v128.store(c + at, multiplyAdd(x3, r3, sum));
    sum = multiplyAdd(y0, r0, v128.load(d + at));
    sum = multiplyAdd(y1, r1, sum);
    sum = multiplyAdd(y2, r2, sum);
    v128.store(d + at, multiplyAdd(y3, r3, sum));
  }
  return whole;
}

/** All rows of a block of columns, b's being adjacent: four steps of k at a time, which stay in L1 for all rows. */
function sweepColumns(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bias: usize,
  c: usize,
  cRow: usize,
  m: i32,
  k: i32,
  columns: i32,
  alpha: f32,
): void {
  const rowBytes = <usize>columns * 4;
  for (let i: i32 = 0; i < m; i++) memory.copy(c + <usize>i * cRow, bias, rowBytes);
  let p: i32 = 0;
  for (; p + 4 <= k; p += 4) {
    let i: i32 = 0;
    for (; i + 2 <= m; i += 2) {
      const from = a + <usize>i * aRow;
      const to = c + <usize>i * cRow;
      const done = sweepPair(from, aRow, aColumn, alpha, b, bRow, to, cRow, rowBytes);
      if (done < rowBytes) {
        sweepRow(from, aColumn, alpha, b + done, bRow, to + done, rowBytes - done);
        sweepRow(from + aRow, aColumn, alpha, b + done, bRow, to + cRow + done, rowBytes - done);
      }
    }
    if (i < m) sweepRow(a + <usize>i * aRow, aColumn, alpha, b, bRow, c + <usize>i * cRow, rowBytes);
    a += aColumn * 4;
    b += bRow * 4;
  }
  for (; p < k; p++) {
    for (let i: i32 = 0; i < m; i++) sweepOnce(alpha * load<f32>(a + <usize>i * aRow), b, c + <usize>i * cRow, rowBytes);
    a += aColumn;
    b += bRow;
  }
}

/** One row against columns whose elements are adjacent: c[j] = alpha · dot(a, column j) + bias[j], four j at once. */
function dotRow(a: usize, b: usize, bColumn: usize, bias: usize, c: usize, k: i32, n: i32, alpha: f32): void {
  const depth = <usize>k * 4;
  const whole = depth & ~15;
  for (let j: i32 = 0; j < n; j += 4) {
    const left = n - j;
    const b1 = left > 1 ? b + bColumn : b;
    const b2 = left > 2 ? b1 + bColumn : b;
    const b3 = left > 3 ? b2 + bColumn : b;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const x = v128.load(a + at);
      s0 = multiplyAdd(x, v128.load(b + at), s0);
      s1 = multiplyAdd(x, v128.load(b1 + at), s1);
      s2 = multiplyAdd(x, v128.load(b2 + at), s2);
      s3 = multiplyAdd(x, v128.load(b3 + at), s3);
    }
    // Lanes of the four sums, transposed and added: one sum per lane.
    const t0 = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
    const t1 = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
    let sums = f32x4.add(v128.shuffle<f64>(t0, t1, 0, 2), v128.shuffle<f64>(t0, t1, 1, 3));
    for (; at < depth; at += 4) {
      let column = f32x4.splat(load<f32>(b + at));
      column = f32x4.replace_lane(column, 1, load<f32>(b1 + at));
      column = f32x4.replace_lane(column, 2, load<f32>(b2 + at));
      column = f32x4.replace_lane(column, 3, load<f32>(b3 + at));
      sums = f32x4.add(sums, f32x4.mul(v128.load32_splat(a + at), column));
    }
    const result = f32x4.add(v128.load(bias), f32x4.mul(f32x4.splat(alpha), sums));
    if (left >= 4) v128.store(c, result);
    else {
      store<f32>(c, f32x4.extract_lane(result, 0));
      if (left > 1) store<f32>(c, f32x4.extract_lane(result, 1), 4);
      if (left > 2) store<f32>(c, f32x4.extract_lane(result, 2), 8);
    }
    b = b3 + bColumn;
    bias += 16;
    c += 16;
  }
}

/** All rows of a block of columns. `inPlace`: whole panels of b are read where they are, its columns being adjacent. */
function multiplyColumns(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  bias: usize,
  c: usize,
  cRow: usize,
  m: i32,
  k: i32,
  columns: i32,
  alpha: f32,
  inPlace: bool,
  workspace: usize,
): void {
  const tile = workspace;
  const panels = workspace + TILE_BYTES;
  const groups = panels + <usize>((columns + 7) & ~7) * <usize>min(k, BLOCK_K) * 4;
  const whole = inPlace ? columns & ~7 : 0;
  const rest = <usize>whole * 4;
  // The first block of k starts from the bias, the others from what c holds. With k = 0 the first block is empty.
  let p0: i32 = 0;
  do {
    const steps = min(BLOCK_K, k - p0);
    const bBlock = b + <usize>p0 * bRow;
    packPanels(bBlock + <usize>whole * bColumn, bRow, bColumn, steps, columns - whole, panels);
    for (let i0: i32 = 0; i0 < m; i0 += BLOCK_M) {
      const rows = min(BLOCK_M, m - i0);
      const group = <usize>steps * 16;
      packGroups(a + <usize>i0 * aRow + <usize>p0 * aColumn, aRow, aColumn, rows, steps, groups);
      const target = c + <usize>i0 * cRow;
      const start = p0 == 0 ? bias : target;
      const startRow = p0 == 0 ? <usize>0 : cRow;
      // prettier-ignore
      multiplyTiles(groups, 16, group, bBlock, bRow, 32, target, cRow, start, startRow, alpha, rows, steps, whole, tile);
      // prettier-ignore
      multiplyTiles(groups, 16, group, panels, 32, <usize>steps * 32, target + rest, cRow, start + rest, startRow, alpha, rows, steps, columns - whole, tile);
    }
    p0 += BLOCK_K;
  } while (p0 < k);
}

/**
 * @param a - [m, k], row and column strides aRow and aColumn
 * @param b - [k, n], row and column strides bRow and bColumn
 * @param bias - [n] and zeros up to the next multiple of 8
 * @param c - [m, n], dense, with room for 3 more floats; overwritten
 * @param activation - the number of a unary operation, or −1
 * @param workspace - matmulWorkspace(m, k, n) bytes
 */
export function matmul(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  bias: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  alpha: f32,
  activation: i32,
  workspace: usize,
): void {
  if (m == 1 && bRow == 4 && bColumn != 4) {
    let left = a;
    if (aColumn != 4) {
      left = workspace;
      for (let p: i32 = 0; p < k; p++) store<f32>(left + ((<usize>p) << 2), load<f32>(a + <usize>p * aColumn));
    }
    dotRow(left, b, bColumn, bias, c, k, n, alpha);
  } else {
    const sweeps = m <= SWEPT_ROWS && bColumn == 4;
    // A block of k rows of b in L1, and no gap of rows that share its sets: nothing to gain by packing.
    const inPlace = bColumn == 4 && bRow > 0 && <usize>min(k, BLOCK_K) * bRow <= IN_PLACE_BYTES;
    const cRow = <usize>n * 4;
    const width = sweeps ? SWEPT_COLUMNS : BLOCK_N;
    for (let n0: i32 = 0; n0 < n; n0 += width) {
      const at = <usize>n0 * 4;
      const columns = min(width, n - n0);
      const right = b + <usize>n0 * bColumn;
      // prettier-ignore
      if (sweeps) sweepColumns(a, aRow, aColumn, right, bRow, bias + at, c + at, cRow, m, k, columns, alpha);
      // prettier-ignore
      else multiplyColumns(a, aRow, aColumn, right, bRow, bColumn, bias + at, c + at, cRow, m, k, columns, alpha, inPlace, workspace);
    }
  }
  if (activation >= 0) unary(activation, c, c, m * n);
}
