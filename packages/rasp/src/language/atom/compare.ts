/** Python's comparisons: ints, floats and bools compare exactly by value, strings by code points, and nothing else mixes. */
import { errors } from "../diagnostic.js";
import type { Atom, Comparison } from "./atom.js";
import { numeric } from "./number.js";
import { describeAtom } from "./text.js";

/** Python's `==`: `1 == 1.0 == True`; a string equals only a string, and null only null. */
export function atomsEqual(a: Atom, b: Atom): boolean {
  if (typeof a === typeof b) return a === b;
  if (typeof a === "string" || typeof b === "string" || a === null || b === null) return false;
  // JavaScript compares a bigint with a number exactly.
  return numeric(a) == numeric(b);
}

/** A text that two atoms share exactly if they are equal: for dicts, groups and sets. `atomOfKey` reads it. */
export function atomKey(atom: Atom): string {
  if (typeof atom === "string") return `s${atom}`;
  if (atom === null) return "n";
  const value = numeric(atom)!;
  if (typeof value === "number" && !Number.isInteger(value)) return `f${value}`;
  const int = BigInt(value);
  if (-LONG < int && int < LONG) return `i${int}`;
  // Digits of base 10 take a time that grows with the square of their number.
  return int < 0n ? `-0x${(-int).toString(16)}` : `+0x${int.toString(16)}`;
}

const LONG = 1n << 256n;

/** The atom of an `atomKey`: an int or a float for numbers, never a boolean. */
export function atomOfKey(key: string): Atom {
  if (key === "n") return null;
  const text = key.slice(1);
  switch (key[0]) {
    case "s":
      return text;
    case "f":
      return Number(text);
    case "-":
      return -BigInt(text);
    default:
      return BigInt(text);
  }
}

/** Negative, 0 or positive, by code points. UTF-16 order differs where a surrogate pair meets U+E000 to U+FFFF. */
function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

const codePointRank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

/** The comparison that holds where the other does not, unless a number is NaN. */
export const NEGATION: Readonly<Record<Comparison, Comparison>> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
  "==": "!=",
  "!=": "==",
};

/** `a op b` as in Python. @throws RaspError of class type where Python raises a TypeError, and for null */
export function compareAtoms(op: Comparison, a: Atom, b: Atom): boolean {
  if (a === null || b === null) {
    throw errors.operandType(`"${op}" cannot compare ${describeAtom(a)} with ${describeAtom(b)}`, {
      suggestion:
        "give the aggregate that it comes from another default than null, or replace it: ifElse(isNull(x), 0, x)",
    });
  }
  if (op === "==") return atomsEqual(a, b);
  if (op === "!=") return !atomsEqual(a, b);
  if (typeof a === "string" && typeof b === "string") return ordered(op, compareStrings(a, b), 0);
  const [x, y] = [numeric(a), numeric(b)];
  if (x === undefined || y === undefined) {
    throw errors.operandType(`"${op}" cannot compare ${describeAtom(a)} with ${describeAtom(b)}`, {
      suggestion: "compare strings with strings and numbers with numbers; tokens_int reads numbers",
    });
  }
  return ordered(op, x, y);
}

function ordered(op: "<" | "<=" | ">" | ">=", x: bigint | number, y: bigint | number): boolean {
  switch (op) {
    case "<":
      return x < y;
    case "<=":
      return x <= y;
    case ">":
      return x > y;
    case ">=":
      return x >= y;
  }
}
