/** The description in a compiled model's file, so that the file alone can be run: versioned JSON text beside the weights. */
import type { Precision } from "@selectron/core";
import type { EncoderConfig } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import { checkModelCard } from "../../language/files/model-schema.js";
import type { Certificate } from "../certify/certify.js";
import type { Decoding } from "../plan/ir/decoding.js";
import type { Subspace } from "../plan/ir/read.js";
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
} from "./card-json.js";
import { ModelFileError } from "./errors.js";

/** The description of a compiled model: vocabulary, decoding, labels and certificate. */
export interface ModelCard {
  /** The s-op that was compiled, or all of them. */
  readonly name: string;
  readonly vocabulary: readonly Atom[];
  /** The longest input, without BOS. */
  readonly maxLength: number;
  /** One for each s-op that was compiled, in the order of their columns in the logits. */
  readonly outputs: readonly OutputCard[];
  /** What each residual coordinate holds. */
  readonly labels: readonly string[];
  /** What each head of each layer computes. */
  readonly heads: readonly (readonly string[])[];
  /** Which coordinates hold which values, for `selectron check`; none in a file of an earlier version. */
  readonly subspaces: readonly SubspaceCard[];
  /** Of the operands of matrix products for which the model was compiled, and for which its certificate holds. */
  readonly precision: Precision;
  readonly certificate: Certificate;
  readonly config: EncoderConfig;
  /** RASP text that sets `promise`: what is said of an input holds if that is True at each of its positions. Absent: of any input. */
  readonly promise?: string;
  /** Of a model that was compiled to be a GPT-2: what its weights need beside those of the encoder. */
  readonly gpt2?: Gpt2Constants;
  /** Of a decoder with a scratchpad: what its tokens stand for. Its certificate is for texts that begin as its own do. */
  readonly scratchpad?: ScratchpadCard;
  /** Of a model that marks inputs without a value: what can fail, True where it does. Their columns follow those of the outputs. */
  readonly failures?: readonly OutputCard[];
}

/**
 * What a decoder with a scratchpad writes. Its vocabulary has the tokens of the input, one that ends the input, and then one for each value of
 * each line at each position, in this order.
 */
export interface ScratchpadCard {
  /** How many tokens inputs are made of, and how long they can be. */
  readonly inputs: number;
  readonly maxLength: number;
  /** The most steps that it takes. */
  readonly maxSteps: number;
  readonly lines: readonly ScratchpadLine[];
}

/** An s-op that is written: once, or in each step. */
export interface ScratchpadLine {
  readonly name: string;
  /** Before the loop, with the first states, to ask whether the loop goes on, in a step, with its new states, or after the loop. */
  readonly part: "before" | "first" | "ask" | "step" | "state" | "after";
  /** Those that it can have at each position. */
  readonly values: readonly (readonly Atom[])[];
}

/** The constants with which an encoder becomes a GPT-2; its certificate is for these. Both are powers of two. */
export interface Gpt2Constants {
  /** What layer norm finds in two coordinates, and its negative: so much larger than all else that the gain is constant. */
  readonly constant: number;
  /** By what the arguments of hidden units are multiplied, so that GELU is ReLU where it matters. */
  readonly sharpness: number;
}

/** One s-op's columns of the logits. */
export interface OutputCard {
  readonly name: string;
  readonly decoding: Decoding;
}

/** A subspace that a head or hidden units write. */
export interface SubspaceCard extends Pick<Subspace, "label" | "layer" | "writer"> {
  readonly coordinates: readonly number[];
  /** What is added to each coordinate until the feed-forward sublayer of the layer. */
  readonly anchor: number;
  /** What the coordinates hold for each class of values; `one-hot` where that is 1 in one of them or nowhere. */
  readonly points: readonly (readonly number[])[] | "one-hot";
}

const FORMAT = "selectron-model";
const VERSION = 2;

interface OutputJson {
  readonly name: string;
  readonly decoding: DecodingJson;
}

interface ScratchpadJson extends Omit<ScratchpadCard, "lines"> {
  readonly lines: readonly (Omit<ScratchpadLine, "values"> & { readonly values: readonly (readonly AtomJson[])[] })[];
}

/** A card that `checkModelCard` has seen. */
interface CardJson
  extends
    Pick<ModelCard, "name" | "maxLength" | "promise" | "labels" | "heads" | "gpt2">,
    Partial<Pick<ModelCard, "subspaces" | "precision">> {
  readonly vocabulary: readonly AtomJson[];
  readonly outputs: readonly OutputJson[];
  readonly failures?: readonly OutputJson[];
  readonly scratchpad?: ScratchpadJson;
  readonly certificate: ReadCertificateJson;
  readonly config: EncoderConfig;
}

