/** What the options of a training must be. */
import { checks } from "@selectron/core";
import { aLimit } from "../checks.js";

const functions = checks.aFunction();

const kinds = {
  optimizer: checks.anObjectWith("an optimiser, such as new Adam(model.parameters())", "step", "parameters", "state"),
  schedule: checks.aFunction("a function of the step, such as constant(0.001)"),
  steps: checks.anInteger(0),
  seed: checks.anInteger(Number.MIN_SAFE_INTEGER),
  forward: checks.aFunction("a function of an Rng and the step that gives { loss, correct, counted, tokens }"),
  shards: checks.aFunction("a function of the step that gives what shardGradients does, for each shard"),
  accumulate: checks.anInteger(1, 1_000_000),
  clip: aLimit,
  evaluation: checks.anObject("an object with every and accuracy"),
  checkpoints: checks.anObject("an object with storage and every"),
  description: checks.aText,
  signal: checks.anObjectWith("the signal of an AbortController", "aborted"),
  started: functions,
  onStep: functions,
};

const evaluationKinds = {
  every: checks.anInteger(1),
  accuracy: checks.aFunction("a function that gives a number from 0 to 1"),
  enough: checks.notNaN,
  patience: aLimit,
};

const checkpointKinds = {
  storage: checks.anObjectWith("an object with names, read, write and remove", "names", "read", "write", "remove"),
  every: checks.anInteger(1),
  keep: checks.anInteger(1),
  refused: functions,
};

/** Throws a TypeError or a RangeError that names the option that does not fit. */
export function checkTraining(options: {
  readonly evaluation?: unknown;
  readonly checkpoints?: unknown;
  readonly signal?: { readonly aborted: boolean } | undefined;
  readonly forward?: unknown;
  readonly shards?: unknown;
  readonly accumulate?: unknown;
}): void {
  checks.checkOptions("train", options, kinds, ["optimizer", "schedule", "steps", "seed"]);
  if (options.shards === undefined) checks.check("train: forward", options.forward, kinds.forward);
  const other = (["forward", "accumulate"] as const).find((name) => options[name] !== undefined);
  if (options.shards !== undefined && other !== undefined) {
    throw new TypeError(`train: ${other} and shards are both given; shards are all of a step. Leave one of them out.`);
  }
  const { evaluation, checkpoints } = options;
  if (evaluation !== undefined) {
    checks.checkOptions("train: evaluation", evaluation, evaluationKinds, ["every", "accuracy"]);
  }
  checks.checkGiven("train: signal: aborted", options.signal?.aborted, checks.aFlag);
  if (checkpoints !== undefined) {
    checks.checkOptions("train: checkpoints", checkpoints, checkpointKinds, ["storage", "every"]);
  }
}
