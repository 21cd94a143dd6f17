/** Atoms as JavaScript callers give and take them. */
import type { Atom } from "./atom.js";

/** An element of an input or a result: ints are numbers while they are safe, otherwise bigints; floats are numbers too. */
export type Plain = number | bigint | boolean | string | null;

/** An atom as JavaScript would write it: an int is a number where that is exact. */
export const plainAtom = (atom: Atom): Plain =>
  typeof atom === "bigint" && Number.isSafeInteger(Number(atom)) ? Number(atom) : atom;

/**
 * The atom that a JavaScript value means: a whole number is an int.
 *
 * @throws TypeError for what is not a value of RASP, such as NaN, Infinity and undefined
 */
export function atomOfPlain(value: Plain): Atom {
  if (typeof value === "number") {
    if (Number.isInteger(value)) return BigInt(value);
    if (Number.isFinite(value)) return value;
  } else if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") {
    return value;
  }
  throw new TypeError(
    `${describePlain(value)} is not a value of RASP: use a finite number, a bigint, a string, a bool or null`,
  );
}

const describePlain = (value: unknown): string =>
  typeof value === "object"
    ? Array.isArray(value)
      ? "an array"
      : "an object"
    : typeof value === "function"
      ? "a function"
      : String(value);
