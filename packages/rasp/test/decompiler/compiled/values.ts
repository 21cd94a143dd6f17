/** The values of programs on inputs, for comparing one program with another. */
import { atomsEqual, Evaluation, RaspError, type Atom, type SOp } from "../../../src/index.js";

/** The values of an s-op; undefined if it has none. */
export function valuesOf(sop: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** The inputs on which the first s-op has values, and the second has other values or none. */
export function differing(sop: SOp, other: SOp, inputs: Iterable<readonly Atom[]>): string[] {
  return [...inputs].flatMap((input) => {
    const [expected, got] = [sop, other].map((one) => valuesOf(one, input));
    const same = expected?.every((value, i) => got !== undefined && atomsEqual(value, got[i]!)) ?? true;
    return same ? [] : [input.join("")];
  });
}
