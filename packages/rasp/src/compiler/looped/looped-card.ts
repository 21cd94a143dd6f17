/** The description in a looped model's file: versioned JSON text beside the weights, as `model/model-card.ts` is of models without a loop. */
import type { BlockConfig, LoopedEncoderConfig } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import { checkLoopedCard } from "../../language/files/looped-schema.js";
import type { Certificate } from "../certify/certify.js";
import { ModelFileError } from "../model/errors.js";
import {
  atomOf,
  atomToJson,
  certificateOf,
  certificateToJson,
  decodingOf,
  decodingToJson,
  LOOPED_FORMAT,
  rawCard,
  type AtomJson,
  type DecodingJson,
  type ReadCertificateJson,
} from "../model/card-json.js";
import { isModelCard } from "../model/model-card.js";
import type { Decoding } from "../plan/ir/decoding.js";

/** The description of a looped model: vocabulary, decoding, where its states are, and its certificate. */
export interface LoopedCard {
  /** Of the s-op that was compiled. */
  readonly name: string;
  readonly vocabulary: readonly Atom[];
  /** The longest input, without BOS. */
  readonly maxLength: number;
  /** How logits become values. */
  readonly output: Decoding;
  /** The states of the loop. */
  readonly states: readonly StateCard[];
  /** What each residual coordinate holds. */
  readonly labels: readonly string[];
  /** What each head of each layer computes. */
  readonly heads: readonly (readonly string[])[];
  readonly certificate: LoopCertificate;
  /** The sizes, with the loop: its first and its last layer, from 0, and how often they are applied at most. */
  readonly config: LoopedEncoderConfig;
}

/** Where a state lies in the residual stream: a coordinate for each value, 1 where the state has it and 0 elsewhere. */
export interface StateCard {
  readonly name: string;
  /** Its values, in the order of their coordinates. */
  readonly classes: readonly Atom[];
  /** The coordinate of the first value. */
  readonly first: number;
}

/** The bound that shows that a looped model cannot differ from its program, whatever number of steps an input takes. */
export interface LoopCertificate {
  /** Whether every decision has a margin that no rounding can use up, in every step. */
  readonly proved: boolean;
  /** Of the layers before the loop, those of a step, and those after it. */
  readonly parts: readonly Certificate[];
}

/** How many layers of a looped model come before its loop, in it and after it. */
export interface LoopLayers {
  readonly before: number;
  readonly loop: number;
  readonly after: number;
}

const VERSION = 1;

/** A card that `checkLoopedCard` has seen. */
interface CardJson extends Pick<LoopedCard, "name" | "maxLength" | "labels" | "heads"> {
  readonly vocabulary: readonly AtomJson[];
  readonly output: DecodingJson;
  readonly layers: LoopLayers;
  /** The coordinate that is 1 where a position has halted, and the most steps. */
  readonly loop: { readonly halted: number; readonly limit: number };
  readonly states: readonly (Omit<StateCard, "classes"> & { readonly classes: readonly AtomJson[] })[];
  readonly certificate: { readonly proved: boolean; readonly parts: readonly ReadCertificateJson[] };
  readonly config: Omit<LoopedEncoderConfig, "loop" | "blocks"> & { readonly blocks: readonly BlockConfig[] };
}

export const layersOf = ({ loop, blocks }: Pick<LoopedEncoderConfig, "loop" | "blocks">): LoopLayers => ({
  before: loop.first,
  loop: loop.last - loop.first + 1,
  after: blocks.length - loop.last - 1,
});

/** Equal cards give equal texts. */
export function encodeLoopedCard(card: LoopedCard): Record<string, string> {
  const { vocabularySize, maxLength, dModel, outputs, blocks, causal, loop } = card.config;
  const json = {
    name: card.name,
    vocabulary: card.vocabulary.map(atomToJson),
    maxLength: card.maxLength,
    layers: layersOf(card.config),
    // The layers are applied once more than there are steps: to find that all positions have halted.
    loop: { halted: loop.halted, limit: loop.most - 1 },
    states: card.states.map(({ name, classes, first }) => ({ name, classes: classes.map(atomToJson), first })),
    output: decodingToJson(card.output),
    labels: card.labels,
    heads: card.heads,
    certificate: { proved: card.certificate.proved, parts: card.certificate.parts.map(certificateToJson) },
    config: { vocabularySize, maxLength, dModel, outputs, blocks, ...(causal ? { causal } : {}) },
  };
  return { format: LOOPED_FORMAT, version: String(VERSION), card: JSON.stringify(json) };
}

/** Whether the metadata of a file is that of a looped model. */
export const isLoopedCard = (metadata: Readonly<Record<string, string>>): boolean =>
  metadata["format"] === LOOPED_FORMAT;

/** @throws ModelFileError where the metadata is not that of a looped model */
export function decodeLoopedCard(metadata: Readonly<Record<string, string>>): LoopedCard {
  if (isModelCard(metadata)) {
    throw new ModelFileError(
      "the model in this file has no loop, and models with one are read here",
      "`CompiledModel.fromSafetensors` reads it",
    );
  }
  const card = rawCard(metadata, {
    ...{ format: LOOPED_FORMAT, version: VERSION, what: "looped model" },
    command: "selectron compile PROGRAM.rasp --sop NAME --vocab a,b,c --max-length N --looped -o model.safetensors",
  });
  checkLoopedCard(card);
  return cardOf(card.raw() as CardJson);
}

function cardOf(json: CardJson): LoopedCard {
  const vocabulary = json.vocabulary.map(atomOf);
  const { vocabularySize, maxLength, dModel, outputs, blocks, causal = false } = json.config;
  const { before, loop } = json.layers;
  const { halted, limit } = json.loop;
  const { proved, parts } = json.certificate;
  return {
    name: json.name,
    vocabulary,
    maxLength: json.maxLength,
    output: decodingOf(json.output),
    states: json.states.map(({ name, classes, first }) => ({ name, classes: classes.map(atomOf), first })),
    labels: json.labels,
    heads: json.heads,
    certificate: { proved, parts: parts.map((part) => certificateOf(part, vocabulary)) },
    config: {
      vocabularySize,
      maxLength,
      dModel,
      outputs,
      blocks: blocks.map(({ heads, dHead, dFf }) => ({ heads, dHead, dFf })),
      ...(causal ? { causal } : {}),
      loop: { first: before, last: before + loop - 1, halted, most: limit + 1 },
    },
  };
}
