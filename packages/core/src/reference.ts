/**
 * The specification of `Kernels` in plain JavaScript: every sum accumulates in float64 and rounds to float32 once, when
 * it is stored. Clarity first, but the matrix product skips zeros, since the weights and activations of compiled models
 * are almost entirely zero.
 */
import type { BinaryOperation, Kernels, MatmulCall, MatrixView, UnaryOperation } from "./kernels.js";

const unaryFunctions: Record<UnaryOperation, (x: number) => number> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  relu: (x) => Math.max(x, 0),
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

/** b[k, n] with adjacent columns: itself where it already has them, otherwise a dense copy. */
function withAdjacentColumns(b: MatrixView, k: number, n: number): MatrixView {
  if (b.columnStride === 1) return b;
  const data = new Float32Array(k * n);
  for (let p = 0; p < k; p++) {
    const start = b.offset + p * b.rowStride;
    for (let j = 0; j < n; j++) data[p * n + j] = b.data[start + j * b.columnStride]!;
  }
  return { data, offset: 0, rowStride: n, columnStride: 1 };
}

function isFinite(b: MatrixView, k: number, n: number): boolean {
  for (let p = 0; p < k; p++) {
    const start = b.offset + p * b.rowStride;
    for (let j = 0; j < n; j++) if (!Number.isFinite(b.data[start + j])) return false;
  }
  return true;
}

/**
 * Row by row: the non-zero entries of a's row are listed, then the rows of b that they select are summed, four at a
 * time so that the accumulator is read and written once per four. Zeros may be skipped only if b is finite: 0 · ∞ is NaN.
 */
function matmul({ a, b, out, m, k, n, alpha = 1, bias }: MatmulCall): void {
  const { data, offset, rowStride } = withAdjacentColumns(b, k, n);
  const skipZeros = isFinite({ data, offset, rowStride, columnStride: 1 }, k, n);
  const starts = new Int32Array(k);
  const weights = new Float64Array(k);
  const sums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    let count = 0;
    for (let p = 0, at = a.offset + i * a.rowStride; p < k; p++, at += a.columnStride) {
      const weight = a.data[at]!;
      if (weight === 0 && skipZeros) continue;
      starts[count] = offset + p * rowStride;
      weights[count++] = weight;
    }
    sums.fill(0);
    let term = 0;
    for (; term + 4 <= count; term += 4) {
      const [w0, w1, w2, w3] = [weights[term]!, weights[term + 1]!, weights[term + 2]!, weights[term + 3]!];
      const [b0, b1, b2, b3] = [starts[term]!, starts[term + 1]!, starts[term + 2]!, starts[term + 3]!];
      for (let j = 0; j < n; j++) {
        sums[j]! += w0 * data[b0 + j]! + w1 * data[b1 + j]! + w2 * data[b2 + j]! + w3 * data[b3 + j]!;
      }
    }
    for (; term < count; term++) {
      const weight = weights[term]!;
      const start = starts[term]!;
      for (let j = 0; j < n; j++) sums[j]! += weight * data[start + j]!;
    }
    const row = i * n;
    if (bias) for (let j = 0; j < n; j++) out[row + j] = alpha * sums[j]! + bias[j]!;
    else for (let j = 0; j < n; j++) out[row + j] = alpha * sums[j]!;
  }
}

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
  matmul,
  unary,
  binary,
  softmaxRows,
  logSoftmaxRows,
  layerNormRows,
};
