/**
 * A compiled model as a file, and back. Every format carries the weights by nn's parameter names and the model card as metadata. A new
 * format has its folder in `export/` and a function here.
 */
import {
  asBytes,
  ChecksumError,
  checksumNotes,
  decodeSafetensors,
  encodeSafetensors,
  otherFormat,
  SafetensorsError,
  withChecksum,
  type FileBytes,
  type SafetensorsFile,
  type Tensor,
} from "@selectron/core";
import { TransformerEncoder, type Model } from "@selectron/nn";
import { encoderToOnnx } from "../export/onnx/encoder.js";
import { decodeOnnx, onnxMetadata, OnnxFileError } from "../export/onnx/read.js";
import { widthOf } from "../plan/ir/decoding.js";
import { ModelFileError } from "./errors.js";
import { decodeCard, encodeCard, type ModelCard } from "./model-card.js";

/** What a file holds. */
export interface ModelFile {
  readonly model: TransformerEncoder;
  readonly card: ModelCard;
}

/** A file that was read. */
export interface ReadFile extends ModelFile {
  /** What whoever uses the model should know of the file. */
  readonly notes: readonly string[];
}

/** @throws ModelFileError on weights that are not finite */
export const checkWritten = (model: Model): void => checkFinite(model.parameters(), WRITTEN);

/** @throws ModelFileError on weights that are not finite */
export const safetensorsFile = ({ model, card }: ModelFile): Uint8Array => weightsFile(model, encodeCard(card));

/** Weights with a card and a checksum. @throws ModelFileError on weights that are not finite */
export function weightsFile(model: Model, card: Readonly<Record<string, string>>): Uint8Array {
  checkWritten(model);
  const tensors = model.parameters();
  return encodeSafetensors(tensors, withChecksum(tensors, card));
}

/** @throws ModelFileError on weights that are not finite */
export function onnxFile({ model, card }: ModelFile): Uint8Array {
  checkWritten(model);
  const { name, maxLength, outputs, failures = [] } = card;
  return encoderToOnnx(model, {
    name,
    text:
      `RASP program ${name}, compiled by Selectron for inputs of up to ${maxLength} tokens. ` +
      "tokens: id 0 (BOS) first, then v + 1 for token v of the vocabulary, then -1 for padding.",
    metadata: withChecksum(model.parameters(), encodeCard(card)),
    outputs: [
      ...outputs.map(({ name: output, decoding }) => ({
        name: outputs.length === 1 ? "classes" : `classes.${output}`,
        decoding,
      })),
      ...failures.map(({ decoding }, f) => ({ name: `failure.${f}`, decoding })),
    ].map(({ name: output, decoding }) => ({
      name: output,
      width: widthOf(decoding),
      ...(decoding.points ? { points: decoding.points } : {}),
    })),
  });
}

/** @throws ModelFileError on a damaged or foreign file, and on weights that are not finite */
export const readSafetensors = (bytes: FileBytes): ReadFile => modelFrom(bytes, decodeSafetensors, compiledFrom);

/** @throws ModelFileError as `readSafetensors` does */
export const readOnnx = (bytes: FileBytes): ReadFile => modelFrom(bytes, decodeOnnx, compiledFrom);

/** The metadata of a file of either format, without its weights; none of one that is neither. */
export function metadataOf(bytes: FileBytes): Readonly<Record<string, string>> {
  try {
    return otherFormat(asBytes(bytes, "the file"))?.startsWith("ONNX")
      ? onnxMetadata(bytes)
      : decodeSafetensors(bytes, { only: () => false }).metadata;
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof OnnxFileError) return {};
    throw error;
  }
}

/** The remedy where it is not known who wrote a file. */
const FOREIGN_OR_DAMAGED = "give a file that `selectron compile` wrote; if this was one, compile the program again";

/** The remedy where a model is to be written: `compile` makes none with such weights. */
const WRITTEN = "its weights were changed after it was compiled; only finite ones are written";

function checkFinite(tensors: ReadonlyMap<string, Tensor>, remedy: string): void {
  for (const [name, { data }] of tensors) {
    const index = data.findIndex((weight) => !Number.isFinite(weight));
    if (index < 0) continue;
    throw new ModelFileError(
      `weight ${index} of ${name} is ${data[index]}; a compiled model has finite weights only`,
      remedy,
    );
  }
}

/**
 * Reads a file of either format.
 *
 * @param make - makes the model of the tensors and the metadata
 * @throws ModelFileError
 */
export function modelFrom<T extends object>(
  bytes: FileBytes,
  decode: (bytes: FileBytes) => SafetensorsFile,
  make: (file: SafetensorsFile) => T,
): T & Pick<ReadFile, "notes"> {
  try {
    const file = decode(bytes);
    const notes = checksumNotes(file);
    return { ...make(file), notes };
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof OnnxFileError) {
      const suggestion = error instanceof ChecksumError ? error.suggestion : FOREIGN_OR_DAMAGED;
      throw new ModelFileError(error.message, suggestion);
    }
    throw error;
  }
}

function compiledFrom({ metadata, tensors }: SafetensorsFile): ModelFile {
  const card = decodeCard(metadata);
  const { config } = card;
  const shapes = (): ReadonlyMap<string, unknown> => TransformerEncoder.parameterShapes(config);
  return { model: modelOf(tensors, shapes, () => new TransformerEncoder(config, tensors)), card };
}

/**
 * A model of weights that were read.
 *
 * @param shapes - the shapes that its description says
 * @throws ModelFileError where the weights do not fit it, or are not finite
 */
export function modelOf<M>(
  tensors: ReadonlyMap<string, Tensor>,
  shapes: () => ReadonlyMap<string, unknown>,
  make: () => M,
): M {
  checkFinite(tensors, "the file was changed after it was compiled: compile the program again");
  try {
    const missing = [...shapes().keys()].find((name) => !tensors.has(name));
    if (missing !== undefined) throw new Error(`the tensor ${missing} is missing`);
    return make();
  } catch (error) {
    throw new ModelFileError(
      `the model's weights do not fit its description: ${(error as Error).message}`,
      "compile the program again",
    );
  }
}
