/** `selectron run`: a compiled model on an input. The model's file is all that it needs. */
import { displaySequence, encodeResult, inputAtoms, type Atom, type CompiledModel } from "@selectron/rasp";
import type { Command } from "commander";
import { attentionText } from "../attention-text.js";
import { wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { parseInput } from "../input.js";
import { readModel, useFastKernels } from "../model-file.js";

interface RunOptions {
  readonly input: string;
  readonly attention?: boolean;
  readonly generate?: number;
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
    .option("--generate <n>", "of a causal model: write up to n tokens after the input", wholeNumber(1))
    .option("--json", "one JSON object on standard output")
    .action(async (file: string, { input, attention, generate, json }: RunOptions) => {
      const model = readModel(context, file);
      const atoms = parseInput(input);
      await useFastKernels();
      if (generate !== undefined) {
        writeTokens(context, model, atoms, generate, json === true);
        return;
      }
      const values = model.values([atoms])[0]!;
      if (json) context.printJson({ sop: model.card.name, ...encodeResult(values) });
      else context.print(displaySequence(values));
      // With --json standard output holds one object only.
      if (attention) context[json ? "say" : "print"](attentionText(model, atoms));
    });
}

/** @throws UsageError where the model is no decoder */
function writeTokens(
  context: Context,
  model: CompiledModel,
  prompt: readonly Atom[],
  most: number,
  json: boolean,
): void {
  if (!model.causal)
    throw new UsageError("this model is no decoder: its positions see later ones", "compile the program with --causal");
  const { tokens, ended } = model.generate(prompt, { maxTokens: most });
  if (json) context.printJson({ sop: model.card.name, ...encodeResult(inputAtoms(tokens)), ended });
  else context.print(displaySequence(inputAtoms(tokens)));
}
