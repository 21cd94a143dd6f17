/** The description in a compiled model's file, so that the file alone can be run: versioned JSON text beside the weights. */
import { printable, type Precision } from "@selectron/core";
import type { EncoderConfig } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import { checkModelCard } from "../../language/files/model-schema.js";
import { Untrusted } from "../../language/files/untrusted.js";
import type { Certificate, SubspaceBound } from "../certify/certify.js";
import type { Decoding } from "../plan/ir/decoding.js";
import type { Subspace } from "../plan/ir/read.js";
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
/** What the metadata of a model with a loop say, which `looped/` reads. */
export const LOOPED_FORMAT = "selectron-looped-model";
const VERSION = 2;

/** A value in JSON, which has no NaN, no infinities and no -0: they are texts. */
export type AtomJson = ["int", string] | ["float", number | string] | ["bool", boolean] | ["string", string] | ["null"];

interface OutputJson {
  readonly name: string;
  readonly decoding: DecodingJson;
}

interface ScratchpadJson extends Omit<ScratchpadCard, "lines"> {
  readonly lines: readonly (Omit<ScratchpadLine, "values"> & { readonly values: readonly (readonly AtomJson[])[] })[];
}

/** A certificate that `checkCertificate` has seen. */
export type ReadCertificateJson = Omit<Certificate, "provedFor" | "worstMargin" | "bounds"> & {
  readonly lengths: Certificate["provedFor"]["lengths"];
  readonly worstMargin: number | null;
  readonly bounds: readonly (Omit<SubspaceBound, "error"> & { readonly error: number | null })[];
};

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

export const atomToJson = (atom: Atom): AtomJson =>
  typeof atom === "bigint"
    ? ["int", String(atom)]
    : typeof atom === "number"
      ? ["float", Object.is(atom, -0) ? "-0" : Number.isFinite(atom) ? atom : String(atom)]
      : typeof atom === "boolean"
        ? ["bool", atom]
        : atom === null
          ? ["null"]
          : ["string", atom];

/** JSON has no infinity: null. */
const finiteOrNull = (number: number): number | null => (Number.isFinite(number) ? number : null);

/** A certificate without the vocabulary, which is the card's. */
export type CertificateJson = ReturnType<typeof certificateToJson>;

export const certificateToJson = ({
  proved,
  provedWithin,
  provedUpTo,
  provedFor,
  worstMargin,
  where,
  bounds,
}: Certificate) => ({
  proved,
  ...(provedWithin === undefined ? {} : { provedWithin }),
  ...(provedUpTo === undefined ? {} : { provedUpTo }),
  lengths: provedFor.lengths,
  worstMargin: finiteOrNull(worstMargin),
  where,
  bounds: bounds.map(({ label, layer, writer, error }) => ({ label, layer, writer, error: finiteOrNull(error) })),
});

/** A decoding whose classes are in JSON. */
export type DecodingJson = Omit<Decoding, "classes"> & { readonly classes: readonly AtomJson[] };

export const decodingToJson = (decoding: Decoding): DecodingJson => ({
  ...decoding,
  classes: decoding.classes.map(atomToJson),
});

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
  const { format } = metadata;
  if (format === LOOPED_FORMAT) {
    throw new ModelFileError(
      "the model in this file has a loop, and models without one are read here",
      "`selectron run` and `LoopedModel.fromSafetensors` read it",
    );
  }
  if (!isModelCard(metadata)) {
    throw new ModelFileError(
      `this file is not a model that Selectron compiled${format === undefined ? "" : `: its metadata says format "${printable(format)}"`}`,
      "make one with `selectron compile PROGRAM.rasp --sop NAME --vocab a,b,c --max-length N -o model.safetensors`",
    );
  }
  if (metadata["version"] !== String(VERSION)) {
    throw new ModelFileError(
      `the model has file version ${printable(metadata["version"] ?? "none")}, and this Selectron reads version ${VERSION}`,
      "compile the program again with this version",
    );
  }
  const card = Untrusted.parse(metadata["card"], "card", damaged);
  checkModelCard(card);
  return cardOf(card.raw() as CardJson);
}

/** A file whose description is not what it must be. */
export const damaged = (problem: string): ModelFileError =>
  new ModelFileError(`the model's description is damaged: ${problem}`, "compile the program again");

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

export const decodingOf = ({ kind, classes, points }: DecodingJson): Decoding => ({
  kind,
  classes: classes.map(atomOf),
  ...(points ? { points } : {}),
});

const outputOf = ({ name, decoding }: OutputJson): OutputCard => ({ name, decoding: decodingOf(decoding) });

export function certificateOf(json: ReadCertificateJson, vocabulary: readonly Atom[]): Certificate {
  const { proved, provedWithin, provedUpTo, lengths, worstMargin, where, bounds } = json;
  return {
    proved,
    ...(provedWithin === undefined ? {} : { provedWithin }),
    ...(provedUpTo === undefined ? {} : { provedUpTo }),
    provedFor: { vocabulary, lengths },
    worstMargin: worstMargin ?? Infinity,
    where,
    bounds: bounds.map(({ label, writer, layer, error }) => ({ label, writer, layer, error: error ?? Infinity })),
  };
}

export function atomOf([kind, value]: AtomJson): Atom {
  if (kind === "null") return null;
  return kind === "int" ? BigInt(value) : kind === "float" ? Number(value) : value;
}
