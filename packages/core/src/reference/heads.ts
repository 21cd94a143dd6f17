/** Arithmetic on the rows of heads that both kinds of attention need. */
import type { HeadsView } from "../kernels/kernels.js";

/** Index of the first element of row i of a head. */
export const rowStart = (view: HeadsView, b: number, h: number, i: number): number =>
  view.offset + b * view.batchStride + h * view.headStride + i * view.rowStride;

/** Σ a[aStart + c] · b[bStart + c] over c < length, in float64. */
export function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, length: number): number {
  let sum = 0;
  for (let c = 0; c < length; c++) sum += a[aStart + c]! * b[bStart + c]!;
  return sum;
}

/** to[start + c] += factor · x[xStart + c] for c < length. */
export function addScaled(
  to: Float64Array,
  start: number,
  factor: number,
  x: Float32Array,
  xStart: number,
  length: number,
): void {
  for (let c = 0; c < length; c++) to[start + c]! += factor * x[xStart + c]!;
}

/** Writes dense float64 rows [rows, width] to one head of a view. */
export function writeRows(
  view: HeadsView,
  b: number,
  h: number,
  rows: number,
  width: number,
  values: Float64Array,
): void {
  for (let i = 0; i < rows; i++) {
    view.data.set(values.subarray(i * width, (i + 1) * width), rowStart(view, b, h, i));
  }
}
