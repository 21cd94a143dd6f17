/** What `--looped` of `compile` and `verify` compiles, and which of their other options go with it. */
import { compileLooped, type LoopedModel, type SOp } from "@selectron/rasp";
import type { Command } from "commander";
import { checkDistinct, selectSOps, type CompileSelection } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";

export const addLoopedOption = (command: Command): Command =>
  command.option("--looped", "a program with a loop as a Transformer with a loop: the layers of a step are there once");

/** A program, and the looped model that is compiled of it. */
export interface LoopedSelection {
  readonly sop: SOp;
  readonly model: LoopedModel;
}

/** @throws RaspError with the place in the program, UsageError */
export function compileLoopedSelection(context: Context, file: string, options: CompileSelection): LoopedSelection {
  checkDistinct(options.vocab);
  checkLoopedOptions(options);
  const { sop: name, vocab: vocabulary, maxLength, causal = false } = options;
  const sop = selectSOps(context, file, options).sops[name]!;
  return { sop, model: compileLooped(sop, { vocabulary, maxLength, name, causal }) };
}

/** @throws UsageError where an option does not go with --looped */
export function checkLoopedOptions(options: Partial<CompileSelection>): void {
  const { sop, precision, promise, mark, format } = options;
  const must = (holds: boolean, problem: string, suggestion: string): void => {
    if (!holds) throw new UsageError(problem, suggestion);
  };
  must(
    sop?.includes(",") !== true,
    `a looped model has one answer at each position, and --sop names ${sop}`,
    "name one s-op",
  );
  must(
    precision === undefined || precision === "float32",
    `a looped model is compiled for float32, and not for ${precision}`,
    "leave --precision or --looped out",
  );
  must(promise === undefined, "a looped model is compiled for every input, without a promise", "leave --promise out");
  must(
    mark !== true,
    "a looped model has no marks: where its loop does not end, it says so by itself",
    "leave --mark out",
  );
  must(
    format === undefined,
    `a looped model is one file, and no folder for --format ${format}`,
    "leave --format out and use -o model.safetensors or -o model.onnx; without --looped the steps are written out as layers",
  );
}
