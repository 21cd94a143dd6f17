/** The files of models that learnt copy, addition or a parser: an encoder and a decoder. */
import {
  checksumNotes,
  ChecksumError,
  decodeSafetensors,
  encodeSafetensors,
  printable,
  SafetensorsError,
  ShapeError,
  withChecksum,
  type SafetensorsFile,
} from "@selectron/core";
import { Transformer, transformerDefaults, type SequenceTask, type TransformerConfig } from "@selectron/nn";
import { ModelFileError } from "@selectron/rasp";
import { UsageError } from "../context.js";
import { taskNamed, TASKS } from "../train/tasks.js";

const METADATA = "selectron.transformer";

export interface SequenceModel {
  readonly task: SequenceTask;
  readonly model: Transformer;
  /** The decoder's first token. */
  readonly start: number;
  readonly notes: readonly string[];
}

/** The bytes of a file. Equal models give equal bytes. */
export function encodeSequenceModel(model: Transformer, { name, start }: SequenceTask, seed: number): Uint8Array {
  const card = JSON.stringify({ task: name, seed, start, config: model.config });
  const tensors = model.parameters();
  return encodeSafetensors(tensors, withChecksum(tensors, { [METADATA]: card }));
}

/** The metadata of a file; none of one that is no safetensors file. */
export function metadataOf(bytes: Uint8Array): Readonly<Record<string, string>> {
  try {
    return decodeSafetensors(bytes, { only: () => false }).metadata;
  } catch (error) {
    if (error instanceof SafetensorsError) return {};
    throw error;
  }
}

/** Whether a file is such a model. */
export const isSequenceModel = (bytes: Uint8Array): boolean => metadataOf(bytes)[METADATA] !== undefined;

/** @throws UsageError for a checkpoint, which is no model yet */
export function refuseCheckpoint(path: string, bytes: Uint8Array): void {
  if (metadataOf(bytes)["selectron.training"] === undefined) return;
  throw new UsageError(
    `"${printable(path)}" is a checkpoint of a training, from which it can go on, and no model`,
    "give the model.safetensors that the training writes at its end",
  );
}

/** @throws ModelFileError where the file is damaged */
export function readSequenceModel(bytes: Uint8Array): SequenceModel {
  try {
    const file = decodeSafetensors(bytes);
    const notes = checksumNotes(file);
    const { task: name, start, config } = recordOf(JSON.parse(file.metadata[METADATA] ?? ""), "the description");
    const task = typeof name === "string" ? taskNamed(name) : undefined;
    if (!task) throw new RangeError(`the task in it is none of ${Object.keys(TASKS).join(", ")}`);
    const model = modelOf(configOf(config), file);
    const { vocabSize } = model.config;
    if (vocabSize < task.tokens.length) {
      throw new RangeError(`${task.name} has ${task.tokens.length} tokens, and the model ${vocabSize}`);
    }
    if (!Number.isSafeInteger(start) || (start as number) < 0 || (start as number) >= vocabSize) {
      throw new RangeError(`its first token must be one of 0 to ${vocabSize - 1}`);
    }
    return { task, model, start: start as number, notes };
  } catch (error) {
    if (error instanceof ChecksumError) throw new ModelFileError(error.message, error.suggestion);
    if (![SafetensorsError, ShapeError, RangeError, SyntaxError].some((known) => error instanceof known)) throw error;
    const { message } = error as Error;
    throw new ModelFileError(`the file of the model is damaged: ${message}`, "train it again with `selectron train`");
  }
}

function modelOf(config: Partial<TransformerConfig>, { tensors }: SafetensorsFile): Transformer {
  // A layer has tensors of its own, so that there cannot be more of them.
  if (config.numHiddenLayers! > tensors.size) {
    throw new RangeError("config.numHiddenLayers is more than the file holds");
  }
  for (const [name, { data }] of tensors) {
    if (!data.every(Number.isFinite)) throw new RangeError(`${name} has a weight that is not finite`);
  }
  const missing = [...Transformer.parameterShapes(config).keys()].find((name) => !tensors.has(name));
  if (missing !== undefined) throw new RangeError(`the tensor ${missing} is missing`);
  return new Transformer(config, tensors);
}

/** What `train` writes, and nothing else: what is not known could change the model. */
function configOf(json: unknown): Partial<TransformerConfig> {
  const config = recordOf(json, "config");
  const known = Object.entries(transformerDefaults);
  const names = new Set(known.map(([name]) => name));
  const unknown = Object.keys(config).find((name) => !names.has(name));
  if (unknown !== undefined) throw new RangeError(`config.${unknown} is not known`);
  const wrong = known.find(([name, usual]) => typeof config[name] !== typeof usual)?.[0];
  if (wrong !== undefined) {
    throw new RangeError(`config.${wrong} is missing, or no ${typeof transformerDefaults[wrong as never]}`);
  }
  const { positions, layerNorm, activation, layerNormEps } = config;
  const { kind, ...more } = recordOf(positions, "config.positions");
  if (!["sinusoidal", "learned"].includes(kind as string) || Object.keys(more).length > 0) {
    throw new RangeError("config.positions must be sinusoidal or learned");
  }
  if (!["pre", "post"].includes(layerNorm as string)) throw new RangeError("config.layerNorm must be pre or post");
  if (!["relu", "gelu", "geluExact"].includes(activation as string)) {
    throw new RangeError("config.activation is not known");
  }
  if (!((layerNormEps as number) >= 0 && Number.isFinite(layerNormEps))) {
    throw new RangeError("config.layerNormEps must be a finite number, 0 or more");
  }
  return config as unknown as TransformerConfig;
}

function recordOf(json: unknown, what: string): Record<string, unknown> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new RangeError(`${what} is no object`);
}
