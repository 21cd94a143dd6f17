/**
 * Compiled models back to programs, from the weights alone: no label of a coordinate or head is read, nor where in the residual stream
 * anything stands.
 *
 * 1. Watch the model, in the limit of sharp attention, on all short inputs and on longer random ones: residual coordinates that are
 *    written together are subspaces with finitely many values, and every head selects or does not.
 * 2. From the outputs backwards, name what each head selects and carries: comparisons and short expressions of tokens, indices and
 *    earlier lines that are right wherever they were seen, else lists of values.
 * 3. Load the text, and compare the interpreter's values with the model's on inputs that nothing was fitted on.
 */
import { decodeSafetensors, SafetensorsError, type FileBytes } from "@selectron/core";
import { atomsEqual } from "../../language/atom/compare.js";
import type { CompiledModel } from "../../compiler/model/compiled-model.js";
import { isModelCard } from "../../compiler/model/model-card.js";
import { RaspError } from "../../language/diagnostic.js";
import { Environment, load } from "../../language/environment.js";
import type { Atom } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { PrintError } from "../../language/text/print.js";
import { randomInputs } from "../../compiler/verify/inputs.js";
import { runSharp } from "./run/sharp-run.js";
import { NotHardError } from "./not-hard-error.js";
import type { Line } from "./naming/naming.js";
import { nameProgram } from "./naming/program.js";
import { sampleOf, type Sample } from "./run/sample.js";
import { weightsOf, type CompiledWeights } from "./run/weights.js";

export { NotHardError } from "./not-hard-error.js";
export type { Line } from "./naming/naming.js";

export interface DecompiledProgram {
  readonly source: string;
  /** The names of the s-ops that are the model's outputs. */
  readonly results: readonly string[];
  readonly lines: readonly Line[];
  /** The number of fresh random inputs, and on how many of them every value of the text is the model's. */
  readonly inputs: number;
  readonly agreed: number;
  /** Heads whose attention is not sharp: the program is what they would do if it were, and `agreed` how far that is what they do. */
  readonly soft: readonly SoftHead[];
}

/** A head, and the most of a row's attention that is on other keys than those that it selects, from 0 to 1. */
export interface SoftHead {
  readonly layer: number;
  readonly head: number;
  readonly elsewhere: number;
}

/** Attention elsewhere that no decision of a compiled model rests on. */
const SHARP = 1e-3;

export interface DecompileProgramOptions {
  /** Of the inputs that the model is watched on, and of those that it is compared on. */
  readonly seed?: number;
  /** How many inputs the text is compared on; 300 by default. */
  readonly fresh?: number;
}

/** Whether a file is one that the compiler wrote, by what it says of itself. */
export function isCompiledModel(bytes: FileBytes): boolean {
  try {
    return isModelCard(decodeSafetensors(bytes).metadata);
  } catch (error) {
    if (error instanceof SafetensorsError) return false;
    throw error;
  }
}

/**
 * @returns the program
 * @throws NotHardError where the attention of a head has no clear levels, as that of a trained model
 */
export function decompileProgram(model: CompiledModel, options: DecompileProgramOptions = {}): DecompiledProgram {
  const { seed = 0, fresh = 300 } = options;
  const weights = withNames(weightsOf(model));
  const sample = sampleOf(weights.vocabulary, weights.maxLength, seed);
  const { lines, soft } = read(weights, sample);
  const source = lines.map(({ name, text }) => `${name} = ${text};\n`).join("");
  const inputs = [...randomInputs(weights.vocabulary, weights.maxLength, fresh, seed + 1)];
  const results = weights.outputs.map(({ name }) => name);
  return { source, lines, results, inputs: inputs.length, agreed: agreement(source, results, model, inputs), soft };
}

function read(weights: CompiledWeights, sample: Sample): Pick<DecompiledProgram, "lines" | "soft"> {
  try {
    const run = runSharp(weights, sample);
    const soft = run.heads.filter(({ elsewhere }) => elsewhere > SHARP);
    return {
      lines: nameProgram(weights, sample, run),
      soft: soft.map(({ layer, head, elsewhere }) => ({ layer, head, elsewhere })),
    };
  } catch (error) {
    if (error instanceof PrintError) {
      throw new NotHardError(`a value of the model has no form in RASP: ${error.message}`);
    }
    throw error;
  }
}

/** Results keep their names where a program can give them; a single one is `result` where it cannot. */
function withNames(weights: CompiledWeights): CompiledWeights {
  const taken = new Set(new Environment().visibleNames);
  const outputs = weights.outputs.map((output, n) => {
    const fits = /^[a-z]\w*$/i.test(output.name) && !taken.has(output.name) && !OWN.test(output.name);
    const name = fits ? output.name : n === 0 ? "result" : `result_${n}`;
    taken.add(name);
    return { ...output, name };
  });
  return { ...weights, outputs };
}

/** Names that lines before the results have. */
const OWN = /^(pick|found|width|mean|copy)_\d+$/;

/** On how many of the inputs each value of each result of the text is the model's. */
function agreement(
  source: string,
  results: readonly string[],
  model: CompiledModel,
  inputs: readonly (readonly Atom[])[],
): number {
  const program = load(source, { example: model.card.vocabulary });
  const sops = results.map((name) => program.sop(name));
  const expected = model.outputs(inputs);
  const agrees = (input: readonly Atom[], n: number): boolean => {
    const evaluation = new Evaluation(input);
    return sops.every((sop, o) => evaluation.sop(sop).every((value, i) => atomsEqual(value, expected[o]![n]![i]!)));
  };
  return inputs.filter((input, n) => {
    try {
      return agrees(input, n);
    } catch (error) {
      if (error instanceof RaspError) return false;
      throw error;
    }
  }).length;
}
