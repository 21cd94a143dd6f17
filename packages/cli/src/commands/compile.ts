/** `selectron compile`: a program becomes a Transformer's weights in one file, or a folder for another tool. */
import { circuitOf, type CompiledModel, type Folder } from "@selectron/rasp";
import { Option, type Command } from "commander";
import { addCompileOptions, compileSelection, type CompileSelection } from "../compile-options.js";
import type { Context } from "../context.js";
import { checkEmpty, checkPlace, makeFolder, writeOut } from "../files/files.js";
import { compileToScratchpad } from "../scratchpad.js";
import { checkLine, quickCheck, verdictJson } from "../text/check-text.js";
import { certificateJson, certificateText, statsJson, statsText } from "../text/describe-model.js";
import { compileLoopedFile } from "../looped/compile-looped.js";
import { addLoopedOption } from "../looped/select.js";
import { formatOf } from "../files/model-file.js";
import { folderFormats, gpt2Sizes, writeFolder } from "../files/model-folder.js";

interface CompileCommandOptions extends CompileSelection {
  readonly output: string;
  readonly circuit?: string;
  readonly looped?: boolean;
  readonly scratchpad?: boolean;
}

/** Adds the command. */
export function registerCompile(program: Command, context: Context): void {
  addLoopedOption(
    addCompileOptions(
      program
        .command("compile")
        .description("compile an s-op to the weights of a Transformer; it says whether they are proved"),
    ),
  )
    .requiredOption(
      "-o, --output <file>",
      "where the model goes: NAME.safetensors or NAME.onnx, or the folder of --format",
    )
    .addOption(
      new Option("--format <name>", "a folder that another tool loads, instead of a file").choices(folderFormats),
    )
    .option("--circuit <file>", "where its circuit goes too, as JSON; the folders of --format have one")
    .addOption(
      new Option(
        "--scratchpad",
        "a loop as a decoder that writes the states of each step behind the input, and the answer",
      ).conflicts("looped"),
    )
    .option("--json", "one JSON object on standard output")
    .action((file: string, options: CompileCommandOptions) => {
      if (options.looped) return compileLoopedFile(context, file, options);
      if (options.scratchpad) return compileToScratchpad(context, file, options);
      const { output, json } = options;
      const write = writerOf(context, options);
      if (options.circuit !== undefined) checkPlace(context, options.circuit);
      const { sops, model } = compileSelection(context, file, options);
      const files = write(model);
      writeCircuit(context, options, model);
      // Of a GPT-2 the weights are others.
      const checked = model.card.gpt2 ? undefined : quickCheck(model, sops);
      const { sop, maxLength, causal = false } = options;
      if (json) {
        context.printJson({
          output,
          sop,
          maxLength,
          causal,
          stats: statsJson(model),
          ...(model.card.gpt2 ? { gpt2: { ...gpt2Sizes(files!) } } : {}),
          certificate: certificateJson(model),
          ...(checked ? { check: verdictJson(checked) } : {}),
        });
      } else {
        const first = `wrote ${output}: ${sop}, up to ${maxLength} tokens${causal ? ", causal" : ""}`;
        context.print(
          [
            first,
            statsText(model),
            ...(checked ? [] : [sizesLine(gpt2Sizes(files!))]),
            certificateText(model),
            checked ? checkLine(checked) : verifyLine(output, file),
          ].join("\n"),
        );
      }
    });
}

const sizesLine = (sizes: Readonly<Record<string, number>>): string =>
  `as a GPT-2: ${Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(", ")}`;

const verifyLine = (folder: string, program: string): string =>
  `hold the folder to the program: selectron verify --format gpt2 ${folder} ${program} --runs 1000`;

/** Writes the model in the format that the options say, and gives the files of a folder. @throws UsageError before the compile, where it cannot be written */
function writerOf(
  context: Context,
  { output, format }: CompileCommandOptions,
): (model: CompiledModel) => Folder | undefined {
  if (format !== undefined) {
    checkEmpty(context, output);
    makeFolder(context, output);
    return (model) => writeFolder(context, output, format, model);
  }
  const encode = formatOf(output);
  checkPlace(context, output);
  return (model) => void writeOut(context, output, encode(model));
}

/** The circuit of the model that was written. */
function writeCircuit(context: Context, { circuit, format }: CompileCommandOptions, model: CompiledModel): void {
  if (circuit === undefined) return;
  const found = circuitOf(model, { equalLayers: format !== undefined });
  writeOut(context, circuit, new TextEncoder().encode(`${JSON.stringify(found)}\n`));
}
