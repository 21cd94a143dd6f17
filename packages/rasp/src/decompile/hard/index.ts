/**
 * Compiled models back to programs, from the weights alone: no label of a coordinate or head is read, nor where in the residual stream
 * anything stands.
 *
 * 1. Watch the model, in the limit of sharp attention, on all short inputs and on longer random ones: residual coordinates that are
 *    written together are variables with finitely many values, and every head selects or does not.
 * 2. From the outputs backwards, name what each head selects and carries: comparisons and short expressions of tokens, indices and
 *    earlier lines that are right wherever they were seen, else lists of values.
 * 3. Load the text, and compare the interpreter's values with the model's on inputs that nothing was fitted on.
 */
import { atomsEqual } from "../../atom/compare.js";
import type { CompiledModel } from "../../compile/compiled-model.js";
import { RaspError } from "../../diagnostic.js";
import { load } from "../../environment.js";
import type { Atom } from "../../graph/node.js";
import { Evaluation } from "../../interpret/evaluation.js";
import { randomInputs } from "../../verify/inputs.js";
import { runHard } from "./machine.js";
import { nameProgram, type Line } from "./program.js";
import { sampleOf } from "./sample.js";
import { weightsOf } from "./weights.js";

export { NotHardError } from "./machine.js";
export type { Line } from "./program.js";

export interface DecompiledProgram {
  /** RASP text; its last line is the s-op `result`. */
  readonly source: string;
  readonly lines: readonly Line[];
  /** Fresh random inputs, and on how many of them every value of the text is the model's. */
  readonly inputs: number;
  readonly agreed: number;
}

export interface DecompileProgramOptions {
  /** Of the inputs that the model is watched on, and of those that it is compared on. */
  readonly seed?: number;
  /** How many inputs the text is compared on; 500 by default. */
  readonly fresh?: number;
}

/**
 * @returns the program
 * @throws NotHardError where the attention is not sharp, as that of a trained model
 */
export function decompileProgram(model: CompiledModel, options: DecompileProgramOptions = {}): DecompiledProgram {
  const { seed = 0, fresh = 500 } = options;
  const weights = weightsOf(model);
  const sample = sampleOf(weights.vocabulary, weights.maxLength, seed);
  const lines = nameProgram(weights, sample, runHard(weights, sample));
  const source = lines.map(({ name, text }) => `${name} = ${text};\n`).join("");
  const inputs = [...randomInputs(weights.vocabulary, weights.maxLength, fresh, seed + 1)];
  return { source, lines, inputs: inputs.length, agreed: agreement(source, model, inputs) };
}

/** On how many of the inputs each value of the text's result is the model's. */
export function agreement(source: string, model: CompiledModel, inputs: readonly (readonly Atom[])[]): number {
  const sop = load(source, { example: model.card.vocabulary }).sop("result");
  const expected = model.values(inputs);
  return inputs.filter((input, n) => {
    try {
      return new Evaluation(input).sop(sop).every((value, i) => atomsEqual(value, expected[n]![i]!));
    } catch (error) {
      if (error instanceof RaspError) return false;
      throw error;
    }
  }).length;
}
