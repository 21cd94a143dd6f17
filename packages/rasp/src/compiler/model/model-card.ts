/** The description in a compiled model's file, so that the file alone can be run: versioned JSON text beside the weights. */
import { SIGNIFICANT_BITS, type Precision } from "@selectron/core";
import type { EncoderConfig } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import type { Certificate, SubspaceBound } from "../certify/certify.js";
import type { Decoding } from "../plan/ir/decoding.js";
import type { Subspace } from "../plan/ir/read.js";

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
  /** Of a model that marks inputs without a value: what can fail, True where it does. Their columns follow those of the outputs. */
  readonly failures?: readonly OutputCard[];
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

/** JSON has no NaN and no infinities: they are texts. */
type AtomJson = ["int", string] | ["float", number | string] | ["bool", boolean] | ["string", string] | ["null"];

const atomToJson = (atom: Atom): AtomJson =>
  typeof atom === "bigint"
    ? ["int", String(atom)]
    : typeof atom === "number"
      ? ["float", Number.isFinite(atom) ? atom : String(atom)]
      : typeof atom === "boolean"
        ? ["bool", atom]
        : atom === null
          ? ["null"]
          : ["string", atom];

/** Without the vocabulary, which is the card's. An infinite margin is null. */
const certificateToJson = ({ proved, provedWithin, provedFor, worstMargin, where, bounds }: Certificate) => ({
  proved,
  ...(provedWithin === undefined ? {} : { provedWithin }),
  lengths: provedFor.lengths,
  worstMargin: Number.isFinite(worstMargin) ? worstMargin : null,
  where,
  bounds: bounds.map(({ label, layer, writer, error }) => ({ label, layer, writer, error })),
});

const outputToJson = ({ name, decoding }: OutputCard) => ({
  name,
  decoding: { ...decoding, classes: decoding.classes.map(atomToJson) },
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
      labels: card.labels,
      heads: card.heads,
      subspaces: card.subspaces,
      ...(card.precision === "float32" ? {} : { precision: card.precision }),
      certificate: certificateToJson(card.certificate),
      config: { vocabularySize, maxLength, dModel, outputs, blocks, ...(causal ? { causal } : {}) },
    }),
  };
}

/** Whether the metadata of a file is that of a compiled model. */
export const isModelCard = (metadata: Readonly<Record<string, string>>): boolean => metadata["format"] === FORMAT;

/** @throws ModelFileError where the metadata is not that of a compiled model */
export function decodeCard(metadata: Readonly<Record<string, string>>): ModelCard {
  if (!isModelCard(metadata)) {
    throw new ModelFileError(
      `this file is not a model that Selectron compiled: its metadata says format ${JSON.stringify(metadata["format"] ?? null)}`,
      "make one with `selectron compile PROGRAM.rasp --sop NAME --vocab a,b,c --max-length N -o model.safetensors`",
    );
  }
  if (metadata["version"] !== String(VERSION)) {
    throw new ModelFileError(
      `the model has file version ${metadata["version"] ?? "none"}, and this Selectron reads version ${VERSION}`,
      "compile the program again with this version",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(metadata["card"] ?? "");
  } catch {
    throw new ModelFileError("the model's description in the metadata is not JSON", "compile the program again");
  }
  return cardOf(json);
}

/** A model file that cannot be used. */
export class ModelFileError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(message);
    this.suggestion = suggestion;
    this.name = "ModelFileError";
  }
}

function cardOf(json: unknown): ModelCard {
  const card = record(json, "the description");
  const config = record(card["config"], "config");
  const vocabulary = list(card["vocabulary"], "vocabulary").map(atomOf);
  return {
    name: text(card["name"], "name"),
    vocabulary,
    certificate: certificateOf(record(card["certificate"], "certificate"), vocabulary),
    maxLength: whole(card["maxLength"], "maxLength"),
    ...(card["promise"] === undefined ? {} : { promise: text(card["promise"], "promise") }),
    outputs: outputsOf(card["outputs"], "outputs"),
    ...(card["failures"] === undefined ? {} : { failures: outputsOf(card["failures"], "failures") }),
    labels: list(card["labels"], "labels").map((label) => text(label, "labels")),
    heads: list(card["heads"], "heads").map((layer) => list(layer, "heads").map((label) => text(label, "heads"))),
    subspaces: list(card["subspaces"] ?? [], "subspaces").map((item) => subspaceOf(record(item, "subspaces"))),
    precision: precisionOf(card["precision"]),
    config: {
      vocabularySize: whole(config["vocabularySize"], "config.vocabularySize"),
      maxLength: whole(config["maxLength"], "config.maxLength"),
      dModel: whole(config["dModel"], "config.dModel"),
      outputs: whole(config["outputs"], "config.outputs"),
      ...(flag(config["causal"], "config.causal") ? { causal: true } : {}),
      blocks: list(config["blocks"], "config.blocks").map((item) => {
        const block = record(item, "config.blocks");
        return {
          heads: whole(block["heads"], "config.blocks.heads"),
          dHead: whole(block["dHead"], "config.blocks.dHead"),
          dFf: whole(block["dFf"], "config.blocks.dFf"),
        };
      }),
    },
  };
}

