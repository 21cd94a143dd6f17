/** A looped model as a file, and back: the weights by nn's parameter names, and the card as metadata, as of models without a loop. */
import { decodeSafetensors, withChecksum, type FileBytes, type SafetensorsFile } from "@selectron/core";
import { LoopedEncoder } from "@selectron/nn";
import { loopedToOnnx } from "../export/onnx/looped.js";
import { decodeOnnx } from "../export/onnx/read.js";
import { checkWritten, metadataOf, modelFrom, modelOf, weightsFile } from "../model/model-file.js";
import { widthOf } from "../plan/ir/decoding.js";
import { decodeLoopedCard, encodeLoopedCard, isLoopedCard, type LoopedCard } from "./looped-card.js";

/** What a file holds. */
export interface LoopedFile {
  readonly model: LoopedEncoder;
  readonly card: LoopedCard;
}

/** A file that was read, and what whoever uses the model should know of it. */
export interface ReadLoopedFile extends LoopedFile {
  readonly notes: readonly string[];
}

/** Whether a file is that of a looped model, by its metadata; `CompiledModel` reads those of models without a loop. */
export const isLoopedModel = (bytes: FileBytes): boolean => isLoopedCard(metadataOf(bytes));

/** @throws ModelFileError on weights that are not finite */
export const loopedSafetensorsFile = ({ model, card }: LoopedFile): Uint8Array =>
  weightsFile(model, encodeLoopedCard(card));

/** @throws ModelFileError on weights that are not finite */
export function loopedOnnxFile({ model, card }: LoopedFile): Uint8Array {
  checkWritten(model);
  const { name, maxLength, output } = card;
  return loopedToOnnx(model, {
    name,
    text:
      `RASP program ${name}, compiled by Selectron with its loop for inputs of up to ${maxLength} tokens. ` +
      "tokens: id 0 (BOS) first, then v + 1 for token v of the vocabulary, then -1 for padding.",
    metadata: withChecksum(model.parameters(), encodeLoopedCard(card)),
    outputs: [{ name: "classes", width: widthOf(output), ...(output.points ? { points: output.points } : {}) }],
  });
}

/** @throws ModelFileError on a damaged or foreign file, and on weights that are not finite */
export const readLoopedOnnx = (bytes: FileBytes): ReadLoopedFile => modelFrom(bytes, decodeOnnx, loopedFrom);

/** @throws ModelFileError as `readLoopedOnnx` does */
export const readLoopedSafetensors = (bytes: FileBytes): ReadLoopedFile =>
  modelFrom(bytes, decodeSafetensors, loopedFrom);

function loopedFrom({ metadata, tensors }: SafetensorsFile): LoopedFile {
  const card = decodeLoopedCard(metadata);
  const { config } = card;
  const shapes = (): ReadonlyMap<string, unknown> => LoopedEncoder.parameterShapes(config);
  return { model: modelOf(tensors, shapes, () => new LoopedEncoder(config, tensors)), card };
}
