/** The training loop: draw a batch, run forward and backward, step, evaluate, log and save, until a reason to end. */
import { checks, keep, noGrad, Rng, scope } from "@selectron/core";
import type { TrainingState } from "./checkpoint.js";
import { aBatchResult, type BatchResult } from "./batch-result.js";
import { checkTraining } from "./check-training.js";
import { newestState, saveCheckpoint, type CheckpointOptions } from "./checkpoints.js";
import { clipGradients, scaleGradients } from "./gradients.js";
import { checkFinite } from "./non-finite.js";
import { zeroGrad, type Optimizer } from "./optimizers.js";
import type { Schedule } from "./schedules.js";
import { addShards, someShards, type ShardGradients } from "./shards.js";

/** What is logged of a step. */
export interface StepRecord {
  /** From 1. */
  readonly step: number;
  readonly loss: number;
  /** Share of right answers, 0 to 1. */
  readonly accuracy: number;
  readonly learningRate: number;
  /** Norm of all gradients, before clipping. */
  readonly gradientNorm: number;
  readonly tokens: number;
  /** Accuracy of the evaluation after this step, if there was one. */
  readonly evaluation?: number;
}

/** When and how a training is evaluated, and when an evaluation ends it. */
export interface EvaluationOptions {
  /** Steps from one evaluation to the next. */
  readonly every: number;
  /** Accuracy, 0 to 1, on data that is not trained on. Runs without a tape. */
  readonly accuracy: () => number;
  /** The training ends when an evaluation reaches this. */
  readonly enough?: number | undefined;
  /** The training ends after this many evaluations without a new best. */
  readonly patience?: number | undefined;
}

/** Options of `train`, of which either `forward` or `shards` must be there. */
export interface TrainOptions {
  /** Of the parameters to train, which must have `requiresGrad`. */
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly seed: number;
  /**
   * Draws a batch and runs the forward pass on it. All randomness must come from `rng`, which depends only on the seed,
   * the step (from 1) and the number of the batch in the step.
   */
  readonly forward?: ((rng: Rng, step: number) => BatchResult) | undefined;
  /**
   * In place of `forward`: the gradients of a step (from 1), shard by shard, each as `shardGradients` gives it, wherever it is computed. They are
   * added up in this order, so that the bits depend on how a batch is cut into shards, and not on how many threads share them.
   */
  readonly shards?: ((step: number) => readonly ShardGradients[] | Promise<readonly ShardGradients[]>) | undefined;
  /** Batches per step, their gradients averaged; 1 by default. */
  readonly accumulate?: number | undefined;
  /** The largest norm of all gradients together; none by default. */
  readonly clip?: number | undefined;
  readonly evaluation?: EvaluationOptions | undefined;
  readonly checkpoints?: CheckpointOptions | undefined;
  /** The training in one line, for its checkpoints. */
  readonly description?: string | undefined;
  /**
   * The training ends after the step in which this becomes aborted, with a checkpoint: the `signal` of an
   * AbortController.
   */
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** Called with the step that the training resumes after; 0 if it starts anew. */
  readonly started?: ((step: number) => void) | undefined;
  /** Called after every step; the loop awaits its result. */
  readonly onStep?: ((record: StepRecord) => void | Promise<void>) | undefined;
}

/** How a training ended. */
export interface TrainingEnd {
  /** Steps done, those before a resume included. */
  readonly steps: number;
  /** All steps done, an accuracy that is enough, no new best for too long, or aborted. */
  readonly why: "steps" | "enough" | "patience" | "aborted";
  /** The best accuracy of all evaluations, 0 to 1; 0 if there was none. */
  readonly bestAccuracy: number;
}

/** Odd constants that spread small integers over 32 bits. */
const [SPREAD_STEP, SPREAD_BATCH] = [0x9e3779b1, 0x85ebca6b];

/** The random stream of one batch of one step. */
export function batchRng(seed: number, step: number, batch: number): Rng {
  checks.check("batchRng: step", step, checks.anInteger(0));
  checks.check("batchRng: batch", batch, checks.anInteger(0));
  return new Rng(new Rng(seed).next() ^ Math.imul(step, SPREAD_STEP) ^ Math.imul(batch + 1, SPREAD_BATCH));
}

/**
 * Trains, resuming from the newest sound checkpoint if there is one. A training that was interrupted and resumed ends
 * with the same bits as one that was not.
 *
 * @throws NonFiniteError if the loss or a gradient is not finite
 * @throws CheckpointError if the checkpoints belong to another training, or none of them can be used
 */