function outputsOf(json: unknown, where: "outputs" | "failures"): OutputCard[] {
  const outputs = list(json, where).map((item) => {
    const output = record(item, where);
    return { name: text(output["name"], where), decoding: decodingOf(record(output["decoding"], "decoding")) };
  });
  if (where === "outputs" && outputs.length === 0) throw damaged(where);
  return outputs;
}

function decodingOf(json: Record<string, unknown>): Decoding {
  const { kind } = json;
  const classes = list(json["classes"], "decoding.classes").map(atomOf);
  if (kind === "categorical") return { kind, classes };
  if (kind !== "numerical") throw damaged("decoding.kind");
  const points = list(json["points"], "decoding.points").map((point) =>
    list(point, "decoding.points").map((number) => real(number, "decoding.points")),
  );
  const [first] = points;
  if (!first || points.length !== classes.length || points.some(({ length }) => length !== first.length)) {
    throw damaged("decoding.points");
  }
  return { kind, classes, points };
}

function certificateOf(json: Record<string, unknown>, vocabulary: readonly Atom[]): Certificate {
  const { proved, provedWithin, worstMargin } = json;
  if (typeof proved !== "boolean") throw damaged("certificate.proved");
  const [from, to] = list(json["lengths"], "certificate.lengths").map((n) => whole(n, "certificate.lengths"));
  return {
    proved,
    ...(provedWithin === undefined ? {} : { provedWithin: real(provedWithin, "certificate.provedWithin") }),
    provedFor: { vocabulary, lengths: [from ?? 0, to ?? 0] },
    worstMargin: worstMargin === null ? Infinity : real(worstMargin, "certificate.worstMargin"),
    where: text(json["where"], "certificate.where"),
    bounds: list(json["bounds"], "certificate.bounds").map((item): SubspaceBound => {
      const bound = record(item, "certificate.bounds");
      const { writer } = bound;
      if (writer !== "attention" && writer !== "feed-forward") throw damaged("certificate.bounds");
      const label = text(bound["label"], "certificate.bounds");
      return { label, writer, layer: whole(bound["layer"], "certificate.bounds"), error: real(bound["error"], label) };
    }),
  };
}

function subspaceOf({ label, layer, writer, coordinates, anchor, points }: Record<string, unknown>): SubspaceCard {
  if (writer !== "attention" && writer !== "feed-forward") throw damaged("subspaces.writer");
  return {
    label: text(label, "subspaces.label"),
    layer: whole(layer, "subspaces.layer"),
    writer,
    coordinates: list(coordinates, "subspaces.coordinates").map((c) => whole(c, "subspaces.coordinates")),
    anchor: real(anchor, "subspaces.anchor"),
    points:
      points === "one-hot"
        ? points
        : list(points, "subspaces.points").map((point) =>
            list(point, "subspaces.points").map((number) => real(number, "subspaces.points")),
          ),
  };
}

const damaged = (where: string): ModelFileError =>
  new ModelFileError(`the model's description is damaged at ${where}`, "compile the program again");

function record(json: unknown, where: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw damaged(where);
  return json as Record<string, unknown>;
}

function list(json: unknown, where: string): unknown[] {
  if (!Array.isArray(json)) throw damaged(where);
  return json as unknown[];
}

function text(json: unknown, where: string): string {
  if (typeof json !== "string") throw damaged(where);
  return json;
}

function real(json: unknown, where: string): number {
  if (typeof json !== "number") throw damaged(where);
  return json;
}

/** Absent is float32. */
function precisionOf(json: unknown): Precision {
  if (json === undefined) return "float32";
  if (typeof json !== "string" || !Object.hasOwn(SIGNIFICANT_BITS, json)) throw damaged("precision");
  return json as Precision;
}

/** Absent is false. */
function flag(json: unknown, where: string): boolean {
  if (json !== undefined && typeof json !== "boolean") throw damaged(where);
  return json === true;
}

function whole(json: unknown, where: string): number {
  if (typeof json !== "number" || !Number.isSafeInteger(json) || json < 0) throw damaged(where);
  return json;
}

const NOT_FINITE = new Set<unknown>(["NaN", "Infinity", "-Infinity"]);

function atomOf(json: unknown): Atom {
  const [kind, value] = list(json, "a value");
  if (kind === "null") return null;
  if (kind === "int" && typeof value === "string" && /^-?\d+$/.test(value)) return BigInt(value);
  if (kind === "float" && typeof value === "number") return value;
  if (kind === "float" && NOT_FINITE.has(value)) return Number(value);
  if (kind === "bool" && typeof value === "boolean") return value;
  if (kind === "string" && typeof value === "string") return value;
  throw damaged("a value");
}
