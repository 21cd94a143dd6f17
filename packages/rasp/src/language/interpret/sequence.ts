/**
 * The element type of an evaluated s-op: strings, bools, ints (also mixed with bools), or floats (also mixed with ints and bools). Null
 * can be mixed with each of them.
 */
import { describeAtom } from "../atom/text.js";
import { errors } from "../diagnostic.js";
import type { Atom } from "../graph/node.js";

/** The type of a whole sequence. A "float" one can hold ints and bools as they are; a "null" one holds nothing else. */
export type SequenceType = "string" | "bool" | "int" | "float" | "null";

/** The one type of all elements. @throws RaspError of class type if they have none */
export function sequenceType(values: readonly Atom[]): SequenceType {
  const first = typeof values[0];
  let same = 1;
  while (same < values.length && typeof values[same] === first) same++;
  return same >= values.length ? TYPES[first as keyof typeof TYPES] : mixedType(values);
}

const TYPES = { string: "string", boolean: "bool", bigint: "int", number: "float", object: "null" } as const;

function mixedType(values: readonly Atom[]): SequenceType {
  if (values.includes(null)) return sequenceType(values.filter((value) => value !== null));
  let [strings, floats] = [0, 0];
  for (const value of values) {
    if (typeof value === "string") strings++;
    else if (typeof value === "number") floats++;
  }
  if (strings > 0) {
    const other = values.find((value) => typeof value !== "string")!;
    const text = values.find((value) => typeof value === "string")!;
    throw errors.sequenceType(
      `an s-op cannot mix strings with numbers or bools, but it would hold ${describeAtom(text)} and ${describeAtom(other)}`,
      { suggestion: "give every branch and every default the same type; the default of aggregate is 0" },
    );
  }
  return floats > 0 ? "float" : "int";
}
