/** Trained models that are opened in the page: encoders that learnt a program, and models with GPT-2's names. They show their heads. */
import { noGrad, printable, type Tensor } from "@selectron/core";
import { Gpt2, type Recorder } from "@selectron/nn";
import { displayElement, type Atom } from "@selectron/rasp";
import { decisions, readTrainedEncoder } from "@selectron/rasp/decompile";
import type { HeadLook, LookReply, ModelSummary } from "./model-protocol.js";

/** A model that runs on inputs, and what is said of it. */
export interface TrainedModel {
  readonly summary: ModelSummary;
  /** What the model answers, and the patterns of its heads. @throws RangeError on an input that it cannot take */
  look(input: readonly Atom[]): LookReply;
}

const NOTHING = { kind: "look", stages: [], labels: [], rows: [] } as const;

/** Runs a model, and keeps the patterns of its heads: names that end so, [1, heads, n, n]. */
function patternsOf(run: (record: Recorder) => void, n: number): HeadLook[] {
  const heads: HeadLook[] = [];
  run((name, { data, shape }) => {
    const layer = /(\d+)\.att\w+\.pattern$/.exec(name)?.[1];
    if (layer === undefined) return;
    for (let head = 0; head < shape[1]!; head++) {
      heads.push({
        layer: Number(layer) + 1,
        head: head + 1,
        label: "",
        pattern: data.slice(head * n * n, (head + 1) * n * n),
        hasBos: false,
        counts: false,
      });
    }
  });
  return heads;
}

const sizeOf = (parameters: ReadonlyMap<string, Tensor>): number =>
  [...parameters.values()].reduce((sum, { size }) => sum + size, 0);

/** An encoder that `selectron train`, or this page, wrote. @throws DecompileError where it is damaged */
export function openEncoder(name: string, bytes: Uint8Array): TrainedModel {
  const encoder = readTrainedEncoder(bytes);
  const { model, vocabulary, maxLength, classes, notes } = encoder;
  const { blocks, dModel } = model.config;
  return {
    summary: {
      name: printable(name),
      vocabulary: vocabulary.map(displayElement),
      maxLength,
      causal: false,
      layers: blocks.length,
      headsPerLayer: blocks.map(({ heads }) => heads),
      dModel,
      dFf: Math.max(...blocks.map(({ dFf }) => dFf)),
      parameters: model.parameterCount,
      warnings: [],
      notes,
      hasProgram: false,
    },
    look: (input) => {
      const ids = input.map((token) => vocabulary.indexOf(token));
      if (ids.includes(-1) || ids.length > maxLength) throw new RangeError("train.otherInput");
      let answers: readonly Atom[] = [];
      const heads = patternsOf(
        (record) => (answers = noGrad(() => decisions({ ...encoder, classes }, model.forward([ids], { record })))),
        ids.length,
      );
      return { ...NOTHING, tokens: input.map(displayElement), model: answers.map(displayElement), heads };
    },
  };
}

/** A model with GPT-2's names. The answers are the ids that it holds to come next. @throws Gpt2Error */
export function openGpt2(name: string, bytes: Uint8Array, config: unknown): TrainedModel {
  const model = Gpt2.fromSafetensors(bytes, config);
  const { layers, heads, dModel, dFf, maxLength, vocabularySize } = model.config;
  return {
    summary: {
      name: printable(name),
      vocabulary: [],
      maxLength,
      causal: true,
      layers,
      headsPerLayer: Array.from({ length: layers }, () => heads),
      dModel,
      dFf,
      parameters: sizeOf(model.parameters),
      warnings: [],
      notes: [],
      hasProgram: false,
      ids: vocabularySize,
    },
    look: (input) => {
      const ids = input.map(Number);
      const fits = ids.every((id) => Number.isInteger(id) && id >= 0 && id < vocabularySize);
      if (!fits || ids.length > maxLength) throw new RangeError("model.needsIds");
      let answers: readonly number[] = [];
      const looks = patternsOf(
        (record) => (answers = noGrad(() => [...model.forward([ids], {}, record).argmax().data])),
        ids.length,
      );
      return { ...NOTHING, tokens: ids.map(String), model: answers.map(String), heads: looks };
    },
  };
}
