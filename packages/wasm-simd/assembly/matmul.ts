/**
 * Matrix product c[m, n] = activation(alpha · a[m, k] · b[k, n] + bias[n]). Blocks: k by 256 so that an 8-wide panel of
 * b (8 KB) stays in L1, m by 128 so that the rows of a (128 KB) and n by 512 so that the packed b (512 KB) stay in L2.
 * Pointers and strides are in bytes.
 */
import { unary } from "./elementwise";
import { multiplyTiles, packGroups, packPanels, TILE_BYTES } from "./tiles";

const BLOCK_K: i32 = 256;
const BLOCK_M: i32 = 128;
const BLOCK_N: i32 = 512;
/** With so few rows, reading b in place is cheaper than packing it. */
const UNPACKED_ROWS: i32 = 32;

/** Bytes that `matmul` needs as its workspace. */
export function matmulWorkspace(m: i32, k: i32, n: i32): usize {
  const steps = <usize>min(k, BLOCK_K);
  const groups = <usize>((min(m, BLOCK_M) + 3) & ~3) * steps * 4;
  const panels = <usize>((min(n, BLOCK_N) + 7) & ~7) * steps * 4;
  return TILE_BYTES + groups + panels + <usize>k * 4;
}

/** One row: c[n] = alpha · a[k] · b[k, n] + bias, four steps of k a sweep. b's columns are adjacent. */
function sweepRow(a: usize, b: usize, bRow: usize, bias: usize, c: usize, k: i32, n: i32, alpha: f32): void {
  const rowBytes = <usize>n * 4;
  const whole = rowBytes & ~15;
  memory.copy(c, bias, rowBytes);
  let p: i32 = 0;
  for (; p + 4 <= k; p += 4) {
    const x0 = alpha * load<f32>(a);
    const x1 = alpha * load<f32>(a, 4);
    const x2 = alpha * load<f32>(a, 8);
    const x3 = alpha * load<f32>(a, 12);
    const v0 = f32x4.splat(x0);
    const v1 = f32x4.splat(x1);
    const v2 = f32x4.splat(x2);
    const v3 = f32x4.splat(x3);
    const b1 = b + bRow;
    const b2 = b1 + bRow;
    const b3 = b2 + bRow;
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const low = f32x4.add(f32x4.mul(v0, v128.load(b + at)), f32x4.mul(v1, v128.load(b1 + at)));
      const high = f32x4.add(f32x4.mul(v2, v128.load(b2 + at)), f32x4.mul(v3, v128.load(b3 + at)));
      v128.store(c + at, f32x4.add(v128.load(c + at), f32x4.add(low, high)));
    }
    for (; at < rowBytes; at += 4) {
      const low = x0 * load<f32>(b + at) + x1 * load<f32>(b1 + at);
      const high = x2 * load<f32>(b2 + at) + x3 * load<f32>(b3 + at);
      store<f32>(c + at, load<f32>(c + at) + (low + high));
    }
    a += 16;
    b = b3 + bRow;
  }
  for (; p < k; p++) {
    const x = alpha * load<f32>(a);
    for (let at: usize = 0; at < rowBytes; at += 4) {
      store<f32>(c + at, load<f32>(c + at) + x * load<f32>(b + at));
    }
    a += 4;
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
      s0 = f32x4.add(s0, f32x4.mul(x, v128.load(b + at)));
      s1 = f32x4.add(s1, f32x4.mul(x, v128.load(b1 + at)));
      s2 = f32x4.add(s2, f32x4.mul(x, v128.load(b2 + at)));
      s3 = f32x4.add(s3, f32x4.mul(x, v128.load(b3 + at)));
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

/** All rows of a block of columns n0 to n1. */
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
  const packed = inPlace ? columns & ~7 : 0;
  // The first block of k starts from the bias, the others from what c holds. With k = 0 the first block is empty.
  let p0: i32 = 0;
  do {
    const steps = min(BLOCK_K, k - p0);
    const bBlock = b + <usize>p0 * bRow;
    packPanels(bBlock + <usize>packed * bColumn, bRow, bColumn, steps, columns - packed, panels);
    for (let i0: i32 = 0; i0 < m; i0 += BLOCK_M) {
      const rows = min(BLOCK_M, m - i0);
      let left = a + <usize>i0 * aRow + <usize>p0 * aColumn;
      let leftRow = aRow;
      let leftColumn = aColumn;
      let leftGroup = aRow * 4;
      if (aColumn != 4) {
        packGroups(left, aRow, aColumn, rows, steps, groups);
        left = groups;
        leftRow = 4;
        leftColumn = 16;
        leftGroup = <usize>steps * 16;
      }
      const target = c + <usize>i0 * cRow;
      const start = p0 == 0 ? bias : target;
      const startRow = p0 == 0 ? <usize>0 : cRow;
      // prettier-ignore
      if (inPlace) {
        multiplyTiles(left, leftRow, leftColumn, leftGroup, bBlock, bRow, 32, target, cRow, start, startRow, alpha, rows, steps, packed, tile);
      }
      // prettier-ignore
      multiplyTiles(left, leftRow, leftColumn, leftGroup, panels, 32, <usize>steps * 32, target + <usize>packed * 4, cRow, start + <usize>packed * 4, startRow, alpha, rows, steps, columns - packed, tile);
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
  if (m == 1 && (bColumn == 4 || bRow == 4)) {
    let left = a;
    if (aColumn != 4) {
      left = workspace;
      for (let p: i32 = 0; p < k; p++) store<f32>(left + ((<usize>p) << 2), load<f32>(a + <usize>p * aColumn));
    }
    if (bColumn == 4) sweepRow(left, b, bRow, bias, c, k, n, alpha);
    else dotRow(left, b, bColumn, bias, c, k, n, alpha);
  } else {
    const small = <usize>k * bRow <= 0x80000 && (bRow & 4095) != 0;
    const inPlace = bColumn == 4 && (m <= UNPACKED_ROWS || small);
    const cRow = <usize>n * 4;
    for (let n0: i32 = 0; n0 < n; n0 += BLOCK_N) {
      const at = <usize>n0 * 4;
      const columns = min(BLOCK_N, n - n0);
      // prettier-ignore
      multiplyColumns(a, aRow, aColumn, b + <usize>n0 * bColumn, bRow, bColumn, bias + at, c + at, cRow, m, k, columns, alpha, inPlace, workspace);
    }
  }
  if (activation >= 0) unary(activation, c, c, m * n);
}
