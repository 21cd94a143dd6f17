/**
 * Beam search: the `beams` most probable prefixes are extended side by side. Sequences are ranked by their
 * log-probability divided by ((5 + tokens) / 6)^lengthPenalty (Wu et al. 2016, arXiv 1609.08144, equation 14).
 */
import type { Rng, Tensor } from "@selectron/core";
import { ContextError } from "../checks.js";
import type { Decoding } from "./generative.js";
import { distribution, drawDistinct, logProbabilities, ranked, type SamplingOptions } from "./sampling.js";

/** A generated sequence. */
export interface Generated {
  /** Without the prompt, and without the token that ended it. */
  readonly tokens: readonly number[];
  /** Sum of the model's log-probabilities of the tokens, the stop token included. */
  readonly logProbability: number;
  readonly ended: Ended;
}

/** Why a sequence ended: a stop token, the most tokens that were asked for, or the model's context, which is full. */
export type Ended = "stop" | "length" | "context";

/** Options of `beamSearch`. */
export interface BeamOptions extends SamplingOptions {
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly maxTokens: number;
  /** Why sequences of the most tokens end. */
  readonly cutBy: Ended;
  readonly stop: ReadonlySet<number>;
  /** If given, each beam is extended by tokens drawn without replacement rather than by its best. */
  readonly rng: Rng | undefined;
}

interface Beam {
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** One extension of a beam. */
interface Step {
  /** Index of the beam. */
  readonly beam: number;
  readonly token: number;
  readonly logProbability: number;
}

/** A log-probability under the length penalty. */
const penalised = (logProbability: number, length: number, penalty: number): number =>
  logProbability / ((5 + length) / 6) ** penalty;

/** The sequences that beam search finds after a prompt, best first: at most `beams`. */
export function beamSearch(start: Decoding, prompt: readonly number[], options: BeamOptions): Generated[] {
  const { beams, lengthPenalty, maxTokens, stop } = options;
  let { cutBy } = options;
  const score = ({ tokens, logProbability, ended }: Generated): number =>
    penalised(logProbability, tokens.length + (ended === "stop" ? 1 : 0), lengthPenalty);
  const finished: Generated[] = [];
  let live: Beam[] = [{ tokens: [], logProbability: 0 }];
  let decoding = start;
  let logits = maxTokens > 0 ? decoding.advance([prompt]) : undefined;
  for (let length = 0; length < maxTokens && live.length > 0 && logits; length++) {
    const next: Step[] = [];
    for (const step of stepsOf(live, logits, options)) {
      if (next.length === beams) break;
      const { token, logProbability } = step;
      if (!stop.has(token)) next.push(step);
      else finished.push({ tokens: live[step.beam]!.tokens, logProbability, ended: "stop" });
    }
    live = next.map(({ beam, token, logProbability }) => ({ tokens: [...live[beam]!.tokens, token], logProbability }));
    if (!couldStillWin(live, finished.map(score), options) || length === maxTokens - 1) break;
    decoding = decoding.reordered(next.map(({ beam }) => beam));
    try {
      logits = decoding.advance(next.map(({ token }) => [token]));
    } catch (error) {
      if (!(error instanceof ContextError)) throw error;
      // A model that is given as a function does not say how long its context is.
      cutBy = "context";
      break;
    }
  }
  const cut = live.map(({ tokens, logProbability }): Generated => ({ tokens, logProbability, ended: cutBy }));
  const complete = cut.filter(({ tokens }) => tokens.length === maxTokens || cutBy === "context");
  return [...finished, ...complete].sort((a, b) => score(b) - score(a)).slice(0, beams);
}

/** All extensions that the beams propose, the most probable first. */
function stepsOf(live: readonly Beam[], logits: Tensor, options: BeamOptions): Step[] {
  const steps = live.flatMap((own, beam) => {
    const proposed = continuations(logits.slice(beam, beam + 1).data, options);
    return proposed.map((step) => ({
      beam,
      token: step.token,
      logProbability: own.logProbability + step.logProbability,
    }));
  });
  return steps.sort((a, b) => b.logProbability - a.logProbability);
}

/** The extensions of one beam: enough to fill all beams even if every stop token is among them. */
function continuations(logits: Float32Array, options: BeamOptions): { token: number; logProbability: number }[] {
  const { beams, stop, rng, temperature, topK, topP } = options;
  const logProbability = logProbabilities(logits);
  const count = beams + stop.size;
  const tokens = rng
    ? drawDistinct(distribution(logits, { temperature, topK, topP }), count, rng)
    : ranked(logProbability).slice(0, count);
  return tokens.map((token) => ({ token, logProbability: logProbability[token]! }));
}

/** Whether a live beam can still be among the best: its log-probability only falls, and its length is limited. */
function couldStillWin(live: readonly Beam[], scores: readonly number[], options: BeamOptions): boolean {
  const { beams, maxTokens, lengthPenalty } = options;
  if (live.length === 0) return false;
  if (scores.length < beams) return true;
  const worstKept = [...scores].sort((a, b) => b - a)[beams - 1]!;
  const lengths = [live[0]!.tokens.length + 1, maxTokens];
  return live.some(({ logProbability }) =>
    lengths.some((length) => penalised(logProbability, length, lengthPenalty) > worstKept),
  );
}
