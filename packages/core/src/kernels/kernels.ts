/**
 * The seam between tensors and arithmetic: the interface that a backend implements. Contract of every kernel: inputs
 * are only read, `out` is written completely and never overlaps an input, arrays are dense and row-major unless a view
 * says otherwise, and the caller has checked all lengths. `referenceKernels` is the specification;
 * `@selectron/core/testing` holds every backend to it. `registry.ts` has the backend in use.
 */
import type {
  AttentionBackwardCall,
  AttentionCall,
  AttentionOverBackwardCall,
  AttentionOverCall,
} from "./attention.js";

import type { Lease } from "../lease.js";

export type * from "./attention.js";

/** Functions of one number. "gelu" is the tanh form, "geluExact" the definition x · Φ(x). */
export type UnaryOperation =
  "neg" | "exp" | "log" | "sqrt" | "abs" | "tanh" | "sigmoid" | "erf" | "relu" | "gelu" | "geluExact";
/** Activations that a matrix product can apply to its result. */
export type Activation = Extract<UnaryOperation, "relu" | "gelu" | "geluExact">;
/** Functions of two numbers. */
export type BinaryOperation = "add" | "sub" | "mul" | "div" | "pow";
/** What a row is reduced to. */
export type RowReduction = "sum" | "max" | "min";

/** A matrix inside a larger buffer: element (i, j) is `data[offset + i * rowStride + j * columnStride]`. */
export interface MatrixView {
  readonly data: Float32Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * `out[m, n] = activation(alpha · a[m, k] · b[k, n] + bias[n])`; alpha is 1, bias and activation absent by default. A
 * transpose is a stride.
 */
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
  readonly activation?: Activation | undefined;
}

/** From x [rows, columns] and the gradient of the result: the gradients of x, and of gain and bias [columns]. */
export interface LayerNormBackwardCall {
  readonly x: Float32Array;
  readonly gain?: Float32Array | undefined;
  readonly outGradient: Float32Array;
  /** Written: [rows, columns]. */
  readonly xGradient: Float32Array;
  /** Written: [columns] each. */
  readonly gainGradient: Float32Array;
  readonly biasGradient: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly epsilon: number;
}

/**
 * `losses[i] = −log softmax(logits[i])[targets[i]]`, and its gradient · scale. A target of −1 is left out: loss and
 * gradient 0. Other targets are 0 to columns − 1.
 */
export interface CrossEntropyCall {
  /** [rows, columns]. */
  readonly logits: Float32Array;
  /** [rows]. */
  readonly targets: Int32Array;
  /** Written: [rows]. */
  readonly losses: Float32Array;
  /** Written if given: [rows, columns], scale · (softmax − one-hot target). */
  readonly gradient?: Float32Array | undefined;
  readonly scale: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * One step of Adam (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1) with the decoupled weight decay of AdamW
 * (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2). All arrays are of one length.
 *
 * A gradient whose square · (1 − beta2) is more than float32 holds counts as the largest for which it is not, and a second moment stays at
 * the largest float32 number: a step is then at most learningRate / √(1 − beta2) long, the algorithm's own bound. A gradient
 * that is not finite makes NaN of both moments and of the parameter.
 */
export interface AdamCall {
  /** Changed in place, as are both moments, which start at 0. */
  readonly parameter: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly gradient: Float32Array;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 0 for plain Adam. */
  readonly weightDecay: number;
  /** 1 for the first step. */
  readonly step: number;
}

/** A backend. */
export interface Kernels {
  /** Shown in benchmarks and error messages. */
  readonly name: string;
  /**
   * Storage for a result, contents undefined. If absent, results are written to plain arrays. Inside `scope` it may be in memory that
   * is used again: it is lent, never from the first byte of a buffer, and the backend tells until when (`addLeaseFinder`).
   */
  allocate?(length: number): Float32Array;
  /**
   * Runs a function whose intermediate results may be kept in the backend's own memory, where kernels need not copy
   * them: through `runInScope`, which moves out what outlives the function.
   */
  scope?<T>(body: () => T): T;
  /**
   * Takes a copy of elements into the backend's own memory, where kernels need not copy them: for operands that are read again and again.
   * The copy stays as long as anything refers to the array that is returned. Undefined if there is no room.
   */
  adopt?(data: Float32Array, lease: Lease): Float32Array | undefined;
  matmul(call: MatmulCall): void;
  /** `out[i] = f(x[i])`. */
  unary(operation: UnaryOperation, x: Float32Array, out: Float32Array): void;
  /** `out[i] = gradient[i] · f′(x[i])`: the gradient of `unary`. */
  unaryBackward(operation: UnaryOperation, x: Float32Array, gradient: Float32Array, out: Float32Array): void;
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
  /** Gradients of `layerNormRows`. */
  layerNormRowsBackward(call: LayerNormBackwardCall): void;
  /** Each row of [rows, columns] reduced to one number; sums accumulate in float64. columns > 0 for max and min. */
  reduceRows(operation: RowReduction, x: Float32Array, out: Float32Array, rows: number, columns: number): void;
  /** The columns of [rows, columns] added up: out is [columns]. Sums accumulate in float64. */
  sumColumns(x: Float32Array, out: Float32Array, rows: number, columns: number): void;
  crossEntropyRows(call: CrossEntropyCall): void;
  attention(call: AttentionCall): void;
  /** Gradients of `attention`, from what the forward pass left in `out` and `logSumExp`. */
  attentionBackward(call: AttentionBackwardCall): void;
  /** Attention of each query to the keys that are listed for it. */
  attentionOver(call: AttentionOverCall): void;
  /** Gradients of `attentionOver`, from what the forward pass left in `weights`. */
  attentionOverBackward(call: AttentionOverBackwardCall): void;
  adamStep(call: AdamCall): void;
  /** `out[i, :] = table[indices[i], :]`, rows of `width`. */
  gatherRows(table: Float32Array, indices: Int32Array, out: Float32Array, width: number): void;
  /** `table[indices[i], :] += rows[i, :]`, in the order of i: the gradient of gatherRows. Other rows stay. */
  scatterAddRows(rows: Float32Array, indices: Int32Array, table: Float32Array, width: number): void;
}
