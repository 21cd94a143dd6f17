/** What the checker takes from a model's file: the weights, and of the card the vocabulary, the sizes and how logits become values. */
import {
  decodeSafetensors,
  readable,
  SafetensorsError,
  verifyChecksum,
  type FileBytes,
  type SafetensorsFile,
} from "@selectron/core";
import { checkModelCard } from "../language/files/model-schema.js";
import { Untrusted } from "../language/files/untrusted.js";
import type { Atom } from "../language/graph/node.js";

/** A file that the checker cannot read. */
export class CheckFileError extends Error {
  readonly suggestion = "check takes a .safetensors file that `selectron compile` wrote";

  constructor(message: string) {
    super(readable(message));
    this.name = "CheckFileError";
  }
}

/** An s-op's columns of the logits: one for each class, or coordinates of the class whose point is nearest. */
export interface OutputColumns {
  readonly name: string;
  readonly classes: readonly Atom[];
  readonly points: readonly (readonly number[])[] | undefined;
}

/** How many columns of the logits an output has. */
export const widthOf = ({ classes, points }: OutputColumns): number => points?.[0]!.length ?? classes.length;

/** Coordinates of the residual stream, and what they hold for each class of values. */
export interface SubspaceClasses {
  readonly label: string;
  readonly layer: number;
  readonly writer: "attention" | "feed-forward";
  readonly coordinates: readonly number[];
  /** Added to each coordinate until the feed-forward sublayer of the layer. */
  readonly anchor: number;
  readonly points: readonly (readonly number[])[];
}

/** The sizes of one block of the Transformer. */
export interface BlockSizes {
  readonly heads: number;
  readonly dHead: number;
  readonly dFf: number;
}

export interface CheckedFile {
  /** The data of a tensor by its name. @throws CheckFileError where the file has none of this size, or one that is not finite */
  weights(name: string, size: number): Float32Array;
  readonly name: string;
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  readonly dModel: number;
  readonly causal: boolean;
  /** Whether the model is for some inputs only. */
  readonly hasPromise: boolean;
  readonly blocks: readonly BlockSizes[];
  readonly outputs: readonly OutputColumns[];
  /** How many columns the logits have: marks of inputs without a value, which are not followed, come after the outputs. */
  readonly columns: number;
  readonly subspaces: readonly SubspaceClasses[];
  /** The arithmetic that the model was compiled for: "float32", or that of an accelerator. */
  readonly precision: string;
}

interface OutputJson {
  readonly name: string;
  readonly decoding: { readonly classes: readonly AtomJson[]; readonly points?: readonly (readonly number[])[] };
}

interface CardJson {
  readonly name: string;
  readonly vocabulary: readonly AtomJson[];
  readonly maxLength: number;
  readonly precision?: string;
  readonly promise?: string;
  readonly outputs: readonly OutputJson[];
  readonly failures?: readonly OutputJson[];
  readonly subspaces?: readonly (Omit<SubspaceClasses, "points"> & {
    readonly points: SubspaceClasses["points"] | "one-hot";
  })[];
  readonly config: { readonly dModel: number; readonly causal?: boolean; readonly blocks: readonly BlockSizes[] };
}

type AtomJson = readonly [kind: string, value?: string | number | boolean];

/** @throws CheckFileError */
export function readFile(bytes: FileBytes): CheckedFile {
  const { tensors, metadata } = decoded(bytes);
  if (metadata["format"] !== "selectron-model") throw new CheckFileError("this is no model that Selectron compiled");
  const damaged = (problem: string): CheckFileError => new CheckFileError(`the model's card is damaged: ${problem}`);
  const card = Untrusted.parse(metadata["card"], "card", damaged);
  checkModelCard(card);
  if (card.field("scratchpad").optional) {
    throw new CheckFileError(
      "this model writes a scratchpad, of which an answer follows token by token, and check follows answers at once; `selectron verify --scratchpad` compares each token",
    );
  }
  const {
    name,
    vocabulary,
    maxLength,
    outputs,
    config,
    promise,
    failures = [],
    subspaces = [],
    precision = "float32",
  } = card.raw() as CardJson;
  return {
    weights: (tensor, size) => finite(tensor, tensors.get(tensor)?.data, size),
    name,
    precision,
    vocabulary: vocabulary.map(atomOf),
    maxLength,
    dModel: config.dModel,
    causal: config.causal === true,
    hasPromise: promise !== undefined,
    blocks: config.blocks,
    outputs: outputs.map(columnsOf),
    columns: [...outputs, ...failures].reduce((sum, output) => sum + widthOf(columnsOf(output)), 0),
    subspaces: subspaces.map(({ points, ...rest }) => ({
      ...rest,
      points: points === "one-hot" ? unitVectors(rest.coordinates.length) : points,
    })),
  };
}

function decoded(bytes: FileBytes): SafetensorsFile {
  try {
    const file = decodeSafetensors(bytes);
    verifyChecksum(file);
    return file;
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckFileError(error.message);
    throw error;
  }
}

const columnsOf = ({ name, decoding: { classes, points } }: OutputJson): OutputColumns => ({
  name,
  classes: classes.map(atomOf),
  points,
});

/** 0, and 1 in one coordinate. */
const unitVectors = (size: number): number[][] =>
  Array.from({ length: size + 1 }, (_, i) => Array.from({ length: size }, (__, j) => Number(i === j)));

function finite(name: string, data: Float32Array | undefined, size: number): Float32Array {
  if (data?.length !== size) throw new CheckFileError(`the file has no tensor ${name} of ${size} numbers`);
  const wrong = data.find((weight) => !Number.isFinite(weight));
  if (wrong !== undefined) throw new CheckFileError(`a weight of ${name} is ${wrong}`);
  return data;
}

function atomOf([kind, value]: AtomJson): Atom {
  switch (kind) {
    case "null":
      return null;
    case "int":
      return BigInt(value!);
    case "float":
      return Number(value);
    default:
      return value!;
  }
}
