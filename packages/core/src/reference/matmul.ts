/**
 * The matrix product in plain JavaScript, accumulating in float64 and rounding once, in three ways. Fewer than four
 * rows read the right matrix in place. A right matrix that is mostly zeros, like the weights of compiled models, is
 * multiplied through a list of its nonzero elements. Any other product uses 4 × 4 tiles of accumulators that stay in
 * registers.
 */
import type { MatmulCall, MatrixView } from "../kernels/kernels.js";
import { unaryFunctions } from "./scalar-functions.js";

/** Rows and columns of a tile of accumulators. */
const TILE = 4;

/** The right matrix is multiplied through a list if at most this share of its elements is not 0. */
const SPARSE_SHARE = 0.25;

/** Number of elements that are not 0, or NaN if one is not finite: zeros cannot be skipped then, as 0 · ∞ is NaN. */
function countNonZero({ data, offset, rowStride, columnStride }: MatrixView, rows: number, columns: number): number {
  let count = 0;
  let nothing = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0, at = offset + i * rowStride; j < columns; j++, at += columnStride) {
      const value = data[at]!;
      nothing += value * 0;
      if (value !== 0) count++;
    }
  }
  return count + nothing;
}

/** The product through compressed rows of b, which has `count` elements that are not 0. Both operands are finite. */
function sparseMatmul({ a, b, out, m, k, n, alpha = 1, bias }: MatmulCall, count: number): void {
  const rowEnds = new Int32Array(k);
  const columns = new Int32Array(count);
  const values = new Float64Array(count);
  let listed = 0;
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) {
      const value = b.data[b.offset + p * b.rowStride + j * b.columnStride]!;
      if (value === 0) continue;
      columns[listed] = j;
      values[listed++] = value;
    }
    rowEnds[p] = listed;
  }
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    let entry = 0;
    for (let p = 0, at = a.offset + i * a.rowStride; p < k; p++, at += a.columnStride) {
      const end = rowEnds[p]!;
      const weight = a.data[at]!;
      if (weight === 0) entry = end;
      else for (; entry < end; entry++) sums[columns[entry]!]! += weight * values[entry]!;
    }
    for (let j = 0; j < n; j++) out[i * n + j] = alpha * sums[j]! + (bias ? bias[j]! : 0);
  }
}

/** The product row by row of a, without packing b: four rows of b at a time are added to the sums. */
function fewRowsMatmul({ a, b, out, m, k, n, alpha = 1, bias }: MatmulCall): void {
  const right = b.data;
  const step = b.columnStride;
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    const left = (p: number): number => a.data[a.offset + i * a.rowStride + p * a.columnStride]!;
    const row = (p: number): number => b.offset + p * b.rowStride;
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const [x0, x1, x2, x3] = [left(p), left(p + 1), left(p + 2), left(p + 3)];
      let [at0, at1, at2, at3] = [row(p), row(p + 1), row(p + 2), row(p + 3)];
      for (let j = 0; j < n; j++) {
        sums[j] = sums[j]! + x0 * right[at0]! + x1 * right[at1]! + x2 * right[at2]! + x3 * right[at3]!;
        at0 += step;
        at1 += step;
        at2 += step;
        at3 += step;
      }
    }
    for (; p < k; p++) for (let j = 0, x = left(p), at = row(p); j < n; j++, at += step) sums[j]! += x * right[at]!;
    for (let j = 0; j < n; j++) out[i * n + j] = alpha * sums[j]! + (bias ? bias[j]! : 0);
  }
}

/**
 * The product by tiles: four columns of b at a time, packed as [k, 4], times four rows of a. The last row is repeated
 * past the end of a, and columns past the end of b are zeros; those results are dropped.
 */
function denseMatmul({ a, b, out, m, k, n, alpha = 1, bias }: MatmulCall): void {
  const panel = new Float64Array(k * TILE);
  const tile = new Float64Array(TILE * TILE);
  const left = a.data;
  const step = a.columnStride;
  const rowStart = (i: number): number => a.offset + Math.min(i, m - 1) * a.rowStride;
  for (let j = 0; j < n; j += TILE) {
    const width = Math.min(TILE, n - j);
    if (width < TILE) panel.fill(0);
    for (let p = 0; p < k; p++) {
      const start = b.offset + p * b.rowStride + j * b.columnStride;
      for (let c = 0; c < width; c++) panel[p * TILE + c] = b.data[start + c * b.columnStride]!;
    }
    for (let i = 0; i < m; i += TILE) {
      let at0 = rowStart(i);
      let at1 = rowStart(i + 1);
      let at2 = rowStart(i + 2);
      let at3 = rowStart(i + 3);
      // Separate declarations: V8 does not always keep destructured ones in registers.
      // prettier-ignore
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      // prettier-ignore
      let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
      for (let p = 0; p < k * TILE; p += TILE) {
        const b0 = panel[p]!;
        const b1 = panel[p + 1]!;
        const b2 = panel[p + 2]!;
        const b3 = panel[p + 3]!;
        const a0 = left[at0]!;
        const a1 = left[at1]!;
        const a2 = left[at2]!;
        const a3 = left[at3]!;
        // prettier-ignore
        {
          s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3;
          s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3;
          s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3;
          s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3;
          at0 += step; at1 += step; at2 += step; at3 += step;
        }
      }
      tile.set([s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33]);
      for (let r = 0; r < Math.min(TILE, m - i); r++) {
        const row = (i + r) * n + j;
        for (let c = 0; c < width; c++) out[row + c] = alpha * tile[r * TILE + c]! + (bias ? bias[j + c]! : 0);
      }
    }
  }
}

function product(call: MatmulCall): void {
  const { a, b, m, k, n } = call;
  if (m < TILE) return fewRowsMatmul(call);
  const count = countNonZero(b, k, n);
  const sparse = count <= SPARSE_SHARE * k * n && Number.isFinite(countNonZero(a, m, k));
  if (sparse) sparseMatmul(call, count);
  else denseMatmul(call);
}

/** `Kernels.matmul`, the specification. */
export function referenceMatmul(call: MatmulCall): void {
  product(call);
  if (!call.activation) return;
  const activate = unaryFunctions[call.activation];
  for (let i = 0; i < call.m * call.n; i++) call.out[i] = activate(call.out[i]!);
}
