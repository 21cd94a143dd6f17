/** `selectron decompile` on a model that `selectron compile` wrote: weights and vocabulary are all that is read of it. */
import type { CompiledModel } from "@selectron/rasp";
import { decompileProgram, NotHardError, type DecompiledProgram } from "@selectron/rasp/decompile";
import type { Context } from "../context.js";
import { writeOut } from "../model-file.js";

interface Options {
  readonly output?: string;
  readonly seed: number;
  readonly json?: boolean;
}

/** Exit code 0: here is the program, 1: there is none that agrees with the model. */
export function decompileCompiled(
  context: Context,
  file: string,
  model: CompiledModel,
  { output, seed, json }: Options,
): void {
  const result = programOf(model, seed);
  const ok = typeof result !== "string" && result.agreed === result.inputs;
  if (!ok) context.exitCode = 1;
  if (typeof result === "string") {
    if (json) context.printJson({ model: file, ok, source: null, refusal: result });
    else context.print(`no program: ${result}`);
    return;
  }
  const { source, lines, inputs, agreed } = result;
  if (output !== undefined && ok) writeOut(context, output, new TextEncoder().encode(source));
  const tabular = lines.filter((line) => line.tabular).length;
  const named = lines.length - tabular;
  if (json)
    context.printJson({ model: file, ok, source, lines: lines.length, named, tabular, opaque: 0, inputs, agreed });
  else
    context.print(
      `${source}\nagrees with the model on ${agreed} of ${inputs} fresh inputs of up to ${model.card.maxLength} tokens\n` +
        `${lines.length} ${lines.length === 1 ? "line" : "lines"}: ${named} named, ${tabular} tabular, 0 opaque`,
    );
}

/** @returns the reason why there is none, where there is none */
function programOf(model: CompiledModel, seed: number): DecompiledProgram | string {
  try {
    return decompileProgram(model, { seed });
  } catch (error) {
    if (error instanceof NotHardError) return error.message;
    throw error;
  }
}
