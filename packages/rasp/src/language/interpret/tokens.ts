/** The input of a program, and its conversions: `tokens_str`, `tokens_int`, … */
import { checks } from "@selectron/core";
import { truth } from "../atom/arithmetic.js";
import { atomOfPlain } from "../atom/plain.js";
import { atomText, parseFloat64, parseInt10 } from "../atom/text.js";
import { errors } from "../diagnostic.js";
import type { Atom, TokenConversion } from "../graph/node.js";

/** An element of the input, converted. @throws RaspError of class value or overflow */
export function convertToken(conversion: TokenConversion, atom: Atom): Atom {
  if (atom === null) throw errors.conversion("null is no token");
  switch (conversion) {
    case "str":
      return atomText(atom);
    case "int":
      return parseInt10(atom);
    case "float":
      return parseFloat64(atom);
    case "bool":
      return truth(atom);
    case "asis":
      return atom;
  }
}

/** An input as a JavaScript program gives it. A string is the list of its characters; a whole number is an int. */
export type Input = string | readonly Atom[];

/** The atoms of an input, which may be empty. @throws RaspError of class type for null */
export function inputElements(input: Input): readonly Atom[] {
  if (typeof input === "string") return [...input];
  if (!Array.isArray(input)) {
    throw errors.input(`the input is ${checks.describeValue(input)}`, {
      suggestion: 'give a string or an array of tokens, such as ["a", 1]',
    });
  }
  if (input.includes(null)) {
    throw errors.input("null cannot be in an input", { suggestion: "use ints, floats, bools and strings as tokens" });
  }
  return input.map(atomOfPlain);
}

/** The atoms of an input. @throws RaspError of class type for an empty input and for null */
export const inputAtoms = (input: Input): readonly Atom[] => nonEmpty(inputElements(input));

/** The atoms themselves. @throws RaspError of class type if there are none */
export function nonEmpty(atoms: readonly Atom[]): readonly Atom[] {
  if (atoms.length === 0) {
    throw errors.input("an s-op or selector needs a non-empty input", {
      suggestion: 'give at least one token, for example "a"',
    });
  }
  return atoms;
}
