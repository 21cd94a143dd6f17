/**
 * Learning rates over the steps of a training, which are counted from 1. They avoid cosines and powers, which engines
 * round differently, so that a seed gives the same training everywhere.
 */

import { checks } from "@selectron/core";

/** The learning rate of a step. */
export type Schedule = (step: number) => number;

/** The form of most schedules: a linear rise from 0 to the peak, then a descent that ends with the last step. */
export interface WarmUpOptions {
  /** The highest rate. */
  readonly peak: number;
  /** Steps until it is reached; 0 by default. */
  readonly warmup?: number | undefined;
  /** Steps of the whole training. */
  readonly steps: number;
  /** The rate at the last step and after it; 0 by default. */
  readonly floor?: number | undefined;
}

/** One rate throughout. */
export function constant(rate: number): Schedule {
  checks.check("constant: rate", rate, checks.aFinite);
  return () => rate;
}

const aStep = checks.anInteger(1);
const warmUpKinds = {
  peak: checks.aFinite,
  warmup: checks.anAmount,
  steps: checks.anAmount,
  floor: checks.aFinite,
};

/** Along `shape`, which falls from 1 to 0 as the share of the descent that is done goes from 0 to 1. */
function descending(options: WarmUpOptions, shape: (done: number) => number): Schedule {
  checks.checkOptions("schedule", options, warmUpKinds, ["peak", "steps"]);
  const { peak, warmup = 0, steps, floor = 0 } = options;
  if (!(warmup >= 0 && warmup <= steps)) {
    throw new RangeError(`schedule: a warm-up of ${warmup} steps does not fit into ${steps}.`);
  }
  return (step) => {
    checks.check("schedule: step", step, aStep);
    if (step < warmup) return (peak * step) / warmup;
    const done = steps === warmup ? 1 : Math.min(1, (step - warmup) / (steps - warmup));
    return floor + (peak - floor) * shape(done);
  };
}

/** Straight down. Throws a RangeError if the warm-up is longer than the training. */
export const linear = (options: WarmUpOptions): Schedule => descending(options, (done) => 1 - done);

/**
 * Half a cosine wave down (Loshchilov & Hutter 2017, arXiv 1608.03983, equation 5). Throws a RangeError as `linear`
 * does.
 */
export const cosine = (options: WarmUpOptions): Schedule =>
  descending(options, (done) => {
    const height = sine((Math.PI / 2) * (1 - done));
    return height * height;
  });

/** sin x for 0 ≤ x ≤ π/2, by Taylor's series up to x²³. (1 + cos πd) / 2 is the square of sin(π(1 − d) / 2). */
function sine(x: number): number {
  let sum = 1;
  for (let n = 22; n >= 2; n -= 2) sum = 1 - (sum * x * x) / (n * (n + 1));
  return x * sum;
}

/**
 * factor · dModel^−0.5 · min(step^−0.5, step · warmup^−1.5): the rate of Vaswani et al. 2017, equation 3, highest at
 * step `warmup`.
 */
export function noam(options: {
  readonly dModel: number;
  readonly warmup: number;
  readonly factor?: number | undefined;
}): Schedule {
  checks.checkOptions("noam", options, noamKinds, ["dModel", "warmup"]);
  const { dModel, warmup, factor = 1 } = options;
  return (step) => {
    checks.check("noam: step", step, aStep);
    return (factor / Math.sqrt(dModel)) * Math.min(1 / Math.sqrt(step), step / (warmup * Math.sqrt(warmup)));
  };
}

const noamKinds = { dModel: checks.anInteger(1), warmup: checks.anAmount, factor: checks.aFinite };
