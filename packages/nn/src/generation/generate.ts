/**
 * Generation: the best token each time (the default), a drawn one (with an Rng, temperature, topK or topP), or the best
 * of several sequences (beams), which can be combined. The same seed gives the same tokens. Nothing is recorded for
 * gradients.
 */
import { noGrad, Rng } from "@selectron/core";
import { checkInteger } from "../checks.js";
import { beamSearch, type Generated } from "./beam.js";
import { uncached, type Forward, type Generative } from "./generative.js";
import { best, checkSampling, distribution, draw, logProbabilities, type SamplingOptions } from "./sampling.js";

/** Options of generation. */
export interface GenerateOptions extends SamplingOptions {
  /** The maximum number of tokens; 100 by default. Generation also ends at the model's maximum length. */
  readonly maxTokens?: number | undefined;
  /** Ids that end a sequence. */
  readonly stop?: readonly number[] | undefined;
  /** Draws the tokens; `new Rng(0)` by default if temperature, topK or topP is given. */
  readonly rng?: Rng | undefined;
  /** Sequences that are extended side by side; 1 by default. */
  readonly beams?: number | undefined;
  /** Exponent that favours longer sequences among beams; 0 by default. */
  readonly lengthPenalty?: number | undefined;
}

/** A generated token. */
export interface GeneratedToken {
  readonly token: number;
  /** The model's log-probability of it, before temperature, topK and topP. */
  readonly logProbability: number;
}

/** A model, or just its forward pass. */
export type LanguageModel = Generative | Forward;

/** Checks options and completes them for a model and a prompt. */
function resolve(model: LanguageModel, prompt: readonly number[], options: GenerateOptions) {
  checkSampling(options);
  const { maxTokens = 100, beams = 1, lengthPenalty = 0, temperature, topK, topP } = options;
  checkInteger("generate: maxTokens", maxTokens, 0);
  checkInteger("generate: beams", beams, 1);
  if (prompt.length === 0) {
    throw new RangeError("generate: the prompt is empty; begin with a token, such as the start token.");
  }
  const generative = typeof model === "function" ? uncached(model) : model;
  const room = Math.max(0, (generative.maxLength ?? Infinity) - prompt.length + 1);
  const isDrawn = (temperature ?? topK ?? topP) !== undefined;
  return {
    decoding: generative.begin(),
    temperature,
    topK,
    topP,
    beams,
    lengthPenalty,
    maxTokens: Math.min(maxTokens, room),
    stop: new Set(options.stop),
    rng: options.rng ?? (isDrawn ? new Rng(0) : undefined),
  };
}

/**
 * Continues a prompt.
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

/**
 * As `generate`, yielding one token at a time, without the stop token. Not with beams, which are known only at the end.
 */
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
 * @param options - `pause` is awaited after each token; by default pending microtasks run
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

/** Yields one token after another, a stop token last. */
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
