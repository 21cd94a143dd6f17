/** Softmax, layer norm and reductions of rows: the specification of these kernels. Sums accumulate in float64. */
import type { Kernels, RowReduction } from "../kernels/kernels.js";

/** The largest element of a row, or NaN if it has one: what softmax subtracts. */
export function rowMaximum(x: Float32Array, start: number, columns: number): number {
  let maximum = -Infinity;
  for (let j = start; j < start + columns; j++) maximum = Math.max(maximum, x[j]!);
  return maximum;
}

/** Σ exp(x − maximum) over a row. */
export function exponentialSum(x: Float32Array, start: number, columns: number, maximum: number): number {
  let sum = 0;
  for (let j = start; j < start + columns; j++) sum += Math.exp(x[j]! - maximum);
  return sum;
}

export function softmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
  for (let start = 0; start < rows * columns; start += columns) {
    const maximum = rowMaximum(x, start, columns);
    if (maximum === -Infinity) {
      out.fill(0, start, start + columns);
      continue;
    }
    const sum = exponentialSum(x, start, columns, maximum);
    for (let j = start; j < start + columns; j++) out[j] = Math.exp(x[j]! - maximum) / sum;
  }
}

export function logSoftmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
  for (let start = 0; start < rows * columns; start += columns) {
    const maximum = rowMaximum(x, start, columns);
    if (maximum === -Infinity) {
      out.fill(-Infinity, start, start + columns);
      continue;
    }
    const logSum = Math.log(exponentialSum(x, start, columns, maximum));
    for (let j = start; j < start + columns; j++) out[j] = x[j]! - maximum - logSum;
  }
}

/** The moments of a row: its mean is near + rest, and scale is 1 / √(variance + epsilon). */
export interface Moments {
  readonly near: number;
  readonly rest: number;
  readonly scale: number;
}

/**
 * Measures a row. float64 adds up a row exactly if its elements have one sign and are within a factor of two; otherwise they are so
 * far apart that the rounding does not show. What would show is the rounding of a large mean beside a small spread, so
 * that the mean is kept in two parts: differences from the first are exact, or large beside the second.
 */
export function normalisation(x: Float32Array, start: number, columns: number, epsilon: number): Moments {
  let total = 0;
  for (let j = start; j < start + columns; j++) total += x[j]!;
  const near = total / columns;
  let sum = 0;
  let squares = 0;
  for (let j = start; j < start + columns; j++) {
    const distance = x[j]! - near;
    sum += distance;
    squares += distance * distance;
  }
  const rest = sum / columns;
  return { near, rest, scale: 1 / Math.sqrt(squares / columns - rest * rest + epsilon) };
}

export const layerNormRows: Kernels["layerNormRows"] = (x, gain, bias, out, rows, columns, epsilon) => {
  for (let start = 0; start < rows * columns; start += columns) {
    const { near, rest, scale } = normalisation(x, start, columns, epsilon);
    for (let j = 0; j < columns; j++) {
      const normalised = (x[start + j]! - near - rest) * scale;
      // Stored before the bias is added, so that a product which float32 cannot hold is the same in every backend.
      out[start + j] = normalised * (gain?.[j] ?? 1);
      if (bias) out[start + j]! += bias[j]!;
    }
  }
};

export function reduceRows(
  operation: RowReduction,
  x: Float32Array,
  out: Float32Array,
  rows: number,
  columns: number,
): void {
  const fold = { sum: (a: number, b: number) => a + b, max: Math.max, min: Math.min }[operation];
  const initial = { sum: 0, max: -Infinity, min: Infinity }[operation];
  for (let i = 0; i < rows; i++) {
    let result = initial;
    for (let j = i * columns; j < (i + 1) * columns; j++) result = fold(result, x[j]!);
    out[i] = result;
  }
}

export function sumColumns(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) sums[j]! += x[i * columns + j]!;
  out.set(sums);
}
