/** `selectron verify`: does the compiled model compute its program? Exit code `Yes` or `No`. */
import { weightsChecksum } from "@selectron/core";
import { countCandidates, encodeReport, readGpt2Folder, verify } from "@selectron/rasp";
import { Option, type Command } from "commander";
import { addCompileOptions, parseShard, wholeNumber, type CompileSelection } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { howToVerify, type HowOptions } from "../how-to-verify.js";
import { addLoopedOption } from "../looped/select.js";
import { verifyLoopedModel } from "../looped/verify-looped-model.js";
import { checkLine, quickCheck, verdictJson } from "../text/check-text.js";
import { verifyWithScratchpad } from "../scratchpad.js";
import { readBytes } from "../files/files.js";
import { MOST_JOBS } from "../process/threads.js";
import { useFastKernels } from "../files/model-file.js";
import { runProgram } from "../files/program-file.js";
import { withProgress } from "../text/progress.js";
import { reportText } from "../text/report-text.js";
import { verificationInParts } from "../verification.js";

interface VerifyCommandOptions extends CompileSelection, HowOptions {
  readonly looped?: boolean;
  readonly scratchpad?: boolean;
  readonly jobs?: number;
}

/** Adds the command. */
export function registerVerify(program: Command, context: Context): void {
  const command = program.command("verify").description("compare the compiled model with the interpreter");
  addLoopedOption(addCompileOptions(command, false))
    .argument("[program]", "its RASP program, where FILE is a folder (--format) or a model (--looped, --scratchpad)")
    .addOption(new Option("--format <name>", "compare a folder that `compile` wrote").choices(["gpt2"]))
    .addOption(
      new Option("--scratchpad", "compare a decoder with a scratchpad, each token that it writes").conflicts("looped"),
    )
    .option("--exhaustive", "try every input up to the maximum length")
    .option("--runs <n>", "try this many random inputs", wholeNumber(1))
    .option("--seed <n>", "which random inputs; equal seeds, equal inputs", wholeNumber(0), 0)
    .option("--shard <i/n>", "only the i-th of n parts of the inputs; `selectron merge` joins the reports", parseShard)
    .addOption(
      new Option("--jobs <n>", "parts that run at once, all cores by default; the report is the same")
        .argParser(wholeNumber(1, MOST_JOBS))
        .conflicts(["looped", "scratchpad", "format"]),
    )
    .option("--json", "one JSON object on standard output")
    .action(async (file: string, source: string | undefined, options: VerifyCommandOptions) => {
      if (options.looped) return verifyLoopedModel(context, file, source, options);
      if (options.scratchpad) return verifyWithScratchpad(context, file, source, options);
      if (options.format !== undefined) return verifyFolder(context, file, source, options);
      checkGiven(source, options);
      const { report, sops, model } = await verificationInParts(context, file, options, options.jobs);
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
      "a folder and its program go with --format gpt2, a looped model and its program with --looped",
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
