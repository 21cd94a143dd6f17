/**
 * The specification of `Kernels` in plain JavaScript: every sum accumulates in float64 and rounds to float32 once, when
 * it is stored.
 */
import type { Kernels } from "../kernels/kernels.js";
import { referenceAttention, referenceAttentionBackward } from "./attention.js";
import { referenceAttentionOver, referenceAttentionOverBackward } from "./attention-over.js";
import { binary, unary, unaryBackward } from "./elementwise.js";
import { referenceMatmul } from "./matmul.js";
import { layerNormRows, logSoftmaxRows, reduceRows, softmaxRows, sumColumns } from "./rows.js";
import {
  referenceAdamStep,
  referenceCrossEntropyRows,
  referenceGatherRows,
  referenceLayerNormRowsBackward,
  referenceScatterAddRows,
} from "./training.js";

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
