/** A model and its data, read from the files that the options name and ready to be decompiled. */
import { Gpt2 } from "@selectron/nn";
import {
  decompile,
  decompileEncoder,
  isTrainedEncoder,
  parseData,
  readTask,
  readTrainedEncoder,
  type Decompiled,
  type DecompileOptions,
  type Sequence,
} from "@selectron/rasp/decompile";
import { UsageError, type Context } from "../context.js";
import { readText } from "../files/files.js";
import { isSequenceModel, readSequenceModel, refuseCheckpoint } from "../files/sequence-model.js";
import { checkFormat, configBeside, nameOf, readJson } from "./weights.js";

/** Paths, in which `{name}` is the model's file name without its extension and `{task}` the `task` of its configuration. */
export interface Companions {
  readonly config?: string;
  readonly data?: string;
  readonly fresh?: string;
}

export interface Job {
  /** The model's file name without its extension. */
  readonly name: string;
  /** A hash of the files that were read: a checkpoint with another one belongs to another job. */
  readonly fingerprint: number;
  /** Whether several threads can do it together. */
  readonly isShared: boolean;
  readonly run: (options: DecompileOptions) => Decompiled;
}

/**
 * @param given - the path that the user gave: a file, or a folder
 * @param path - of the file of the weights, or of their index
 * @param files - what is there
 * @throws UsageError, Gpt2Error, DecompileError
 */
export function readJob(
  context: Context,
  given: string,
  path: string,
  files: readonly Uint8Array[],
  companions: Companions,
): Job {
  checkFormat(path, files);
  const bytes = files[0] ?? new Uint8Array();
  const name = nameOf(given);
  if (isTrainedEncoder(bytes)) {
    const encoder = readTrainedEncoder(bytes);
    context.note(path, encoder.notes);
    return { name, fingerprint: hash(bytes), isShared: false, run: (options) => decompileEncoder(encoder, options) };
  }
  refuseCheckpoint(path, bytes);
  if (isSequenceModel(bytes)) {
    throw new UsageError(
      `"${path}" is a model of the task ${readSequenceModel(bytes).task.name}, an encoder with a decoder, and no decompiler reads those`,
      "decompile reads what `selectron compile` and `selectron train FILE --sop NAME` wrote, and with --config and --data GPT-2-style models",
    );
  }
  const beside = given === path && files.length === 1 ? undefined : configBeside(context, path);
  const configPath = companions.config === undefined ? beside : filled(companions.config, { name });
  if (configPath === undefined || companions.data === undefined) {
    throw new UsageError(
      `"${path}" does not say how it was trained`,
      `give ${configPath === undefined ? "--config and " : ""}--data; only models of \`selectron compile\`, and of \`selectron train\` with a program, need neither`,
    );
  }
  const config = readJson(context, configPath, "give the model's config.json");
  const model = Gpt2.fromSafetensors(files, config);
  const task = readTask(config, model.config.vocabularySize);
  const { task: taskName } = config as { readonly task?: unknown };
  const texts = (["data", "fresh"] as const).map((which) => {
    const given = companions[which];
    if (given === undefined) return undefined;
    return readText(context, filled(given, { name, task: String(taskName) }));
  });
  const [data, fresh] = texts.map((text): readonly Sequence[] | undefined =>
    text === undefined ? undefined : parseData(text, task, model.config.maxLength),
  );
  const parts = [...texts, JSON.stringify(config)].map((text) => new TextEncoder().encode(text ?? ""));
  const fingerprint = [...files.slice(1), ...parts].reduce((sum, part) => hash(part, sum), hash(bytes));
  return {
    name,
    fingerprint,
    isShared: true,
    run: (options) => decompile(model, task, data!, { ...options, ...(fresh ? { fresh } : {}) }),
  };
}

const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replace(/\{(name|task)\}/g, (whole, key: string) => values[key] ?? whole);

/** The FNV-1a hash of bytes, continued from another hash. */
const hash = (bytes: Uint8Array, from = 0x811c9dc5): number =>
  bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, from);
