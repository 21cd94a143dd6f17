/** Encoders that `selectron train FILE --sop NAME` wrote: their weights, and the atoms that they read and answer. */
import { decodeSafetensors, SafetensorsError, ShapeError, type FileBytes } from "@selectron/core";
import { TransformerEncoder, type EncoderConfig } from "@selectron/nn";
import type { Atom } from "../../language/graph/node.js";
import { decodeSequence, type EncodedValue, type Json } from "../../language/text/value-json.js";
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
}

/** Whether a file is such an encoder; false if it is no safetensors file. */
export function isTrainedEncoder(bytes: FileBytes): boolean {
  try {
    return decodeSafetensors(bytes).metadata[ENCODER_METADATA] !== undefined;
  } catch {
    return false;
  }
}

interface Metadata {
  readonly config?: EncoderConfig;
  readonly inputs?: { readonly vocabulary?: EncodedValue; readonly maxLength?: number; readonly bos?: boolean };
  readonly outputs?: EncodedValue;
}

/**
 * Reads the file that `selectron train` wrote.
 *
 * @throws DecompileError if the file is damaged, or does not say what its inputs and outputs are
 */
export function readTrainedEncoder(bytes: FileBytes): TrainedEncoder {
  const { tensors, metadata } = asDecompileError(() => decodeSafetensors(bytes));
  let read: Metadata;
  try {
    read = JSON.parse(metadata[ENCODER_METADATA] ?? "") as Metadata;
  } catch {
    throw new DecompileError(`the file's "${ENCODER_METADATA}" is not JSON; it is damaged`);
  }
  const { config, inputs, outputs } = read;
  if (
    config === undefined ||
    inputs?.vocabulary === undefined ||
    inputs.maxLength === undefined ||
    outputs === undefined
  ) {
    throw new DecompileError(
      "the file does not say what its inputs and outputs are, as files of earlier versions do not; train it again with `selectron train`",
    );
  }
  const wrong = [...tensors].find(([, { data }]) => !data.every(Number.isFinite));
  if (wrong) {
    throw new DecompileError(
      `${wrong[0]} is damaged: an element is ${wrong[1].data.find((element) => !Number.isFinite(element))}; every weight must be finite`,
    );
  }
  const atoms = ({ value, kinds = "" }: EncodedValue): Atom[] => decodeSequence(value as readonly Json[], kinds);
  return {
    model: asDecompileError(() => new TransformerEncoder(config, tensors)),
    vocabulary: atoms(inputs.vocabulary),
    hasBos: inputs.bos === true,
    maxLength: inputs.maxLength,
    classes: atoms(outputs),
  };
}

function asDecompileError<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SafetensorsError) throw new DecompileError(error.message);
    if (error instanceof RangeError || error instanceof ShapeError) {
      throw new DecompileError(`the recorded configuration does not fit the weights: ${error.message}`);
    }
    throw error;
  }
}
