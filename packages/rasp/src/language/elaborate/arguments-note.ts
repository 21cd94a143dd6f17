/** A note on an error inside a function of the library: what the call gave it, in the words of the caller. */
import type { Note } from "../diagnostic.js";
import { textOf } from "../source.js";
import type { Expression } from "../syntax/ast.js";
import { describe, type FunctionValue, type Value } from "./value.js";

/** The most characters of an argument that are shown. */
const LONGEST = 60;

export function argumentsNote(
  { definition: { name, parameters } }: FunctionValue,
  args: readonly Expression[],
  values: readonly Value[],
): Note {
  const given = parameters.map(({ text }, i) => `${text} = ${argument(args[i]!, values[i]!)}`);
  const signature = `${name.text}(${parameters.map(({ text }) => text).join(", ")})`;
  return { message: `${signature} of the library was given ${given.join("; ")}` };
}

function argument(written: Expression, value: Value): string {
  const text = cut(textOf(written.span).replace(/\s+/g, " "));
  if (value.kind === "s-op" || value.kind === "selector" || value.kind === "function") return `${text} (${value.kind})`;
  const what = cut(describe(value));
  return text === what ? text : `${text}, which is ${what}`;
}

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`);
