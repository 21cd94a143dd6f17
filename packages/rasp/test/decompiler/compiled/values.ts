/** What programs are worth on inputs, for comparing one with another. */
import { atomsEqual, Evaluation, RaspError, type Atom, type SOp } from "../../../src/index.js";

/** Undefined where the program has no value. */
export function valuesOf(sop: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** The inputs on which the first has values, and the second has others or none. */
export function differing(sop: SOp, other: SOp, inputs: Iterable<readonly Atom[]>): string[] {
  return [...inputs].flatMap((input) => {
    const [expected, got] = [sop, other].map((one) => valuesOf(one, input));
    const same = expected?.every((value, i) => got !== undefined && atomsEqual(value, got[i]!)) ?? true;
    return same ? [] : [input.join("")];
  });
}
