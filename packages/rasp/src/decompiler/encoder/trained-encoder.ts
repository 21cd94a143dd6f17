/** Encoders that `selectron train FILE --sop NAME` wrote: their weights, and the atoms that they read and answer. */
import {
  ChecksumError,
  checksumNotes,
  decodeSafetensors,
  SafetensorsError,
  ShapeError,
  type FileBytes,
  type Tensor,
} from "@selectron/core";
import { TransformerEncoder, type EncoderConfig } from "@selectron/nn";
import { Untrusted } from "../../language/files/untrusted.js";
import type { Atom } from "../../language/graph/node.js";
import { decodeSequence, isEncodedAtom, type Json } from "../../language/text/value-json.js";
import { DecompileError } from "../common/decompile-error.js";

/** The metadata entry that describes the encoder. */
export const ENCODER_METADATA = "selectron.encoder";

/** A model, and what its ids and outputs mean. */
export interface TrainedEncoder {
  readonly model: TransformerEncoder;
  /** In order of the ids; BOS is the last one if the model has it. */
  readonly vocabulary: readonly Atom[];
  /** Whether the last token of the vocabulary is at position 0 of every input, and nowhere else. */
  readonly hasBos: boolean;
  /** The number of positions, BOS included. */
  readonly maxLength: number;
  /** The atom that each output means. */
  readonly classes: readonly Atom[];
  /** What whoever uses the model should know of its file. */
  readonly notes: readonly string[];
}

/** Whether a file is such an encoder; false if it is no safetensors file. */
export function isTrainedEncoder(bytes: FileBytes): boolean {
  try {
    return decodeSafetensors(bytes, { only: () => false }).metadata[ENCODER_METADATA] !== undefined;
  } catch {
    return false;
  }
}

/**
 * Reads the file that `selectron train` wrote.
 *
 * @throws DecompileError if the file is damaged, or does not say what its inputs and outputs are
 */
export function readTrainedEncoder(bytes: FileBytes): TrainedEncoder {
  const file = asDecompileError(() => decodeSafetensors(bytes));
  const notes = asDecompileError(() => checksumNotes(file));
  const card = Untrusted.parse(
    file.metadata[ENCODER_METADATA],
    `the file's "${ENCODER_METADATA}"`,
    (problem) => new DecompileError(`${problem}; it is damaged`),
  );
  if (!["config", "inputs", "outputs"].every((name) => card.field(name).optional)) {
    throw new DecompileError(
      "the file does not say what its inputs and outputs are, as files of earlier versions do not; train it again with `selectron train`",
    );
  }
  const inputs = card.field("inputs");
  const vocabulary = atomsOf(inputs.field("vocabulary"));
  const hasBos = inputs.field("bos").optional?.flag() ?? false;
  const maxLength = inputs.field("maxLength").count(hasBos ? 2 : 1);
  const classes = atomsOf(card.field("outputs"));
  const config = configOf(card.field("config"));
  const model = modelOf(config, file.tensors);
  const { vocabularySize, outputs } = config;
  card.must(
    vocabulary.length === vocabularySize,
    `inputs.vocabulary has ${vocabulary.length} tokens, and the model ${vocabularySize}`,
  );
  card.must(
    maxLength <= config.maxLength,
    `inputs.maxLength is ${maxLength}, and the model has ${config.maxLength} positions`,
  );
  card.must(classes.length === outputs, `there are ${classes.length} outputs, and the model has ${outputs}`);
  return { model, vocabulary, hasBos, maxLength, classes, notes };
}

/** Atoms that `encodeResult` encoded, no two of which are the same. */
function atomsOf(encoded: Untrusted): Atom[] {
  const value = encoded.field("value").items();
  const kinds = encoded.field("kinds").optional?.text() ?? "";
  encoded.must(kinds.length === value.length, `there are ${value.length} values, and ${kinds.length} kinds`);
  value.forEach((item, i) => {
    if (!isEncodedAtom(item.raw(), kinds[i]!)) item.refuse(`a value of kind ${kinds[i]!}`);
  });
  const atoms = decodeSequence(
    value.map((item) => item.raw() as Json),
    kinds,
  );
  encoded.must(
    new Set(value.map((item, i) => kinds[i] + JSON.stringify(item.raw()))).size === atoms.length,
    "a value occurs twice",
  );
  return atoms;
}

/**
 * The atom that the logits of an input mean at each position.
 *
 * @throws DecompileError where weights, finite as they are, are so large that the logits are not: any answer would be made up
 */
export function decisions({ classes }: TrainedEncoder, logits: Tensor): Atom[] {
  const wrong = logits.data.find((logit) => !Number.isFinite(logit));
  if (wrong !== undefined) {
    throw new DecompileError(
      `a logit is ${wrong}, though the weights are finite: some are far too large; train it again`,
    );
  }
  return [...logits.argmax().data].map((index) => classes[index]!);
}

/** The configuration, of which there may be what `train` writes and nothing else: what is not known could change the model. */
function configOf(config: Untrusted): EncoderConfig {
  const read: EncoderConfig = {
    vocabularySize: config.field("vocabularySize").count(1),
    maxLength: config.field("maxLength").count(1),
    dModel: config.field("dModel").count(1),
    blocks: config
      .field("blocks")
      .items()
      .map((block) => ({
        heads: block.field("heads").count(),
        dHead: block.field("dHead").count(),
        dFf: block.field("dFf").count(),
      })),
    outputs: config.field("outputs").count(1),
    ...(config.field("layerNorm").optional
      ? { layerNorm: config.field("layerNorm").oneOf(["pre", "post"] as const) }
      : {}),
    ...(config.field("causal").optional ? { causal: config.field("causal").flag() } : {}),
  };
  for (const [name, value] of config.entries()) value.must(Object.hasOwn(read, name), "it is not known");
  return read;
}

function modelOf(config: EncoderConfig, tensors: ReadonlyMap<string, Tensor>): TransformerEncoder {
  const wrong = [...tensors].find(([, { data }]) => !data.every(Number.isFinite));
  if (wrong) {
    throw new DecompileError(
      `${wrong[0]} is damaged: an element is ${wrong[1].data.find((element) => !Number.isFinite(element))}; every weight must be finite`,
    );
  }
  return asDecompileError(() => {
    // A missing one would be zeros, of whatever size the configuration says.
    const missing = [...TransformerEncoder.parameterShapes(config).keys()].find((name) => !tensors.has(name));
    if (missing !== undefined) throw new ShapeError(`the tensor ${missing} is missing`);
    return new TransformerEncoder(config, tensors);
  });
}

function asDecompileError<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ChecksumError) throw new DecompileError(`${error.message}; ${error.suggestion}`);
    if (error instanceof SafetensorsError) throw new DecompileError(error.message);
    if (error instanceof RangeError || error instanceof ShapeError) {
      throw new DecompileError(`the recorded configuration does not fit the weights: ${error.message}`);
    }
    throw error;
  }
}
