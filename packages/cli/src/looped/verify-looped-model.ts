/** `selectron verify --looped`: every step of a looped model beside the interpreter's. */
import { weightsChecksum } from "@selectron/core";
import { isLoopedModel, verifyLooped } from "@selectron/rasp";
import type { CompileSelection } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { howToVerify, type HowOptions } from "../how-to-verify.js";
import { loopedReportJson, loopedReportText } from "./report.js";
import { readBytes } from "../files/files.js";
import { readLooped, useFastKernels } from "../files/model-file.js";
import { runProgram } from "../files/program-file.js";
import { loopStatsJson } from "./describe-looped.js";
import { checkLoopedOptions, compileLoopedSelection, type LoopedSelection } from "./select.js";

type Options = Partial<CompileSelection> & Omit<HowOptions, "vocab" | "maxLength">;

/**
 * Exit code `Yes` or `No`.
 *
 * @param source - the program, where FILE is a model
 * @throws RaspError with the place in the program, UsageError, ModelFileError
 */
export async function verifyLoopedModel(
  context: Context,
  file: string,
  source: string | undefined,
  options: Options,
): Promise<void> {
  checkLoopedOptions(options);
  if (options.shard) {
    throw new UsageError("reports of looped models are not merged yet", "leave --shard out, or use other --seed");
  }
  const { sop, model } =
    source === undefined ? compiledFrom(context, file, options) : readFrom(context, file, source, options);
  const how = howToVerify({ ...options, vocab: model.vocabulary, maxLength: model.maxLength });
  await useFastKernels();
  const report = verifyLooped(sop, model, how);
  if (!report.ok) context.exitCode = ExitCode.No;
  const name = options.sop ?? model.card.name;
  if (options.json) {
    context.printJson({
      sop: name,
      looped: true,
      ...loopedReportJson(report, how, model),
      weights: weightsChecksum(model.model.parameters()),
      stats: loopStatsJson(model),
    });
  } else {
    context.print(loopedReportText(name, report, how, model));
  }
}

/** The model that the program is compiled to. */
function compiledFrom(context: Context, file: string, options: Options): LoopedSelection {
  const { sop, vocab, maxLength } = options;
  const missing = Object.entries({
    "--sop <name>": sop,
    "--vocab <tokens>": vocab,
    "--max-length <n>": maxLength,
  }).find(([, value]) => value === undefined);
  if (missing) {
    throw new UsageError(
      `required option '${missing[0]}' not specified`,
      "of a model in a file: selectron verify --looped model.safetensors FILE.rasp --runs 1000",
    );
  }
  // Before the compile, which takes longer.
  howToVerify({ ...options, vocab: vocab!, maxLength: maxLength! });
  return compileLoopedSelection(context, file, { ...options, sop: sop!, vocab: vocab!, maxLength: maxLength! });
}

/** The model in a file, and the s-op of its program. */
function readFrom(context: Context, file: string, source: string, options: Options): LoopedSelection {
  const said = (["vocab", "maxLength", "causal"] as const).find((name) => options[name] !== undefined);
  if (said !== undefined) {
    const flag = said === "maxLength" ? "max-length" : said;
    throw new UsageError(`--${flag} is what the model was compiled with`, "leave it out");
  }
  const bytes = readBytes(context, file);
  if (!isLoopedModel(bytes)) {
    throw new UsageError(
      `"${file}" is no looped model`,
      "give what `selectron compile --looped` wrote, then its program",
    );
  }
  const model = readLooped(context, file, bytes);
  const { vocabulary, maxLength, card } = model;
  return { model, sop: runProgram(context, source, vocabulary.slice(0, maxLength)).sop(options.sop ?? card.name) };
}
