/**
 * Sampling of the next token. A distribution is shaped in this order, each step applied to the normalised result of the
 * one before: temperature, the k most probable (Fan et al. 2018, arXiv 1805.04833), the nucleus (Holtzman et al. 2019,
 * arXiv 1904.09751).
 */
import { checks, type Rng } from "@selectron/core";
import { checkInteger } from "../checks.js";

/** How a distribution is shaped before a token is drawn. */
export interface SamplingOptions {
  /** Logits are divided by it: below 1 sharpens the distribution, above 1 flattens it. 1 by default. */
  readonly temperature?: number | undefined;
  /** Keeps this many of the most probable tokens; all by default. */
  readonly topK?: number | undefined;
  /** Keeps the fewest of the most probable tokens whose probabilities reach this sum; all by default. */
  readonly topP?: number | undefined;
}

export const samplingKinds = { temperature: checks.aNumber, topK: checks.aNumber, topP: checks.aNumber };

/** Throws a RangeError if a value is out of range. */
export function checkSampling({ temperature, topK, topP }: SamplingOptions): void {
  checks.checkGiven("generate: temperature", temperature, checks.aNumber);
  checks.checkGiven("generate: topP", topP, checks.aNumber);
  if (temperature !== undefined && !(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(
      `generate: temperature is ${temperature}; it must be positive. Leave it out for the best token.`,
    );
  }
  if (topK !== undefined) checkInteger("generate: topK", topK, 1);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) {
    throw new RangeError(`generate: topP is ${topP}; it must be more than 0 and at most 1.`);
  }
}

/** Ids of the most probable first; equal ones by id. */
export const ranked = (scores: ArrayLike<number>): number[] =>
  Array.from(scores, (_, id) => id).sort((a, b) => scores[b]! - scores[a]! || a - b);

/** The most probable id, the first of equal ones. */
export function best(scores: ArrayLike<number>): number {
  let most = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id]! > scores[most]!) most = id;
  return most;
}

/** The largest logit. Throws a RangeError for logits that are no distribution: with NaN or +∞, or all −∞. */
function largest(logits: ArrayLike<number>): number {
  let most = -Infinity;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (typeof logit !== "number") checks.check(`logits: that of token ${id}`, logit, checks.aNumber);
    if (Number.isNaN(logit) || logit === Infinity) {
      throw new RangeError(`generate: the logit of token ${id} is ${logit}. Are the model's weights finite?`);
    }
    most = Math.max(most, logit);
  }
  if (most === -Infinity) {
    throw new RangeError("generate: every logit is -Infinity; at least one token must be possible.");
  }
  return most;
}

/** The largest logit, and the logarithm of the sum of the others' shares of it. Throws as `largest`. */
function normaliser(logits: ArrayLike<number>): { readonly most: number; readonly total: number } {
  const most = largest(logits);
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id]! - most);
  return { most, total: Math.log(sum) };
}

/** Logarithm of the softmax, in float64. Throws a RangeError for logits that are no distribution. */
export function logProbabilities(logits: ArrayLike<number>): Float64Array {
  const { most, total } = normaliser(logits);
  const result = new Float64Array(logits.length);
  // The largest first, beside which the logarithm may be too small to be added.
  for (let id = 0; id < result.length; id++) result[id] = logits[id]! - most - total;
  return result;
}

/** `logProbabilities(logits)[token]`, and no others. */
export function logProbabilityOf(logits: ArrayLike<number>, token: number): number {
  const { most, total } = normaliser(logits);
  return logits[token]! - most - total;
}

/** Probabilities of the tokens that the options keep, which sum to 1; 0 for the others. Throws a RangeError as `logProbabilities`. */
export function distribution(logits: ArrayLike<number>, options: SamplingOptions): Float64Array {
  checks.check("distribution: logits", logits, checks.numbers);
  checks.checkOptions("distribution", options, samplingKinds);
  checkSampling(options);
  const { temperature = 1, topK = logits.length, topP = 1 } = options;
  // The largest is subtracted first: a low temperature would take logits to infinity.
  const most = largest(logits);
  const tempered = Float64Array.from(logits, (logit) => (logit - most) / temperature);
  const probabilities = logProbabilities(tempered).map(Math.exp);
  if (topK >= logits.length && topP === 1) return probabilities;
  const order = ranked(probabilities).slice(0, topK);
  const kept = order.reduce((sum, id) => sum + probabilities[id]!, 0);
  let reached = 0;
  const nucleus = order.filter((id) => {
    const missing = reached < topP * kept;
    reached += probabilities[id]!;
    return missing;
  });
  const total = nucleus.reduce((sum, id) => sum + probabilities[id]!, 0);
  const result = new Float64Array(logits.length);
  for (const id of nucleus) result[id] = probabilities[id]! / total;
  return result;
}

/** An id drawn with these probabilities. */
export function draw(probabilities: Float64Array, rng: Rng): number {
  let left = rng.float() * probabilities.reduce((sum, p) => sum + p, 0);
  let last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue;
    last = id;
    left -= probabilities[id]!;
    if (left < 0) return id;
  }
  return last; // rounding left a remainder
}

/** Up to `count` different ids, drawn one after the other; fewer if fewer are possible. */
export function drawDistinct(probabilities: Float64Array, count: number, rng: Rng): number[] {
  const left = probabilities.slice();
  const ids: number[] = [];
  while (ids.length < count && left.some((p) => p > 0)) {
    const id = draw(left, rng);
    left[id] = 0;
    ids.push(id);
  }
  return ids;
}
