/**
 * Generation: the best token each time (the default), a drawn one (with an Rng, temperature, topK or topP), or the best
 * of several sequences (beams), which can be combined. The same seed gives the same tokens. Nothing is recorded for
 * gradients.
 */
import { checks, noGrad, Rng } from "@selectron/core";
import { checkInteger, ContextError, plainList } from "../checks.js";
import { beamSearch, type Ended, type Generated } from "./beam.js";
import { uncached, type Forward, type Generative } from "./generative.js";
import {
  best,
  checkSampling,
  distribution,
  draw,
  logProbabilityOf,
  samplingKinds,
  type SamplingOptions,
} from "./sampling.js";

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

const someIds: checks.Kind = {
  what: "an array of ids",
  fits: (value) => checks.numbers.fits(value) && Array.from(value as ArrayLike<unknown>).every(Number.isInteger),
};

const optionKinds = {
  ...samplingKinds,
  maxTokens: checks.aNumber,
  stop: someIds,
  rng: checks.anRng,
  beams: checks.anInteger(1),
  lengthPenalty: checks.aFinite,
  pause: checks.aFunction(),
};

const aModel = checks.either(
  checks.aFunction("a forward pass"),
  checks.anObjectWith("a model with begin(), such as a TransformerDecoder or a Gpt2", "begin"),
);

/** Checks options and completes them for a model and a prompt. */
function resolve(model: LanguageModel, given: readonly number[], options: GenerateOptions) {
  checks.check("generate: model", model, aModel);
  const prompt = plainList("generate: prompt", given);
  checks.checkOptions("generate", options, optionKinds);
  checkSampling(options);
  const { maxTokens = 100, beams = 1, lengthPenalty = 0, temperature, topK, topP } = options;
  checkInteger("generate: maxTokens", maxTokens, 0);
  checkInteger("generate: beams", beams, 1);
  if (prompt.length === 0) {
    throw new RangeError("generate: the prompt is empty; begin with a token, such as the start token.");
  }
  const generative = typeof model === "function" ? uncached(model) : model;
  const { maxLength = Infinity } = generative;
  if (prompt.length > maxLength) {
    throw new ContextError(
      `generate: the prompt has ${prompt.length} tokens, more than the ${maxLength} of the model's context; shorten it.`,
    );
  }
  const room = maxLength - prompt.length + 1;
  const isDrawn = (temperature ?? topK ?? topP) !== undefined;
  return {
    prompt,
    decoding: generative.begin(),
    temperature,
    topK,
    topP,
    beams,
    lengthPenalty,
    maxTokens: Math.min(maxTokens, room),
    cutBy: (room < maxTokens ? "context" : "length") as Ended,
    stop: new Set(options.stop),
    rng: options.rng ?? (isDrawn ? new Rng(0) : undefined),
  };
}

/**
 * Continues a prompt. A context that is full ends it as `ended` tells; what was written is returned.
 *
 * @param prompt - one id or more
 * @throws RangeError if an option is out of range, or the prompt is empty or longer than the model's context
 */
export function generate(model: LanguageModel, prompt: readonly number[], options: GenerateOptions = {}): Generated {
  const resolved = resolve(model, prompt, options);
  if (resolved.beams > 1) return generateBeams(model, prompt, options)[0]!;
  const tokens: number[] = [];
  let logProbability = 0;
  const written = steps(resolved);
  for (;;) {
    const { done, value } = written.next();
    if (done) return { tokens, logProbability, ended: value };
    logProbability += value.logProbability;
    if (!resolved.stop.has(value.token)) tokens.push(value.token);
  }
}

/** The best sequences of a beam search, best first: as many as there are beams, or fewer if fewer exist. */
export function generateBeams(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions = {},
): Generated[] {
  return noGrad(() => {
    const resolved = resolve(model, prompt, options);
    return beamSearch(resolved.decoding, resolved.prompt, resolved);
  });
}

/**
 * As `generate`, yielding one token at a time, without the stop token, and returning why it ended. Not with beams, which are
 * known only at the end.
 *
 * @throws RangeError with beams, or where the prompt or an option does not fit the model
 */
export function* stream(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions = {},
): Generator<GeneratedToken, Ended, undefined> {
  const resolved = resolve(model, prompt, options);
  if (resolved.beams > 1) {
    throw new RangeError("stream: beams are known only when all are finished; use generate, or stream without beams.");
  }
  const written = steps(resolved);
  for (;;) {
    const { done, value } = written.next();
    if (done) return value;
    if (!resolved.stop.has(value.token)) yield value;
  }
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
): AsyncGenerator<GeneratedToken, Ended, undefined> {
  const written = stream(model, prompt, options);
  for (;;) {
    const { done, value } = written.next();
    if (done) return value;
    yield value;
    await (options.pause ?? (() => Promise.resolve()))();
  }
}

/** Yields one token after another, a stop token last; returns why it ended. */
function* steps(resolved: ReturnType<typeof resolve>): Generator<GeneratedToken, Ended, undefined> {
  const { decoding, prompt, maxTokens, cutBy, stop, rng, temperature, topK, topP } = resolved;
  let next: readonly number[] = prompt;
  for (let count = 0; count < maxTokens; count++) {
    let logits: Float32Array;
    try {
      logits = noGrad(() => decoding.advance([next])).data;
    } catch (error) {
      // A model that is given as a function does not say how long its context is.
      if (count > 0 && error instanceof ContextError) return "context";
      throw error;
    }
    const token = rng ? draw(distribution(logits, { temperature, topK, topP }), rng) : best(logits);
    yield { token, logProbability: logProbabilityOf(logits, token) };
    if (stop.has(token)) return "stop";
    next = [token];
  }
  return cutBy;
}
