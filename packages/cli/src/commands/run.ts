/** `selectron run`: a compiled model on an input. The model's file is all that it needs. */
import { displaySequence, encodeResult } from "@selectron/rasp";
import type { Command } from "commander";
import { attentionText } from "../attention-text.js";
import type { Context } from "../context.js";
import { parseInput } from "../input.js";
import { readModel, useFastKernels } from "../model-file.js";

interface RunOptions {
  readonly input: string;
  readonly attention?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerRun(program: Command, context: Context): void {
  program
    .command("run")
    .description("run a compiled model alone")
    .argument("<model>", "a file that `selectron compile` wrote")
    .requiredOption("--input <literal>", '"hello", [1,2,3], or bare text')
    .option("--attention", "also show what each head attends to")
    .option("--json", "one JSON object on standard output")
    .action(async (file: string, { input, attention, json }: RunOptions) => {
      const model = readModel(context, file);
      const atoms = parseInput(input);
      await useFastKernels();
      const values = model.values([atoms])[0]!;
      if (json) context.printJson({ sop: model.card.name, ...encodeResult(values) });
      else context.print(displaySequence(values));
      // With --json standard output holds one object only.
      if (attention) context[json ? "say" : "print"](attentionText(model, atoms));
    });
}
