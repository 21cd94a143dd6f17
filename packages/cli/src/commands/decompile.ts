/** `selectron decompile`: a trained model as a RASP program. Exit code 0: here it is, 1: there is none that is small and right. */
import { Gpt2 } from "@selectron/nn";
import {
  decompile,
  decompileEncoder,
  isCompiledModel,
  isTrainedEncoder,
  parseData,
  readTrainedEncoder,
  readTask,
  type Decompiled,
  type DecompileOptions,
  type Sequence,
  type Task,
} from "@selectron/rasp/decompile";
import type { Command } from "commander";
import { wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { decompiledJson, decompiledText, programFile } from "../decompile-report.js";
import { durationText, parseDuration } from "../duration.js";
import { readModel, useFastKernels, writeOut } from "../model-file.js";
import { reason } from "../program-file.js";
import { progressLine } from "../progress.js";
import { decompileCompiled } from "./decompile-compiled.js";

interface DecompileCommandOptions {
  readonly config?: string;
  readonly data?: string;
  readonly fresh?: string;
  readonly output?: string;
  readonly budget: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerDecompile(program: Command, context: Context): void {
  program
    .command("decompile")
    .description("read a RASP program back out of a trained or compiled model")
    .argument(
      "<model>",
      "what `selectron compile` or `train` wrote, or weights with Hugging Face's GPT-2 names: .safetensors",
    )
    .option("--config <file>", "the model's configuration, with its vocabulary")
    .option(
      "--data <file>",
      "sequences to observe it on: JSON lines with input_ids, offset, answer_start or allowed_next",
    )
    .option("--fresh <file>", "more such sequences, only for the report")
    .option("-o, --output <file>", "write the program")
    .option("--budget <time>", "stop searching after so long", parseDuration, 600_000)
    .option("--seed <n>", "which sequences are fitted, chosen and reported on", wholeNumber(0), 0)
    .option("--json", "one JSON object on standard output")
    .action(async (file: string, options: DecompileCommandOptions) => {
      const began = Date.now();
      await useFastKernels();
      if (isCompiledModel(readBytes(context, file)))
        return decompileCompiled(context, file, readModel(context, file), options);
      const progress = progressLine(context.io);
      const result = decompileFile(context, file, options, {
        seed: options.seed,
        progress: progress.report,
        clock: { expired: () => Date.now() - began > options.budget },
      });
      progress.end();
      tell(context, file, result, options, Date.now() - began);
    });
}

/** @throws UsageError, Gpt2Error, DecompileError */
function decompileFile(
  context: Context,
  file: string,
  { config: configPath, data, fresh }: DecompileCommandOptions,
  how: DecompileOptions,
): Decompiled {
  const bytes = readBytes(context, file);
  if (isTrainedEncoder(bytes)) return decompileEncoder(readTrainedEncoder(bytes), how);
  if (configPath === undefined || data === undefined)
    throw new UsageError(
      `"${file}" does not say how it was trained`,
      "give --config and --data; only models of `selectron compile`, and of `selectron train` with a program, need neither",
    );
  const config = readJson(context, configPath);
  const model = Gpt2.fromSafetensors(bytes, config);
  const task = readTask(config, model.config.vocabularySize);
  const sequences = (path: string): Sequence[] => readSequences(context, path, task, model);
  return decompile(model, task, sequences(data), {
    ...how,
    ...(fresh === undefined ? {} : { fresh: sequences(fresh) }),
  });
}

function tell(
  context: Context,
  model: string,
  result: Decompiled,
  options: DecompileCommandOptions,
  took: number,
): void {
  if (result.source === undefined) context.exitCode = 1;
  else if (options.output !== undefined) {
    writeOut(context, options.output, new TextEncoder().encode(programFile(model, result)));
  }
  if (options.json) return context.printJson({ model, ...decompiledJson(result), seconds: Math.round(took / 1000) });
  context.print(`${decompiledText(result)}\ntime: ${durationText(took)}`);
}

function readBytes({ io }: Context, path: string): Uint8Array {
  try {
    return io.readBytes(path);
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`, "check the path");
  }
}

function readText({ io }: Context, path: string): string {
  try {
    return io.readFile(path);
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`, "check the path");
  }
}

function readJson(context: Context, path: string): unknown {
  const text = readText(context, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`"${path}" is not JSON: ${reason(error)}`, "give the model's config.json");
  }
}

function readSequences(context: Context, path: string, task: Task, model: Gpt2): Sequence[] {
  return parseData(readText(context, path), task, model.config.maxLength);
}
