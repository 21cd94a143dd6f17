/** A data set of random programs, their compiled models and their values on random inputs, for training decompilers. */
import { checks, Rng } from "@selectron/core";
import { compile } from "../index.js";
import type { CompiledModel } from "../model/compiled-model.js";
import { RaspError } from "../../language/diagnostic.js";
import { load } from "../../language/environment.js";
import type { SOp } from "../../language/graph/node.js";
import { aRunLength } from "../../language/graph/kinds.js";
import { examplesOf, wrongExample, type Example } from "./examples.js";
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
  readonly examples: readonly Example[];
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

function checkModel(program: string, model: CompiledModel, examples: Sample["examples"]): void {
  const wrong = wrongExample(examples, (inputs) => model.values(inputs), model.card.outputs[0]!.decoding.classes);
  if (wrong) {
    throw new Error(`the compiled model is wrong on ${JSON.stringify(wrong.input)}; the program is:\n${program}`);
  }
}
