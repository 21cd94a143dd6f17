/** Inputs with the values of a program on them, and models held to them. */
import { atomKey, atomsEqual } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { agreementAmong } from "../plan/ir/decoding.js";
import { randomInputs } from "../verify/inputs.js";

/** An input with the value at each position. */
export interface Example {
  readonly input: readonly Atom[];
  readonly output: readonly Atom[];
}

/** Which examples are wanted. */
export interface ExampleOptions {
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  readonly examples: number;
}

/** How many are enough where there are no more distinct inputs. */
const ENOUGH = 4;

/** Distinct inputs on which the program has a value; undefined where these are few, or all values are equal. */
export function examplesOf(
  sop: SOp,
  seed: number,
  { vocabulary, maxLength, examples }: ExampleOptions,
): readonly Example[] | undefined {
  const found = new Map<string, Example>();
  for (const input of randomInputs(vocabulary, maxLength, 4 * examples, seed)) {
    if (found.size === examples) break;
    const output = valueOf(sop, input);
    if (output) found.set(input.map(atomKey).join(), { input, output });
  }
  const pairs = [...found.values()];
  const first = pairs[0]?.output[0];
  const varied = pairs.some(({ output }) => output.some((value) => !atomsEqual(value, first!)));
  return varied && pairs.length >= Math.min(examples, ENOUGH) ? pairs : undefined;
}

/** Undefined where the program has no value. */
export function valueOf(sop: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/**
 * The first example on which a model's answers are not the program's; undefined where there is none.
 *
 * @param classes - all values that the model can give
 */
export function wrongExample(
  examples: readonly Example[],
  answersOf: (inputs: readonly (readonly Atom[])[]) => readonly (readonly Atom[])[],
  classes: readonly Atom[],
): Example | undefined {
  const answers = answersOf(examples.map(({ input }) => input));
  const agreement = agreementAmong(classes);
  return examples.find(({ output }, e) => output.some((value, i) => agreement(value, answers[e]![i]!) === "different"));
}