const outputToJson = ({ name, decoding }: OutputCard) => ({ name, decoding: decodingToJson(decoding) });

const scratchpadToJson = ({ inputs, maxLength, maxSteps, lines }: ScratchpadCard): ScratchpadJson => ({
  inputs,
  maxLength,
  maxSteps,
  lines: lines.map(({ name, part, values }) => ({ name, part, values: values.map((at) => at.map(atomToJson)) })),
});

/** Equal cards give equal texts. */
export function encodeCard(card: ModelCard): Record<string, string> {
  const { vocabularySize, maxLength, dModel, outputs, blocks, causal } = card.config;
  return {
    format: FORMAT,
    version: String(VERSION),
    card: JSON.stringify({
      name: card.name,
      vocabulary: card.vocabulary.map(atomToJson),
      maxLength: card.maxLength,
      ...(card.promise === undefined ? {} : { promise: card.promise }),
      outputs: card.outputs.map(outputToJson),
      ...(card.failures === undefined ? {} : { failures: card.failures.map(outputToJson) }),
      ...(card.scratchpad ? { scratchpad: scratchpadToJson(card.scratchpad) } : {}),
      labels: card.labels,
      heads: card.heads,
      subspaces: card.subspaces,
      ...(card.precision === "float32" ? {} : { precision: card.precision }),
      ...(card.gpt2 ? { gpt2: { constant: card.gpt2.constant, sharpness: card.gpt2.sharpness } } : {}),
      certificate: certificateToJson(card.certificate),
      config: { vocabularySize, maxLength, dModel, outputs, blocks, ...(causal ? { causal } : {}) },
    }),
  };
}

/** Whether the metadata of a file is that of a compiled model. */
export const isModelCard = (metadata: Readonly<Record<string, string>>): boolean => metadata["format"] === FORMAT;

/** @throws ModelFileError where the metadata is not that of a compiled model */
export function decodeCard(metadata: Readonly<Record<string, string>>): ModelCard {
  if (metadata["format"] === LOOPED_FORMAT) {
    throw new ModelFileError(
      "the model in this file has a loop, and models without one are read here",
      "`selectron run` and `LoopedModel.fromSafetensors` read it",
    );
  }
  const card = rawCard(metadata, {
    ...{ format: FORMAT, version: VERSION, what: "model" },
    command: "selectron compile PROGRAM.rasp --sop NAME --vocab a,b,c --max-length N -o model.safetensors",
  });
  checkModelCard(card);
  return cardOf(card.raw() as CardJson);
}

function cardOf(json: CardJson): ModelCard {
  const vocabulary = json.vocabulary.map(atomOf);
  const { vocabularySize, maxLength, dModel, outputs, blocks, causal = false } = json.config;
  return {
    name: json.name,
    vocabulary,
    certificate: certificateOf(json.certificate, vocabulary),
    maxLength: json.maxLength,
    ...(json.promise === undefined ? {} : { promise: json.promise }),
    outputs: json.outputs.map(outputOf),
    ...(json.failures === undefined ? {} : { failures: json.failures.map(outputOf) }),
    ...(json.scratchpad ? { scratchpad: scratchpadOf(json.scratchpad) } : {}),
    labels: json.labels,
    heads: json.heads,
    subspaces: (json.subspaces ?? []).map(({ label, layer, writer, coordinates, anchor, points }) => ({
      label,
      layer,
      writer,
      coordinates,
      anchor,
      points,
    })),
    precision: json.precision ?? "float32",
    ...(json.gpt2 ? { gpt2: { constant: json.gpt2.constant, sharpness: json.gpt2.sharpness } } : {}),
    config: {
      vocabularySize,
      maxLength,
      dModel,
      outputs,
      blocks: blocks.map(({ heads, dHead, dFf }) => ({ heads, dHead, dFf })),
      ...(causal ? { causal } : {}),
    },
  };
}

const scratchpadOf = ({ inputs, maxLength, maxSteps, lines }: ScratchpadJson): ScratchpadCard => ({
  inputs,
  maxLength,
  maxSteps,
  lines: lines.map(({ name, part, values }) => ({ name, part, values: values.map((at) => at.map(atomOf)) })),
});

const outputOf = ({ name, decoding }: OutputJson): OutputCard => ({ name, decoding: decodingOf(decoding) });
