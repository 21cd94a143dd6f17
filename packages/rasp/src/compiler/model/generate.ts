/**
 * Text from a causal model: its value at the last position is the next token. The model answers with values of the program, and nn's
 * generation works on token ids: this translates between them. A value that is no token of the vocabulary ends the text.
 */
import { checks, tensor, type Tensor } from "@selectron/core";
import { cached, generate, type Ended, type GenerateOptions, type Generative } from "@selectron/nn";
import { plainAtom, type Plain } from "../../language/atom/plain.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import { classOf, widthOf, type Decoding } from "../plan/ir/decoding.js";
import type { Runnable } from "./runnable.js";

/** What a causal model wrote. */
export interface Written {
  /** What follows the prompt. */
  readonly tokens: Plain[];
  /** A value that is no token ended it, or it reached the most tokens, or the model's maximum length. */
  readonly ended: Ended;
}

/** Scores beside logits: of a token that the model never answers, and of the class that is nearest to a numerical output. */
const NEVER = -Infinity;
const CHOSEN = 0;

/** @throws RangeError where the model is not causal, or an option is out of range; ModelInputError on a prompt that it does not take */
export function generateFrom(compiled: Runnable, prompt: Input, options: Omit<GenerateOptions, "stop">): Written {
  checks.check("generate: options", options, checks.anObject("an object with maxTokens, beams and others"));
  if ("stop" in options) {
    throw new TypeError("generate: stop is not asked for; a value that is no token ends the text.");
  }
  if (!compiled.causal) {
    throw new RangeError(
      `"${compiled.card.name}" was not compiled as a decoder; compile it with causal: true to generate`,
    );
  }
  const ids = compiled.encode(inputElements(prompt));
  if (ids.length === 1) {
    throw new RangeError("the prompt is empty; a program has no value before the first token, so give one");
  }
  const { model, end } = languageModel(compiled);
  const { tokens, ended } = generate(model, ids, { ...options, stop: [end] });
  return { tokens: tokens.map((id) => plainAtom(compiled.card.vocabulary[id - 1]!)), ended };
}

/** The model with scores for token ids, as nn's generation needs it, and the id for all values that are no token. */
export function languageModel(compiled: Runnable): { readonly model: Generative; readonly end: number } {
  const { model, card } = compiled;
  const end = card.vocabulary.length + 1;
  // The first output is the text; the others are not read.
  const { decoding } = card.outputs[0]!;
  const idOfClass = decoding.classes.map((value) => compiled.idOf(value) ?? end);
  return {
    model: cached(
      (tokens, cache) => byToken(model.forward(tokens, { cache, lastOnly: true }), decoding, idOfClass, end + 1),
      model.config.maxLength,
    ),
    end,
  };
}

/**
 * Scores of classes [B, k, columns], of which the first output's come first, as scores of ids [B, k, ids]: an id has the score of its
 * best class.
 */
function byToken(logits: Tensor, decoding: Decoding, idOfClass: readonly number[], ids: number): Tensor {
  const [batch, length, columns] = logits.shape as [number, number, number];
  const scores = new Float32Array(batch * length * ids).fill(NEVER);
  for (let row = 0; row < batch * length; row++) {
    const outputs = logits.data.subarray(row * columns, row * columns + widthOf(decoding));
    const offer = (c: number, score: number): void => {
      const cell = row * ids + idOfClass[c]!;
      scores[cell] = Math.max(scores[cell]!, score);
    };
    if (!decoding.points) outputs.forEach((score, c) => offer(c, score));
    else offer(classOf(decoding, outputs), CHOSEN);
  }
  return tensor(scores, [batch, length, ids]);
}
