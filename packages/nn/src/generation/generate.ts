/**
 * Generation: the best token each time (the default), a drawn one (with an Rng, temperature, topK or topP), or the best of
 * several sequences (beams), in any combination. The same seed gives the same tokens. Nothing is recorded for gradients.
 */
import { noGrad, Rng } from "@selectron/core";
import { checkInteger } from "../checks.js";
import { beamSearch, type Generated } from "./beam.js";
import { uncached, type Forward, type Generative } from "./generative.js";
import { best, checkSampling, distribution, draw, logProbabilities, type SamplingOptions } from "./sampling.js";

export interface GenerateOptions extends SamplingOptions {
  /** Most tokens to write; 100 by default. Generation also ends at the model's maximum length. */
  readonly maxTokens?: number | undefined;
  /** Ids that end a sequence. */
  readonly stop?: readonly number[] | undefined;
  /** Draws tokens; `new Rng(0)` if there is a temperature, topK or topP. */
  readonly rng?: Rng | undefined;
  /** Sequences that go on side by side; 1 by default. */
  readonly beams?: number | undefined;
  /** Exponent that favours longer sequences among beams; 0 by default. */
  readonly lengthPenalty?: number | undefined;
}

/** A token as it is written. */
export interface GeneratedToken {
  readonly token: number;
  /** What the model gave it. */
  readonly logProbability: number;
}

/** A model, or just its forward pass. */
export type LanguageModel = Generative | Forward;

/** What options mean for a model and a prompt. */
function resolve(model: LanguageModel, prompt: readonly number[], options: GenerateOptions) {
  checkSampling(options);
  const { maxTokens = 100, beams = 1, lengthPenalty = 0, temperature, topK, topP } = options;
  checkInteger("generate: maxTokens", maxTokens, 0);
  checkInteger("generate: beams", beams, 1);
  if (prompt.length === 0) {
    throw new RangeError("generate: the prompt is empty; begin with a token, such as the one for the beginning.");
  }
  const generative = typeof model === "function" ? uncached(model) : model;
  const room = Math.max(0, (generative.maxLength ?? Infinity) - prompt.length + 1);
  const draws = options.rng ?? (temperature ?? topK ?? topP) !== undefined;
  return {
    decoding: generative.begin(),
    temperature,
    topK,
    topP,
    beams,
    lengthPenalty,
    maxTokens: Math.min(maxTokens, room),
    stop: new Set(options.stop),
    rng: draws === false ? undefined : (options.rng ?? new Rng(0)),
  };
}

/**
 * Writes what comes after a prompt.
 *
 * @param prompt - one id or more
 * @throws RangeError if an option is out of range or the prompt is empty
 */
export function generate(model: LanguageModel, prompt: readonly number[], options: GenerateOptions = {}): Generated {
  if ((options.beams ?? 1) > 1) return generateBeams(model, prompt, options)[0]!;
  const tokens: GeneratedToken[] = [];
  let ended: Generated["ended"] = "length";
  let logProbability = 0;
  for (const written of steps(model, prompt, options)) {
    logProbability += written.logProbability;
    if (options.stop?.includes(written.token)) ended = "stop";
    else tokens.push(written);
  }
  return { tokens: tokens.map(({ token }) => token), logProbability, ended };
}

/** The best sequences of a beam search, best first: as many as there are beams, or fewer if fewer exist. */
export function generateBeams(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions = {},
): Generated[] {
  return noGrad(() => {
    const resolved = resolve(model, prompt, options);
    return beamSearch(resolved.decoding, prompt, resolved);
  });
}

/** As `generate`, one token at a time as they are written, without the stop token. Beams are known only at the end. */
export function* stream(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions = {},
): Generator<GeneratedToken, void, undefined> {
  if ((options.beams ?? 1) > 1) {
    throw new RangeError("stream: beams are known only when all are finished; use generate, or stream without beams.");
  }
  for (const written of steps(model, prompt, options)) if (!options.stop?.includes(written.token)) yield written;
}

/**
 * As `stream`, pausing after each token, so that a page can draw or a server can send.
 *
 * @param options - `pause` is what to wait for; by default what is waiting already goes first
 */
export async function* streamAsync(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions & { readonly pause?: () => Promise<unknown> } = {},
): AsyncGenerator<GeneratedToken, void, undefined> {
  const { pause = () => Promise.resolve() } = options;
  for (const written of stream(model, prompt, options)) {
    yield written;
    await pause();
  }
}

/** One token after the other, a stop token as the last. */
function* steps(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions,
): Generator<GeneratedToken, void, undefined> {
  const { decoding, maxTokens, stop, rng, ...sampling } = resolve(model, prompt, options);
  let next: readonly number[] = prompt;
  for (let count = 0; count < maxTokens; count++) {
    const logits = noGrad(() => decoding.advance([next])).data;
    const token = rng ? draw(distribution(logits, sampling), rng) : best(logits);
    yield { token, logProbability: logProbabilities(logits)[token]! };
    if (stop.has(token)) return;
    next = [token];
  }
}
