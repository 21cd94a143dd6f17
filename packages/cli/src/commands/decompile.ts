/** `selectron decompile`: RASP programs from models. Exit code `No` if a model has no program that is small and agrees with it. */
import { Option, type Command } from "commander";
import { ModelFileError, type CompiledModel, type Json, type Shard } from "@selectron/rasp";
import { isCompiledModel, type Decompiled, type Memo } from "@selectron/rasp/decompile";
import { parseShard, wholeNumber } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { alone } from "../files/alone.js";
import { checkPlace, readBytes, writeOut } from "../files/files.js";
import { ClosedOutput } from "../files/output-error.js";
import { DecompileFolder } from "../decompile/folder.js";
import { readJob, type Companions, type Job } from "../decompile/job.js";
import { decompiledJson, decompiledText, programFile } from "../decompile/report.js";
import { together } from "../decompile/together.js";
import { nameOf, readWeights, weightsPath } from "../decompile/weights.js";
import { MOST_JOBS } from "../process/threads.js";
import { durationText, parseDuration } from "../text/duration.js";
import { compiledModel, refuseLooped, useFastKernels } from "../files/model-file.js";
import { clock, withProgress } from "../text/progress.js";
import { decompileCompiled } from "./decompile-compiled.js";

interface DecompileCommandOptions extends Companions {
  readonly output?: string;
  readonly checkpoint?: string;
  readonly shard?: Shard;
  readonly budget: number;
  readonly seed: number;
  readonly interventions?: boolean;
  readonly jobs?: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerDecompile(program: Command, context: Context): void {
  program
    .command("decompile")
    .description("read RASP programs back out of trained or compiled models")
    .argument(
      "<models...>",
      "what `selectron compile` or `train` wrote, or weights with Hugging Face's GPT-2 names: .safetensors, its .index.json, or their folder; .onnx of `selectron compile`",
    )
    .option(
      "--config <file>",
      "the model's configuration, with its vocabulary; {name} is the model's file name; in a folder, its config.json",
    )
    .option(
      "--data <file>",
      "sequences to observe it on: JSON lines with input_ids, offset, answer_start or allowed_next; {task} is the configuration's task",
    )
    .option("--fresh <file>", "more such sequences, only for the report")
    .option("-o, --output <file>", "write the program")
    .option(
      "--checkpoint <folder>",
      "reports, programs and pictures go there; the same command continues where it stopped",
    )
    .option("--shard <i/n>", "only the i-th of n parts of the models", parseShard)
    .addOption(
      new Option("--budget <time>", "stop searching each model after this time")
        .argParser(parseDuration)
        .default(480_000, "8m"),
    )
    .option("--seed <n>", "which sequences are fitted, chosen and reported on", wholeNumber(0), 0)
    .option("--interventions", "also cut parts of the model where a program is found")
    .option(
      "--jobs <n>",
      "threads that search together, as many as cores, up to 8, by default; the report is the same",
      wholeNumber(1, MOST_JOBS),
    )
    .option("--json", "a JSON object for each model on standard output")
    .action((models: readonly string[], options: DecompileCommandOptions) => decompileAll(context, models, options));
}

async function decompileAll(
  context: Context,
  models: readonly string[],
  options: DecompileCommandOptions,
): Promise<void> {
  if (options.output !== undefined && models.length > 1) {
    throw new UsageError("-o is for one model", "use --checkpoint FOLDER for several");
  }
  if (options.output !== undefined) {
    checkPlace(context, options.output);
    alone(context, options.output, `${options.output}.lock`, "selectron decompile");
  }
  await useFastKernels();
  const { index, count } = options.shard ?? { index: 1, count: 1 };
  const mine = models.filter((_, i) => i % count === index - 1);
  const folder = options.checkpoint === undefined ? undefined : new DecompileFolder(context, options.checkpoint);
  if (folder) checkNames(models);
  for (const [i, model] of mine.entries()) {
    if (models.length === 1) return decompileOne(context, model, options, folder);
    context.say(`${model}, ${i + 1} of ${mine.length}`);
    const before = context.exitCode;
    try {
      decompileOne(context, model, options, folder);
    } catch (error) {
      // The other models are still decompiled, unless nobody sees what becomes of them.
      if (!(error instanceof ClosedOutput)) context.fail(error, options.json === true);
      else if (!folder) throw error;
    }
    if (before > context.exitCode) context.exitCode = before;
  }
}

/** @throws UsageError, Gpt2Error, DecompileError */
function decompileOne(
  context: Context,
  given: string,
  options: DecompileCommandOptions,
  folder?: DecompileFolder,
): void {
  const path = weightsPath(context, given);
  const { seed, interventions = false } = options;
  if (path.endsWith(".onnx")) return decompileCompiled(context, path, noScratchpad(readOnnx(context, path)), options);
  const files = readWeights(context, path);
  if (files.length === 1) refuseLooped(path, files[0]!, "decompile does not read them yet");
  if (files.length === 1 && isCompiledModel(files[0]!)) {
    return decompileCompiled(context, path, noScratchpad(compiledModel(context, path, files[0]!)), options);
  }
  const job = readJob(context, given, path, files, options);
  const { name, fingerprint } = job;
  const key = { fingerprint, seed, interventions };
  const unlock = folder?.lock(name);
  const done = folder?.finished(name, key);
  const program = folder?.program(name);
  if (done && (done["ok"] !== true || program !== undefined)) {
    context.say(`${name} is done already: ${options.checkpoint}/${name}.json`);
    if (done["ok"] !== true) context.exitCode = ExitCode.No;
    else if (options.output !== undefined) writeOut(context, options.output, new TextEncoder().encode(program));
    if (options.json) context.printJson(done);
    return;
  }
  const began = clock(context.io);
  const memo = folder?.memo(name, key);
  const result = searched(context, { job, given, path, began, ...(memo ? { memo } : {}) }, options);
  const took = clock(context.io) - began;
  const report: Readonly<Record<string, Json>> = {
    model: path,
    of: key,
    ...decompiledJson(result),
    seconds: Math.round(took / 1000),
    peakMegabytes: context.io.peakMegabytes?.() ?? null,
  };
  folder?.finish(name, result, report);
  unlock?.();
  if (result.source === undefined) {
    context.exitCode = ExitCode.No;
  } else if (options.output !== undefined) {
    writeOut(context, options.output, new TextEncoder().encode(programFile(name, result)));
  }
  if (options.json) return context.printJson(report);
  const memory = report["peakMegabytes"] === null ? "" : `, at most ${String(report["peakMegabytes"])} MB of memory`;
  context.print(`${decompiledText(result)}\ntime: ${durationText(took)}${memory}`);
}

/** What is decompiled, and since when. */
interface Begun {
  readonly job: Job;
  readonly given: string;
  readonly path: string;
  readonly began: number;
  readonly memo?: Memo;
}

/** The program of a model, searched for by as many threads as are asked for. */
function searched(
  context: Context,
  { job, given, path, began, memo }: Begun,
  options: DecompileCommandOptions,
): Decompiled {
  const { config, data, fresh, seed, budget, interventions = false } = options;
  // Other parts take the other cores.
  const jobs = options.jobs ?? (options.shard ? 1 : undefined);
  const companions = Object.fromEntries(
    Object.entries({ config, data, fresh }).filter(([, file]) => file !== undefined),
  );
  const expired = (share = 1): boolean => clock(context.io) - began > share * budget;
  return together(context, job, { given, path, companions, seed, interventions }, jobs, (team) =>
    withProgress(context, options, (progress) =>
      job.run({
        seed,
        interventions,
        progress,
        clock: { expired },
        ...(memo ? { memo } : {}),
        ...(team ? { team } : {}),
      }),
    ),
  );
}

/** @throws UsageError where two models would have the same files in a folder */
function checkNames(models: readonly string[]): void {
  const names = models.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new UsageError(
    `two of the models are called ${twice}, and would have the same files in the folder`,
    "use a --checkpoint folder for each",
  );
}

/** @throws UsageError for a decoder with a scratchpad */
function noScratchpad(model: CompiledModel): CompiledModel {
  if (!model.card.scratchpad) return model;
  throw new UsageError(
    "this model writes a scratchpad, and decompile does not read such models yet",
    "`selectron run` shows what it writes; compile the program without --scratchpad to decompile it",
  );
}

/** @throws UsageError if it is not a compiled model: other ONNX files do not say which operators make a head or a layer */
function readOnnx(context: Context, path: string): CompiledModel {
  try {
    const bytes = readBytes(context, path);
    refuseLooped(path, bytes, "decompile does not read them yet");
    return compiledModel(context, path, bytes);
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw new UsageError(
      `cannot decompile "${path}": ${error.message}`,
      "only ONNX files that `selectron compile` wrote can be read; for a trained model give the .safetensors",
    );
  }
}
