/** The configuration of any model that `selectron compile` or `selectron train` wrote. */
import type { EncoderConfig, TransformerConfig } from "@selectron/nn";
import { isTrainedEncoder, readTrainedEncoder } from "@selectron/rasp/decompile";
import type { Context } from "../context.js";
import { readBytes } from "./files.js";
import { compiledModel } from "./model-file.js";
import { isSequenceModel, readSequenceModel, refuseCheckpoint } from "./sequence-model.js";

/** @throws UsageError for a file that is none of these, ModelFileError or DecompileError for a damaged one */
export function anyModel(
  context: Context,
  file: string,
): { readonly config: EncoderConfig | TransformerConfig; readonly parameters: number } {
  const bytes = readBytes(context, file);
  if (isSequenceModel(bytes)) {
    const { model, notes } = readSequenceModel(bytes);
    context.note(file, notes);
    return { config: model.config, parameters: model.parameterCount };
  }
  refuseCheckpoint(file, bytes);
  if (isTrainedEncoder(bytes)) {
    const { model, notes } = readTrainedEncoder(bytes);
    context.note(file, notes);
    return { config: model.config, parameters: model.parameterCount };
  }
  const { model } = compiledModel(context, file, bytes);
  return { config: model.config, parameters: model.parameterCount };
}
