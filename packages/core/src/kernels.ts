/**
 * The seam between tensors and arithmetic. A backend implements `Kernels`; `setKernels` registers it once, at the leaf of
 * an application. Contract of every kernel: inputs are read only, `out` is written completely and never overlaps an
 * input, arrays are dense row-major unless a `MatrixView` says otherwise, lengths have been checked by the caller.
 * `referenceKernels` is the specification; `@selectron/core/testing` holds every backend to it.
 */
import { referenceKernels } from "./reference.js";

export type UnaryOperation = "neg" | "exp" | "log" | "sqrt" | "abs" | "tanh" | "sigmoid" | "relu" | "gelu";
export type BinaryOperation = "add" | "sub" | "mul" | "div" | "pow";

/** A matrix inside a larger buffer: element (i, j) is `data[offset + i * rowStride + j * columnStride]`. */
export interface MatrixView {
  readonly data: Float32Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** `out[m, n] = alpha · a[m, k] · b[k, n] + bias[n]`; alpha is 1 and bias absent by default. A transpose is a stride. */
export interface MatmulCall {
  readonly a: MatrixView;
  readonly b: MatrixView;
  /** Dense [m, n]. */
  readonly out: Float32Array;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly alpha?: number | undefined;
  /** [n], added to every row. */
  readonly bias?: Float32Array | undefined;
}

/** A backend. */
export interface Kernels {
  /** Shown in benchmarks and error messages. */
  readonly name: string;
  matmul(call: MatmulCall): void;
  /** `out[i] = f(x[i])`. */
  unary(operation: UnaryOperation, x: Float32Array, out: Float32Array): void;
  /** `out[i] = f(a[i], b[i])`; all three of one length. */
  binary(operation: BinaryOperation, a: Float32Array, b: Float32Array, out: Float32Array): void;
  /** Softmax of each row of [rows, columns], maximum subtracted first. A row of only −∞ becomes all 0. */
  softmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void;
  /** Logarithm of the softmax of each row. A row of only −∞ stays −∞. */
  logSoftmaxRows(x: Float32Array, out: Float32Array, rows: number, columns: number): void;
  /** Each row shifted to mean 0, scaled to variance 1 (biased, plus epsilon), then · gain[columns] + bias[columns]. */
  layerNormRows(
    x: Float32Array,
    gain: Float32Array | undefined,
    bias: Float32Array | undefined,
    out: Float32Array,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
}

let current: Kernels = referenceKernels;

/** Makes a backend the one that all tensor operations use from now on. */
export function setKernels(kernels: Kernels): void {
  current = kernels;
}

/** The backend in use; `referenceKernels` until `setKernels` is called. */
export function getKernels(): Kernels {
  return current;
}
