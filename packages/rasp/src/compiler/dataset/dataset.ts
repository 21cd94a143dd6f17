/** A data set of random programs, their compiled models and their values on random inputs, for training decompilers. */
import { checks, Rng } from "@selectron/core";
import { atomsEqual } from "../../language/atom/compare.js";
import { compile } from "../index.js";
import type { CompiledModel } from "../model/compiled-model.js";
import { agreementAmong } from "../plan/ir/decoding.js";
import { RaspError } from "../../language/diagnostic.js";
import { load } from "../../language/environment.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { aRunLength } from "../../language/graph/kinds.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { randomInputs } from "../verify/inputs.js";
import { randomProgram } from "./random-program.js";

/** What a data set consists of. */
export interface DatasetOptions {
  readonly count: number;
  /** Equal seeds give equal data sets; a smaller count gives the beginning of a larger one. */
  readonly seed: number;
  /** The tokens of the inputs. */
  readonly vocabulary: readonly string[];
  readonly maxLength: number;
  /** The most lines of a program, 2 or more. */
  readonly lines: number;
  /** Input/output pairs of each program. */
  readonly examples: number;
}

/** The longest inputs and programs that are drawn; those that compile are much shorter. */
const LONGEST = 4096;

const OPTIONS = {
  count: aRunLength,
  seed: checks.aFinite,
  vocabulary: checks.aList("an array of strings", checks.aText),
  maxLength: checks.anInteger(1, LONGEST),
  lines: checks.anInteger(2, LONGEST),
  examples: checks.anInteger(1, 2 ** 20),
};

/** A program with its model and examples. */
export interface Sample {
  /** RASP text that sets `result`. */
  readonly program: string;
  readonly sop: SOp;
  readonly model: CompiledModel;
  readonly examples: readonly { readonly input: readonly Atom[]; readonly output: readonly Atom[] }[];
}

/** Programs are drawn until one fits. After this many in a row that do not, the options are taken to leave none. */
const MOST_DRAWS = 200;

/**
 * Draws samples one after the other, or those after the first ones, of which the programs are known. Each program compiles, has a value on most inputs, has not the same value everywhere, and
 * differs from those before it. Its model was compared with the interpreter on every pair.
 *
 * @throws RangeError where the options leave no such program
 */
export function* dataset(options: DatasetOptions, first: readonly string[] = []): Generator<Sample> {
  checks.checkOptions("dataset", options, OPTIONS, Object.keys(OPTIONS));
  if (options.vocabulary.length === 0) {
    throw new RangeError("dataset: the vocabulary is empty; give at least one token.");
  }
  checks.check("dataset: first", first, checks.aList("an array of programs", checks.aText));
  const rng = new Rng(options.seed);
  const known = new Set<string>();
  for (const program of first) {
    rng.next();
    known.add(program);
  }
  for (let n = first.length; n < options.count; n++) {
    const sample = drawSample(new Rng(rng.next()), options, known);
    known.add(sample.program);
    yield sample;
  }
}

function drawSample(rng: Rng, options: DatasetOptions, known: ReadonlySet<string>): Sample {
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const program = randomProgram(rng, options.vocabulary, options.lines);
    const sample = known.has(program) ? undefined : sampleOf(program, rng.next(), options);
    if (sample) return sample;
  }
  throw new RangeError(
    `${MOST_DRAWS} programs in a row did not fit after ${known.size}; allow more lines, tokens or a greater length`,
  );
}

/** Undefined where the program is refused, is no s-op, has no value on most inputs or one value everywhere. */
function sampleOf(program: string, seed: number, options: DatasetOptions): Sample | undefined {
  const { vocabulary, maxLength } = options;
  try {
    const sop = load(program, { example: vocabulary.slice(0, maxLength) }).sop("result");
    const examples = examplesOf(sop, seed, options);
    if (!examples) return undefined;
    const model = compile(sop, { vocabulary, maxLength, name: "result" });
    checkModel(program, model, examples);
    return { program, sop, model, examples };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** Distinct inputs on which the program has a value; undefined where these are few, or all values are equal. */
function examplesOf(
  sop: SOp,
  seed: number,
  { vocabulary, maxLength, examples }: DatasetOptions,
): Sample["examples"] | undefined {
  const found = new Map<string, { input: readonly Atom[]; output: readonly Atom[] }>();
  for (const input of randomInputs(vocabulary, maxLength, 4 * examples, seed)) {
    if (found.size === examples) break;
    const output = valueOf(sop, input);
    if (output) found.set(JSON.stringify(input), { input, output });
  }
  const pairs = [...found.values()];
  const first = pairs[0]?.output[0];
  const varied = pairs.some(({ output }) => output.some((value) => !atomsEqual(value, first!)));
  return varied && pairs.length >= Math.min(examples, 4) ? pairs : undefined;
}

function valueOf(sop: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

function checkModel(program: string, model: CompiledModel, examples: Sample["examples"]): void {
  const answers = model.values(examples.map(({ input }) => input));
  const agreement = agreementAmong(model.card.outputs[0]!.decoding.classes);
  const wrong = examples.find(({ output }, e) =>
    output.some((value, i) => agreement(value, answers[e]![i]!) === "different"),
  );
  if (wrong) {
    throw new Error(`the compiled model is wrong on ${JSON.stringify(wrong.input)}; the program is:\n${program}`);
  }
}
