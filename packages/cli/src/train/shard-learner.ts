/** A thread of a training: it makes the learner that the command has made, and answers with the gradients of shards. */
import { elementsOf } from "@selectron/core";
import type { Context } from "../context.js";
import { useFastKernels } from "../files/model-file.js";
import type { ProgramFlags } from "./flags.js";
import type { Learner } from "./learner.js";
import { programLearner } from "./program.js";
import { sequenceLearner } from "./sequence-task.js";
import { gradientsOf, type ShardAnswer, type ShardOrder, type ShardSetup } from "./shared-training.js";
import { taskNamed } from "./tasks.js";

/** Sets up a thread. @throws as the command does */
export async function shardLearner(
  context: Context,
  { what, flags, seed, weights, gradients }: ShardSetup,
): Promise<(order: ShardOrder) => ShardAnswer> {
  await useFastKernels();
  const learner = learnerOf(context, what, flags as ProgramFlags);
  let weightsOf = 0;
  return (order) => {
    if (weightsOf !== order.step) takeWeights(learner, weights);
    weightsOf = order.step;
    const { loss, correct, counted, tokens, without } = gradientsOf(learner, seed, order, gradients[order.index]!);
    return { loss, correct, counted, tokens, without };
  };
}

function learnerOf(context: Context, what: string, flags: ProgramFlags): Learner<unknown> {
  const task = taskNamed(what);
  return task ? sequenceLearner(task, flags) : programLearner(context, what, flags);
}

function takeWeights({ parameters }: Learner<unknown>, weights: Float32Array): void {
  let at = 0;
  for (const parameter of parameters.values()) {
    elementsOf(parameter).set(weights.subarray(at, (at += parameter.size)));
  }
}
