/** `selectron compile`: a program becomes a Transformer's weights in one file. */
import type { Command } from "commander";
import { addCompileOptions, compileSelection, type CompileSelection } from "../compile-options.js";
import type { Context } from "../context.js";
import { checkPlace, writeOut } from "../files/files.js";
import { checkLine, quickCheck, verdictJson } from "../text/check-text.js";
import { certificateJson, certificateText, statsJson, statsText } from "../text/describe-model.js";
import { formatOf } from "../files/model-file.js";

interface CompileCommandOptions extends CompileSelection {
  readonly output: string;
}

/** Adds the command. */
export function registerCompile(program: Command, context: Context): void {
  addCompileOptions(
    program
      .command("compile")
      .description("compile an s-op to the weights of a Transformer; it says whether they are proved"),
  )
    .requiredOption("-o, --output <file>", "where the model goes: NAME.safetensors or NAME.onnx")
    .option("--json", "one JSON object on standard output")
    .action((file: string, options: CompileCommandOptions) => {
      const { output, json } = options;
      const encode = formatOf(output);
      checkPlace(context, output);
      const { sops, model } = compileSelection(context, file, options);
      writeOut(context, output, encode(model));
      const checked = quickCheck(model, sops);
      const { sop, maxLength, causal = false } = options;
      if (json) {
        context.printJson({
          output,
          sop,
          maxLength,
          causal,
          stats: statsJson(model),
          certificate: certificateJson(model),
          check: verdictJson(checked),
        });
      } else {
        context.print(
          `wrote ${output}: ${sop}, up to ${maxLength} tokens${causal ? ", causal" : ""}\n${statsText(model)}\n${certificateText(model)}\n${checkLine(checked)}`,
        );
      }
    });
}
