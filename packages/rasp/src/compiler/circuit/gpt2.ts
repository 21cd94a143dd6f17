/**
 * The circuit of a model that was compiled to be a GPT-2: that of the GPT-2. Each coordinate c of the compiled model is there twice, as
 * x and -x, so that its image is a vector with 1 and -1. Heads and units are the same ones.
 */
import { Gpt2 } from "@selectron/nn";
import { answerRows, vocabularyOf } from "../export/gpt2/vocabulary.js";
import { gpt2Weights } from "../export/gpt2/weights.js";
import type { CompiledModel } from "../model/compiled-model.js";
import { uniformModel, type UniformModel } from "../model/uniform.js";
import type { Answers } from "./ablate.js";
import { stackOfGpt2, type Stack } from "./stack.js";

/** A GPT-2 as something that has a circuit. */
export interface Gpt2Stack {
  readonly stack: Stack;
  /** The model with equal layers that it was made from. */
  readonly uniform: UniformModel;
  /** Where 1 in a coordinate of that model goes. */
  readonly image: (coordinate: number) => readonly number[];
  readonly answers: Answers;
}

/** @param model - compiled with `format: "gpt2"` */
export function gpt2Stack(model: CompiledModel): Gpt2Stack {
  const { card } = model;
  const vocabulary = vocabularyOf(card.vocabulary, card.outputs[0]!.decoding.classes);
  const { config, tensors, uniform } = gpt2Weights(model.model, card.gpt2!, answerRows(vocabulary));
  const { shape } = uniform;
  return {
    stack: stackOfGpt2(new Gpt2(config, tensors)),
    uniform: uniformModel(model, shape.dHead),
    // The negatives begin after the coordinates and the constant that layer norm sees.
    image: (coordinate) => {
      const vector = new Array<number>(config.dModel).fill(0);
      [vector[coordinate], vector[shape.dModel + 1 + coordinate]] = [1, -1];
      return vector;
    },
    answers: (logits) => {
      const entries = vocabulary.texts.length;
      const answers: string[] = [];
      for (let start = entries; start < logits.length; start += entries) {
        answers.push(String(largest(logits.subarray(start, start + entries))));
      }
      return answers;
    },
  };
}

const largest = (logits: Float32Array): number =>
  logits.reduce((best, logit, entry) => (logit > logits[best]! ? entry : best), 0);
