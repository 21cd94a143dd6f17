/** `selectron check`: is the model in a file its program, by the weights alone? Exit code `Yes` if that is proved, otherwise `No`. */
import { check, type SOp } from "@selectron/rasp";
import type { Command } from "commander";
import { wholeNumber } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { readBytes } from "../files/files.js";
import { compiledModel, refuseLooped } from "../files/model-file.js";
import { runProgram } from "../files/program-file.js";
import { checkJson, checkText } from "../text/check-text.js";
import { withProgress } from "../text/progress.js";

interface CheckCommandOptions {
  readonly program?: string;
  readonly sop?: string;
  readonly steps?: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerCheck(program: Command, context: Context): void {
  program
    .command("check")
    .description("derive from a model's weights alone that it computes its program, without the compiler")
    .argument("<model>", "a .safetensors file that `selectron compile` wrote")
    .option("--program <file>", "the RASP program; without it, every answer has to be certain, whatever it is")
    .option(
      "--sop <name>",
      "the s-op that the model should compute, or several: hist,sort; by default those of the model",
    )
    .option("--steps <n>", "how much work to do before giving up", wholeNumber(1))
    .option("--json", "one JSON object on standard output")
    .action((file: string, options: CheckCommandOptions) => {
      const { program: source, sop, steps, json } = options;
      if (file.endsWith(".onnx")) {
        throw new UsageError(
          `"${file}" is an ONNX file, and check takes a .safetensors file`,
          "compile the program with -o model.safetensors: the weights are the same",
        );
      }
      // Once: a pipe has no more.
      const bytes = readBytes(context, file);
      refuseLooped(file, bytes, "check does not follow loops yet");
      const { card } = compiledModel(context, file, bytes);
      const { maxLength, vocabulary, outputs, name } = card;
      let sops: Readonly<Record<string, SOp>> | undefined;
      if (source !== undefined) {
        const names = sop?.split(",") ?? outputs.map((output) => output.name);
        if (names.length !== outputs.length) {
          throw new UsageError(
            `the model has ${outputs.length} outputs (${outputs.map((output) => output.name).join(", ")}), and --sop names ${names.length}`,
            "name one s-op for each, in this order",
          );
        }
        const environment = runProgram(context, source, vocabulary.slice(0, maxLength));
        sops = Object.fromEntries(outputs.map((output, o) => [output.name, environment.sop(names[o]!)]));
      } else if (sop !== undefined) {
        throw new UsageError("--sop names an s-op of a program", "add --program FILE.rasp");
      }
      const report = withProgress(context, options, (tell) =>
        check(bytes, {
          ...(sops ? { program: sops } : {}),
          ...(steps === undefined ? {} : { steps }),
          onProgress: (done, total) => tell("checking", done, total),
        }),
      );
      if (report.verdict !== "holds") context.exitCode = ExitCode.No;
      if (json) context.printJson({ sop: name, ...checkJson(report) });
      else context.print(checkText(name, report));
    });
}
