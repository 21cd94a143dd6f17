/**
 * The specification of `Kernels` in plain JavaScript: every sum accumulates in float64 and rounds to float32 once, when
 * it is stored.
 */
import type { BinaryOperation, Kernels, UnaryOperation } from "../kernels/kernels.js";
import { referenceAttention, referenceAttentionBackward } from "./attention.js";
import { referenceAttentionOver, referenceAttentionOverBackward } from "./attention-over.js";
import { referenceMatmul } from "./matmul.js";
import { layerNormRows, logSoftmaxRows, reduceRows, softmaxRows, sumColumns } from "./rows.js";
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
