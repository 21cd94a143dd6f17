/**
 * A causal model writes: what it gives at the last position is the next token. The model's classes are values of the program,
 * nn's generation deals in token ids; here one becomes the other. A value that is no token of the vocabulary ends the text.
 */
import { tensor, type Tensor } from "@selectron/core";
import { cached, generate, type GenerateOptions, type Generative } from "@selectron/nn";
import { plainAtom, type Plain } from "../../language/interpret/evaluate.js";
import { inputElements, type Input } from "../../language/interpret/tokens.js";
import { classOf, widthOf, type Decoding } from "../plan/ir/decoding.js";
import type { Runnable } from "./runnable.js";

/** What a causal model wrote. */
export interface Written {
  /** What comes after the prompt. */
  readonly tokens: Plain[];
  /** Whether a value that is no token ended it, or the most tokens or the model's maximum length were reached. */
  readonly ended: Ended;
}

/** Why writing ended: at a stop token, or because the model takes no more. */
export type Ended = "stop" | "length";

/** The scores that are no logits: of a token that the model never gives, and of the one class that is nearest to a number. */
const NEVER = -Infinity;
const CHOSEN = 0;

/** @throws RangeError where the model is not causal, or an option is out of range; ModelInputError on a prompt that it does not take */
export function generateFrom(compiled: Runnable, prompt: Input, options: Omit<GenerateOptions, "stop">): Written {
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

/** The model with scores for token ids, as nn's generation wants it, and the id that stands for every value that is no token. */
export function languageModel(compiled: Runnable): { readonly model: Generative; readonly end: number } {
  const { model, card } = compiled;
  const end = card.vocabulary.length + 1;
  // The first output writes; others are for reading along.
  const { decoding } = card.outputs[0]!;
  const idOfClass = decoding.classes.map((value) => compiled.idOf(value) ?? end);
  return {
    model: cached(
      (tokens, cache) => byToken(model.forward(tokens, { cache }), decoding, idOfClass, end + 1),
      model.config.maxLength,
    ),
    end,
  };
}

/** Scores of classes [B, k, columns], the first output's first, as scores of ids [B, k, ids]: the best of the classes that an id stands for. */
function byToken(logits: Tensor, decoding: Decoding, idOfClass: readonly number[], ids: number): Tensor {
  const [batch, length, columns] = logits.shape as [number, number, number];
  const scores = new Float32Array(batch * length * ids).fill(NEVER);
  for (let row = 0; row < batch * length; row++) {
    const own = logits.data.subarray(row * columns, row * columns + widthOf(decoding));
    const offer = (c: number, score: number): void => {
      const at = row * ids + idOfClass[c]!;
      scores[at] = Math.max(scores[at]!, score);
    };
    if (!decoding.points) own.forEach((score, c) => offer(c, score));
    else offer(classOf(decoding, own), CHOSEN);
  }
  return tensor(scores, [batch, length, ids]);
}
