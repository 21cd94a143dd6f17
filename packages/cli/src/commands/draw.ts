/** `selectron draw`: a picture of the computation of an s-op on an input, as SVG with `-o` and as text without. */
import { printable } from "@selectron/core";
import { architectureSvg } from "@selectron/nn";
import { drawSvg, drawText, flow, LONGEST_INPUT, type Json } from "@selectron/rasp";
import type { Command } from "commander";
import { wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { anyModel } from "../files/any-model.js";
import { checkPlace, writeOut } from "../files/files.js";
import { parseInput } from "../input.js";
import { runProgram } from "../files/program-file.js";

interface DrawOptions {
  readonly sop?: string;
  readonly input?: string;
  readonly output?: string;
  readonly width: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerDraw(program: Command, context: Context): void {
  program
    .command("draw")
    .description(
      "a picture of the computation, layer by layer, with the attention patterns; of a model, its architecture",
    )
    .argument("<file>", "the RASP program, - reads standard input; or a model that compile or train wrote")
    .option("--sop <name>", "the s-op of a program")
    .option("--input <literal>", '"hello", [1,2,3], or bare text; the running example if absent')
    .option("-o, --output <file>", "an SVG file; without it the picture is text on standard output")
    .option("--width <pixels>", "how wide heads side by side may get in the SVG; 360 for phones", wholeNumber(240), 900)
    .option("--json", "one JSON object on standard output: the picture's data, or the file that was written")
    .action((file: string, options: DrawOptions) => {
      if (file.endsWith(".safetensors")) drawModel(context, file, options);
      else draw(context, file, options);
    });
}

/** The architecture of a model, as SVG on standard output or in a file. */
function drawModel(context: Context, file: string, { sop, input, output, json }: DrawOptions): void {
  const option = sop === undefined ? (input === undefined ? undefined : "--input") : "--sop";
  if (option !== undefined) {
    throw new UsageError(`${option} is for a program, and "${printable(file)}" is a model`, `leave out ${option}`);
  }
  if (output !== undefined) checkPlace(context, output);
  const { config } = anyModel(context, file);
  const title = file.slice(file.lastIndexOf("/") + 1);
  if (json && output === undefined) {
    context.printJson({ model: file, config: config as unknown as Json });
    return;
  }
  const svg = architectureSvg(config, { title });
  if (output === undefined) {
    context.print(svg.trimEnd());
    return;
  }
  writeOut(context, output, new TextEncoder().encode(svg));
  if (json) context.printJson({ model: file, output });
  else context.say(`wrote ${output}`);
}

function draw(context: Context, file: string, { sop, input, output, width, json }: DrawOptions): void {
  if (sop === undefined) {
    throw new UsageError(
      "a program needs --sop, the s-op to draw",
      "a model, whose architecture is drawn, ends with .safetensors",
    );
  }
  const given = input === undefined ? undefined : parseInput(input);
  if (given && given.length > LONGEST_INPUT) {
    throw new UsageError(
      `a picture shows up to ${LONGEST_INPUT} tokens; this input has ${given.length}`,
      "draw a shorter input; selectron eval takes any length",
    );
  }
  if (output !== undefined) checkPlace(context, output);
  const environment = runProgram(context, file, given);
  const picture = flow(environment.sop(sop), given ?? environment.example);
  if (output === undefined) {
    if (json) context.printJson(picture as unknown as Record<string, Json>);
    else context.print(drawText(picture));
    return;
  }
  writeOut(context, output, new TextEncoder().encode(drawSvg(picture, { width })));
  if (json) context.printJson({ sop, output });
  else context.say(`wrote ${output}`);
}
