/** The public surface of training. */
export type { BatchResult } from "./batch-result.js";
export { CheckpointError, type CheckpointStorage, type TrainingState } from "./checkpoint.js";
export type { CheckpointOptions } from "./checkpoints.js";
export { clipGradients, gradientNorm, scaleGradients } from "./gradients.js";
export { lossCurve } from "./loss-curve.js";
export { attentionLoss, binaryCrossEntropy } from "./losses.js";
export { NonFiniteError } from "./non-finite.js";
export {
  Adam,
  AdamW,
  SGD,
  zeroGrad,
  type AdamOptions,
  type AdamWOptions,
  type Optimizer,
  type Parameters,
  type SgdOptions,
} from "./optimizers.js";
export { shardGradients, type ShardGradients, type ShardOptions } from "./shards.js";
export { constant, cosine, linear, noam, type Schedule, type WarmUpOptions } from "./schedules.js";
export {
  batchRng,
  train,
  type EvaluationOptions,
  type StepRecord,
  type TrainingEnd,
  type TrainOptions,
} from "./train.js";
export { LossScaler, roundHalf, type HalfFormat, type LossScalerOptions } from "./mixed-precision.js";
