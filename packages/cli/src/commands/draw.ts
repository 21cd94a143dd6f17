/** `selectron draw`: a picture of the computation of an s-op on an input, as SVG with `-o` and as text without. */
import { drawSvg, drawText, flow, LONGEST_INPUT, type Json } from "@selectron/rasp";
import type { Command } from "commander";
import { wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { checkPlace, writeOut } from "../files/files.js";
import { parseInput } from "../input.js";
import { runProgram } from "../files/program-file.js";

interface DrawOptions {
  readonly sop: string;
  readonly input?: string;
  readonly output?: string;
  readonly width: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerDraw(program: Command, context: Context): void {
  program
    .command("draw")
    .description("a picture of the computation, layer by layer, with the attention patterns")
    .argument("<file>", "the RASP program; - reads standard input")
    .requiredOption("--sop <name>", "the s-op")
    .option("--input <literal>", '"hello", [1,2,3], or bare text; the running example if absent')
    .option("-o, --output <file>", "an SVG file; without it the picture is text on standard output")
    .option("--width <pixels>", "how wide heads side by side may get in the SVG; 360 for phones", wholeNumber(240), 900)
    .option("--json", "one JSON object on standard output: the picture's data, or the file that was written")
    .action((file: string, options: DrawOptions) => draw(context, file, options));
}

function draw(context: Context, file: string, { sop, input, output, width, json }: DrawOptions): void {
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
