/**
 * The specification of `Kernels` in plain JavaScript: every sum accumulates in float64 and rounds to float32 once, when
 * it is stored.
 */
import type { BinaryOperation, Kernels, UnaryOperation } from "./kernels.js";
import { referenceMatmul } from "./reference-matmul.js";

const unaryFunctions: Record<UnaryOperation, (x: number) => number> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  relu: (x) => (x < 0 ? 0 : x),
  // The tanh form of Hendrycks & Gimpel 2016 (arXiv 1606.08415, section 2), which GPT-2 uses.
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
};

const binaryFunctions: Record<BinaryOperation, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: Math.pow,
};

function unary(operation: UnaryOperation, x: Float32Array, out: Float32Array): void {
  const apply = unaryFunctions[operation];
  for (let i = 0; i < x.length; i++) out[i] = apply(x[i]!);
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

/** Plain JavaScript kernels: the specification, and the default everywhere. */
export const referenceKernels: Kernels = {
  name: "reference",
  matmul: referenceMatmul,
  unary,
  binary,
  softmaxRows,
  logSoftmaxRows,
  layerNormRows,
};
