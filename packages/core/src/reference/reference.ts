/**
 * The specification of `Kernels` in plain JavaScript: every sum accumulates in float64 and rounds to float32 once, when
 * it is stored.
 */
import type { BinaryOperation, Kernels, RowReduction, UnaryOperation } from "../kernels/kernels.js";
import { referenceAttention, referenceAttentionBackward } from "./attention.js";
import { referenceAttentionOver, referenceAttentionOverBackward } from "./attention-over.js";
import { referenceMatmul } from "./matmul.js";
import {
  referenceAdamStep,
  referenceCrossEntropyRows,
  referenceGatherRows,
  referenceLayerNormRowsBackward,
  referenceScatterAddRows,
} from "./training.js";
import { binaryFunctions, unaryFunctions, unarySlopes } from "./scalar-functions.js";

function unary(operation: UnaryOperation, x: Float32Array, out: Float32Array): void {
  const apply = unaryFunctions[operation];
  for (let i = 0; i < x.length; i++) out[i] = apply(x[i]!);
}

function unaryBackward(operation: UnaryOperation, x: Float32Array, gradient: Float32Array, out: Float32Array): void {
  const slope = unarySlopes[operation];
  for (let i = 0; i < x.length; i++) out[i] = gradient[i]! * slope(x[i]!);
}

function binary(operation: BinaryOperation, a: Float32Array, b: Float32Array, out: Float32Array): void {
  const apply = binaryFunctions[operation];
  for (let i = 0; i < a.length; i++) out[i] = apply(a[i]!, b[i]!);
}

/** The largest element of a row, NaN if there is one: what softmax subtracts. */
function rowMaximum(x: Float32Array, start: number, columns: number): number {
  let maximum = -Infinity;
  for (let j = start; j < start + columns; j++) maximum = Math.max(maximum, x[j]!);
  return maximum;
}

function exponentialSum(x: Float32Array, start: number, columns: number, maximum: number): number {
  let sum = 0;
  for (let j = start; j < start + columns; j++) sum += Math.exp(x[j]! - maximum);
  return sum;
}

function softmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
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

function logSoftmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
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

function layerNormRows(
  x: Float32Array,
  gain: Float32Array | undefined,
  bias: Float32Array | undefined,
  out: Float32Array,
  rows: number,
  columns: number,
  epsilon: number,
): void {
  for (let start = 0; start < rows * columns; start += columns) {
    let mean = 0;
    for (let j = 0; j < columns; j++) mean += x[start + j]!;
    mean /= columns;
    let variance = 0;
    for (let j = 0; j < columns; j++) variance += (x[start + j]! - mean) ** 2;
    const scale = 1 / Math.sqrt(variance / columns + epsilon);
    for (let j = 0; j < columns; j++) {
      out[start + j] = (x[start + j]! - mean) * scale * (gain?.[j] ?? 1) + (bias?.[j] ?? 0);
    }
  }
}

function reduceRows(operation: RowReduction, x: Float32Array, out: Float32Array, rows: number, columns: number): void {
  const fold = { sum: (a: number, b: number) => a + b, max: Math.max, min: Math.min }[operation];
  const initial = { sum: 0, max: -Infinity, min: Infinity }[operation];
  for (let i = 0; i < rows; i++) {
    let result = initial;
    for (let j = i * columns; j < (i + 1) * columns; j++) result = fold(result, x[j]!);
    out[i] = result;
  }
}

function sumColumns(x: Float32Array, out: Float32Array, rows: number, columns: number): void {
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) sums[j]! += x[i * columns + j]!;
  out.set(sums);
}

/** Plain JavaScript kernels: the specification, and the default everywhere. */
export const referenceKernels: Kernels = {
  name: "reference",
  matmul: referenceMatmul,
  unary,
  unaryBackward,
  binary,
  softmaxRows,
  logSoftmaxRows,
  layerNormRows,
  layerNormRowsBackward: referenceLayerNormRowsBackward,
  reduceRows,
  sumColumns,
  crossEntropyRows: referenceCrossEntropyRows,
  attention: referenceAttention,
  attentionBackward: referenceAttentionBackward,
  attentionOver: referenceAttentionOver,
  attentionOverBackward: referenceAttentionOverBackward,
  adamStep: referenceAdamStep,
  gatherRows: referenceGatherRows,
  scatterAddRows: referenceScatterAddRows,
};
