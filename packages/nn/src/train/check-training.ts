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
}): void {
  checks.checkOptions("train", options, kinds, ["optimizer", "schedule", "steps", "seed", "forward"]);
  const { evaluation, checkpoints } = options;
  if (evaluation !== undefined) {
    checks.checkOptions("train: evaluation", evaluation, evaluationKinds, ["every", "accuracy"]);
  }
  checks.checkGiven("train: signal: aborted", options.signal?.aborted, checks.aFlag);
  if (checkpoints !== undefined) {
    checks.checkOptions("train: checkpoints", checkpoints, checkpointKinds, ["storage", "every"]);
  }
}

/** What a forward pass gives. */
export const aBatchResult: checks.Kind = {
  what: "{ loss, correct, counted, tokens }: a tensor and three numbers",
  fits: (value) => {
    if (typeof value !== "object" || value === null) return false;
    const { loss, correct, counted, tokens } = value as Readonly<Record<string, unknown>>;
    return checks.aTensor.fits(loss) && [correct, counted, tokens].every(Number.isFinite);
  },
};
