/** `selectron verify`: does the compiled model compute its program? Exit code `Yes` or `No`. */
import { weightsChecksum } from "@selectron/core";
import {
  countCandidates,
  countInputs,
  encodeReport,
  readGpt2Folder,
  verify,
  type Shard,
  type VerifyOptions,
} from "@selectron/rasp";
import { Option, type Command } from "commander";
import {
  addCompileOptions,
  compileSelection,
  parseShard,
  wholeNumber,
  type CompileSelection,
} from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { checkLine, quickCheck, verdictJson } from "../text/check-text.js";
import { statsJson } from "../text/describe-model.js";
import { readBytes } from "../files/files.js";
import { useFastKernels } from "../files/model-file.js";
import { runProgram } from "../files/program-file.js";
import { withProgress } from "../text/progress.js";
import { reportText } from "../text/report-text.js";

interface VerifyCommandOptions extends CompileSelection, HowOptions {}

/** Which inputs are tried. */
export interface HowOptions extends Pick<CompileSelection, "vocab" | "maxLength"> {
  readonly exhaustive?: boolean;
  readonly runs?: number;
  readonly seed: number;
  readonly shard?: Shard;
}

/** The most inputs that `--exhaustive` tries. */
const MOST_INPUTS = 20_000_000;

/** Adds the command. */
export function registerVerify(program: Command, context: Context): void {
  addCompileOptions(program.command("verify").description("compare the compiled model with the interpreter"), false)
    .argument("[program]", "of the folder that FILE is with --format: its RASP program")
    .addOption(new Option("--format <name>", "compare a folder that `compile` wrote").choices(["gpt2"]))
    .option("--exhaustive", "try every input up to the maximum length")
    .option("--runs <n>", "try this many random inputs", wholeNumber(1))
    .option("--seed <n>", "which random inputs; equal seeds, equal inputs", wholeNumber(0), 0)
    .option("--shard <i/n>", "only the i-th of n parts of the inputs; `selectron merge` joins the reports", parseShard)
    .option("--json", "one JSON object on standard output")
    .action(async (file: string, source: string | undefined, options: VerifyCommandOptions) => {
      if (options.format !== undefined) return verifyFolder(context, file, source, options);
      checkGiven(source, options);
      // How many inputs are promised is known after the compile only.
      const early = options.promise === undefined ? howToVerify(options) : undefined;
      const { sops, model } = compileSelection(context, file, options);
      const how = early ?? howToVerify(options, countCandidates(model));
      await useFastKernels();
      const verified = withProgress(context, options, (report) =>
        verify(sops, model, how, (done, total) => report("comparing", done, total)),
      );
      const { precision } = model.card;
      const report = {
        sop: options.sop,
        ...encodeReport(verified),
        ...(precision === "float32" ? {} : { precision }),
        // Shards of one program that other versions compiled may be of another model.
        weights: weightsChecksum(model.model.parameters()),
        stats: statsJson(model),
      };
      if (!report.ok) context.exitCode = ExitCode.No;
      // A shard is about some of the inputs, and the check about all.
      const checked = options.shard ? undefined : quickCheck(model, sops);
      if (options.json) context.printJson({ ...report, ...(checked ? { check: verdictJson(checked) } : {}) });
      else context.print([reportText(options.sop, report), ...(checked ? [checkLine(checked)] : [])].join("\n"));
    });
}

/** @throws UsageError where there is a second file, or an option is missing without which nothing can be compiled */
function checkGiven(source: string | undefined, options: Partial<VerifyCommandOptions>): void {
  if (source !== undefined) {
    throw new UsageError(
      `there are two files: ${source} is one too many`,
      "a folder and its program go with --format gpt2",
    );
  }
  const given = {
    "--sop <name>": options.sop,
    "--vocab <tokens>": options.vocab,
    "--max-length <n>": options.maxLength,
  };
  const missing = Object.entries(given).find(([, value]) => value === undefined);
  if (missing) {
    throw new UsageError(
      `required option '${missing[0]}' not specified`,
      "selectron verify --help has an example of each",
    );
  }
}

/** Compares the GPT-2 in a folder with its program. @throws UsageError, ModelFileError */
async function verifyFolder(
  context: Context,
  folder: string,
  source: string | undefined,
  options: Partial<CompileSelection> & Omit<HowOptions, "vocab" | "maxLength">,
): Promise<void> {
  if (source === undefined) {
    throw new UsageError(
      "verify --format needs the program, too",
      `selectron verify --format gpt2 ${folder} FILE.rasp`,
    );
  }
  const said = (["vocab", "maxLength", "promise", "causal", "mark"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (said !== undefined) {
    const flag = said === "maxLength" ? "max-length" : said;
    throw new UsageError(`--${flag} is what the folder was compiled with`, "leave it out");
  }
  const model = readGpt2Folder((name) => readBytes(context, `${folder}/${name}`));
  const { vocabulary: vocab, maxLength, name } = model.card;
  const how = howToVerify({ ...options, vocab, maxLength }, countCandidates(model));
  const sop = options.sop ?? name;
  const program = runProgram(context, source, vocab.slice(0, maxLength)).sop(sop);
  await useFastKernels();
  const verified = withProgress(context, options, (report) =>
    verify(program, model, how, (done, total) => report("comparing", done, total)),
  );
  const report = { sop, ...encodeReport(verified), weights: weightsChecksum(model.model.parameters) };
  if (!report.ok) context.exitCode = ExitCode.No;
  if (options.json) context.printJson(report);
  else context.print(reportText(sop, report));
}

/** Which inputs the options ask for, of a number that an exhaustive run would go through. @throws UsageError */
export function howToVerify(
  { exhaustive, runs, seed, shard, vocab, maxLength }: HowOptions,
  inputs = countInputs(vocab.length, maxLength),
): VerifyOptions {
  if ((exhaustive === true) === (runs !== undefined)) {
    throw new UsageError("verify needs either --exhaustive or --runs N", "for example --runs 2000 --seed 1");
  }
  const part = shard ? { shard } : {};
  if (runs !== undefined) return { runs, seed, ...part };
  const parts = shard?.count ?? 1;
  if (inputs / parts > MOST_INPUTS) {
    throw new UsageError(
      `there are ${inputs} inputs of up to ${maxLength} of ${vocab.length} tokens, too many to try each`,
      `use a smaller --max-length, fewer tokens, --runs 2000, or --shard 1/${Math.ceil(inputs / MOST_INPUTS)} and so on`,
    );
  }
  return { exhaustive: true, ...part };
}
