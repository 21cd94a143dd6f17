/**
 * From a compiled model back to a program, by the weights alone: no label of a coordinate or a head is used, and neither is the order of
 * the residual coordinates.
 *
 * 0. Where the residual stream is in a basis of which no coordinate can be read, recover the model's own from what is written.
 * 1. Run the model, in the limit of sharp attention, on all short inputs and on longer random ones: residual coordinates that are written
 *    together are subspaces with finitely many values, and every head selects a key or does not.
 * 2. From the outputs backwards, name what each head selects and carries: comparisons and short expressions of tokens, indices and
 *    earlier lines that are right on the whole sample, otherwise lists of values.
 * 3. Load the text, and compare the interpreter's values with the model's on fresh inputs.
 */
import { decodeSafetensors, Rng, SafetensorsError, type FileBytes } from "@selectron/core";
import type { CompiledModel } from "../../compiler/model/compiled-model.js";
import { agreementAmong } from "../../compiler/plan/ir/decoding.js";
import { isModelCard } from "../../compiler/model/model-card.js";
import { RaspError } from "../../language/diagnostic.js";
import { Environment, load } from "../../language/environment.js";
import type { Atom } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { PrintError } from "../../language/text/print.js";
import { randomInputs } from "../../compiler/verify/inputs.js";
import type { Interchange } from "../common/interchange.js";
import type { Origin } from "../common/origin.js";
import type { Progress } from "../common/search-options.js";
import { inRecoveredBasis, isInOtherBasis } from "./basis/recover.js";
import { runSharp } from "./run/sharp-run.js";
import { NotHardError } from "./not-hard-error.js";
import { compiledInterchange } from "./interchange.js";
import type { Line, PlacedLine } from "./naming/naming.js";
import { nameProgram } from "./naming/program.js";
import { sampleOf, type Sample } from "./run/sample.js";
import { weightsOf, type CompiledWeights } from "./run/weights.js";

export { NotHardError } from "./not-hard-error.js";
export type { Line } from "./naming/naming.js";

/** A program and how far it agrees with the model. */
export interface DecompiledProgram {
  /** The text. */
  readonly source: string;
  /** The names of the s-ops that are the model's outputs. */
  readonly results: readonly string[];
  readonly lines: readonly Line[];
  /** The number of fresh random inputs, and on how many of them every value of the text is the model's. */
  readonly inputs: number;
  readonly agreed: number;
  /** Heads whose attention is not sharp. The program does what they would do if it were; `agreed` shows how far that is what they do. */
  readonly soft: readonly SoftHead[];
  /** Whether the model follows each line that heads write, where both are swapped between inputs. */
  readonly interchange: Interchange;
  readonly origin: Origin;
}

/** A head, and the largest part of a row's attention that is on keys other than the selected ones, 0 to 1. */
export interface SoftHead {
  readonly layer: number;
  readonly head: number;
  readonly elsewhere: number;
}

/** A head with no more of its attention elsewhere counts as sharp. */
const SHARP = 1e-3;

/** The options of `decompileProgram`. */
export interface DecompileProgramOptions {
  /** Of the inputs that the model is run on and those that the text is compared on; 0 by default. */
  readonly seed?: number;
  /** The number of inputs that the text is compared on; 300 by default. */
  readonly fresh?: number;
  readonly progress?: Progress;
}

/** Whether a file is a compiled model, by its metadata. */
export function isCompiledModel(bytes: FileBytes): boolean {
  try {
    return isModelCard(decodeSafetensors(bytes, { only: () => false }).metadata);
  } catch (error) {
    if (error instanceof SafetensorsError) return false;
    throw error;
  }
}

/**
 * Decompiles a compiled model.
 *
 * @throws NotHardError if the attention of a head has no clear levels, as in a trained model, and where a model in another basis is not read
 * rightly in the one that was recovered
 */
export function decompileProgram(model: CompiledModel, options: DecompileProgramOptions = {}): DecompiledProgram {
  const { seed = 0, fresh = 300, progress = () => undefined } = options;
  const own = withNames(weightsOf(model));
  const isTurned = isInOtherBasis(own);
  const { weights, span } = isTurned ? inRecoveredBasis(own) : { weights: own, span: undefined };
  const sample = sampleOf(weights.vocabulary, weights.maxLength, seed);
  const { lines, soft } = isTurned ? refusing(() => read(weights, sample, progress)) : read(weights, sample, progress);
  const source = lines.map(({ name, text }) => `${name} = ${text};\n`).join("");
  const inputs = [...randomInputs(weights.vocabulary, weights.maxLength, fresh, seed + 1)];
  const results = weights.outputs.map(({ name }) => name);
  const agreed = agreement(source, results, model, inputs);
  if (isTurned && agreed < inputs.length) {
    throw unreadable(`the program that was read in another one agrees with it on ${agreed} of ${inputs.length} inputs`);
  }
  return {
    source,
    lines: lines.map(({ name, text, tabular }) => ({ name, text, tabular })),
    results,
    inputs: inputs.length,
    agreed,
    soft,
    origin: "read from weights",
    interchange: compiledInterchange(model, { source, lines, results }, span, new Rng(seed + 2)),
  };
}

/** What is read in a basis that may be a wrong one can be no program at all. */
function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof NotHardError || error instanceof RaspError) throw unreadable(error.message);
    throw error;
  }
}

const unreadable = (why: string): NotHardError =>
  new NotHardError(`the model's residual stream is in a basis of its own, which was not recovered: ${why}`);

function read(
  weights: CompiledWeights,
  sample: Sample,
  progress: Progress,
): { readonly lines: readonly PlacedLine[]; readonly soft: readonly SoftHead[] } {
  try {
    const run = runSharp(weights, sample, progress);
    const soft = run.heads.filter(({ elsewhere }) => elsewhere > SHARP);
    return {
      lines: nameProgram(weights, sample, run, progress),
      soft: soft.map(({ layer, head, elsewhere }) => ({ layer, head, elsewhere })),
    };
  } catch (error) {
    if (error instanceof PrintError) {
      throw new NotHardError(`a value of the model has no form in RASP: ${error.message}`);
    }
    throw error;
  }
}

/** Results keep their names if a program can define these; others are called `result`, `result_1` and so on. */
function withNames(weights: CompiledWeights): CompiledWeights {
  const taken = new Set(new Environment().visibleNames);
  const outputs = weights.outputs.map((output, n) => {
    const fits = /^[a-z]\w*$/i.test(output.name) && !taken.has(output.name) && !LINE_NAMES.test(output.name);
    const name = fits ? output.name : n === 0 ? "result" : `result_${n}`;
    taken.add(name);
    return { ...output, name };
  });
  return { ...weights, outputs };
}

/** The names of lines before the results. */
const LINE_NAMES = /^(pick|found|width|mean|copy)_\d+$/;

/** The number of inputs on which every value of every result is the model's. */
function agreement(
  source: string,
  results: readonly string[],
  model: CompiledModel,
  inputs: readonly (readonly Atom[])[],
): number {
  const program = load(source, { example: model.card.vocabulary });
  const sops = results.map((name) => program.sop(name));
  const answers = model.outputs(inputs);
  const agreement = model.card.outputs.map(({ decoding }) => agreementAmong(decoding.classes));
  const agrees = (input: readonly Atom[], n: number): boolean => {
    const evaluation = new Evaluation(input);
    const isRight = (value: Atom, o: number, i: number): boolean =>
      agreement[o]!(value, answers[o]![n]![i]!) !== "different";
    return sops.every((sop, o) => evaluation.sop(sop).every((value, i) => isRight(value, o, i)));
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
