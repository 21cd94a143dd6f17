/** The message for a token that does not fit, with a remedy for the mistakes that other languages teach. */
import { errors, type RaspError } from "../diagnostic.js";
import type { Token } from "./token.js";

const REMEDIES: Readonly<Record<string, string>> = {
  "!=": "!= exists only inside select(...); write not (a == b)",
  "=": "compare with ==; an assignment is a statement of its own: name = expression;",
  "*": "powers are written with ^",
  "/": "/ always divides as floats; there is no //, use round",
  "'": 'strings are written in double quotes: "text"',
  ".": "a float has digits on both sides of the point: 0.5, 1.0",
  "&": "write and",
  "|": "write or",
  "!": "write not",
  "~": "write not",
  elif: "write a if c else (b if d else e)",
};

const WORD = /^[a-z][a-z -]*\(?\)?$/;
const isWord = ({ kind, text }: Token): boolean => kind !== "name" && kind !== "string" && WORD.test(text);

/** The diagnostic for the token at `index`, where `expected` should stand. */
export function explain(tokens: readonly Token[], index: number, expected: string): RaspError {
  const token = tokens[index]!;
  const { kind, text, span } = token;
  const remedy = REMEDIES[text];
  const details = { span, ...(remedy === undefined ? {} : { suggestion: remedy }) };
  if (kind === "error") {
    if (text.startsWith('"')) {
      return errors.unterminatedString("this string does not end on its line", { span, suggestion: 'close it with "' });
    }
    return errors.unexpectedCharacter(`"${text}" cannot stand in a RASP program`, details);
  }
  const name =
    isWord(token) && (expected.startsWith("a name") || tokens[index + 1]?.kind === "=") ? token : tokens[index - 1];
  if (name && isWord(name) && (name === token || kind === "=")) {
    return errors.unexpectedToken(`"${name.text}" is a word of the language and cannot be a name`, { span: name.span });
  }
  return errors.unexpectedToken(`expected ${expected}, not "${text}"`, details);
}