export async function train(options: TrainOptions): Promise<TrainingEnd> {
  checkTraining(options);
  const { optimizer, steps, checkpoints, evaluation, description = "", onStep } = options;
  const begin: TrainingState = { step: 0, description, bestAccuracy: 0, evaluationsSince: 0 };
  let state = (checkpoints && newestState(checkpoints, optimizer, description, steps)) ?? begin;
  options.started?.(state.step);
  let why = reasonToEnd(state, options);
  while (!why) {
    const step = state.step + 1;
    const shards = await options.shards?.(step);
    const record = scope(() => trainStep(step, options, shards));
    const isEvaluated = evaluation && (step % evaluation.every === 0 || step === steps);
    const accuracy = isEvaluated ? accuracyAfter(step, evaluation) : undefined;
    state = { ...state, step, ...(accuracy === undefined ? {} : judged(state, accuracy)) };
    // Logged before the checkpoint is saved, so that the log has all steps that a checkpoint does.
    await onStep?.(accuracy === undefined ? record : { ...record, evaluation: accuracy });
    why = reasonToEnd(state, options);
    if (checkpoints && (step % checkpoints.every === 0 || why)) saveCheckpoint(checkpoints, optimizer, state);
  }
  return { steps: state.step, why, bestAccuracy: state.bestAccuracy };
}

/** The accuracy of an evaluation. Throws unless it is a number: none is better than NaN. */
function accuracyAfter(step: number, evaluation: EvaluationOptions): number {
  const accuracy: unknown = scope(() => noGrad(evaluation.accuracy));
  checks.check(`train: evaluation: accuracy after step ${step}`, accuracy, checks.aFinite);
  return accuracy as number;
}

const judged = (state: TrainingState, accuracy: number): Pick<TrainingState, "bestAccuracy" | "evaluationsSince"> =>
  accuracy > state.bestAccuracy
    ? { bestAccuracy: accuracy, evaluationsSince: 0 }
    : { bestAccuracy: state.bestAccuracy, evaluationsSince: state.evaluationsSince + 1 };

function reasonToEnd(state: TrainingState, options: TrainOptions): TrainingEnd["why"] | undefined {
  const { steps, evaluation, signal } = options;
  const { enough = Infinity, patience = Infinity } = evaluation ?? {};
  if (state.bestAccuracy >= enough) return "enough";
  if (state.evaluationsSince >= patience) return "patience";
  if (state.step >= steps) return "steps";
  return signal?.aborted ? "aborted" : undefined;
}

/** One step of the optimiser. @param shards - of the batch, where it was cut */
function trainStep(step: number, options: TrainOptions, shards: readonly ShardGradients[] | undefined): StepRecord {
  const { optimizer, schedule, clip = Infinity } = options;
  const { parameters } = optimizer;
  try {
    if (options.shards) checks.check("train: the result of shards", shards, someShards);
    const { loss, correct, counted, tokens } = shards ? addShards(parameters, shards) : passes(step, options);
    const gradientNorm = clipGradients(parameters, clip);
    checkFinite(step, gradientNorm, parameters);
    const learningRate = schedule(step);
    optimizer.step(learningRate, step);
    return { step, loss, accuracy: correct / Math.max(1, counted), learningRate, gradientNorm, tokens };
  } finally {
    zeroGrad(parameters);
  }
}

/** Forward and backward on the batches of a step. */
function passes(
  step: number,
  { optimizer: { parameters }, seed, forward, accumulate = 1 }: TrainOptions,
): Omit<BatchResult, "loss"> & { readonly loss: number } {
  let [loss, correct, counted, tokens] = [0, 0, 0, 0];
  for (let batch = 0; batch < accumulate; batch++) {
    // Kept: the caller may do so too, and the step ends with its scope.
    const result = keep(checks.checkSynchronous("train: forward", forward!(batchRng(seed, step, batch), step)));
    checks.check("train: the result of forward", result, aBatchResult);
    checkFinite(step, result.loss, parameters);
    result.loss.backward();
    loss += result.loss.item() / accumulate;
    correct += result.correct;
    counted += result.counted;
    tokens += result.tokens;
  }
  if (accumulate > 1) scaleGradients(parameters, 1 / accumulate);
  return { loss, correct, counted, tokens };
}
