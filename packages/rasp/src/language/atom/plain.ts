/** Atoms as JavaScript callers give and take them. */
import type { Atom } from "./atom.js";

/** An element of an input or a result: ints are numbers while they are safe, otherwise bigints; floats are numbers too. */
export type Plain = number | bigint | boolean | string | null;

/** An atom as JavaScript would write it: an int is a number where that is exact. */
export const plainAtom = (atom: Atom): Plain =>
  typeof atom === "bigint" && Number.isSafeInteger(Number(atom)) ? Number(atom) : atom;

/** The atom that a JavaScript value means: a whole number is an int. */
export const atomOfPlain = (value: Plain): Atom =>
  typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value;
