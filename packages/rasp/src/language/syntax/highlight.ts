/** The words of a text by their kind, for editors that colour it: from the lexer, so that colours and parser never disagree. */
import { checks } from "@selectron/core";
import { lex } from "./lexer.js";
import type { Token } from "./token.js";

/**
 * What a word of a program is. `builtin` is what the language itself calls (`select`, `aggregate`, `round`, …), a `name` everything
 * that programs and the library name, `error` what starts no token.
 */
export type WordKind =
  "keyword" | "builtin" | "name" | "number" | "string" | "comment" | "operator" | "bracket" | "error";

/** A word at a half-open range of UTF-16 offsets. */
export interface Word {
  readonly kind: WordKind;
  readonly start: number;
  readonly end: number;
}

const CALLED = new Set(["select(", "aggregate(", "range(", "zip(", "len("]);
const BUILTIN = new Set(["round", "indicator"]);

/**
 * The words of a text in order, comments included, without white space; any text has some.
 * @throws RaspError of class limit where they are too many
 */
export function highlight(text: string): Word[] {
  checks.check("highlight: text", text, checks.aText);
  const words: Word[] = [];
  let end = 0;
  for (const token of lex({ file: "<text>", text })) {
    comments(text, end, token.span.start, words);
    end = token.span.end;
    const { start } = token.span;
    if (CALLED.has(token.kind)) {
      // The parenthesis is a part of the token.
      words.push({ kind: "builtin", start, end: end - 1 }, { kind: "bracket", start: end - 1, end });
    } else if (token.kind !== "end") {
      words.push({ kind: kindOf(token), start, end });
    }
  }
  return words;
}

/** The comments between two tokens. */
function comments(text: string, from: number, to: number, words: Word[]): void {
  for (const { 0: comment, index } of text.slice(from, to).matchAll(/#[^\r\n]*/g)) {
    words.push({ kind: "comment", start: from + index, end: from + index + comment.length });
  }
}

function kindOf({ kind, text }: Token): WordKind {
  switch (kind) {
    case "name":
    case "string":
    case "error":
      return kind;
    case "int":
    case "float":
      return "number";
    default:
      if (BUILTIN.has(text)) return "builtin";
      if (/^[a-z]/.test(text)) return "keyword";
      return /[()[\]{}]/.test(text) ? "bracket" : "operator";
  }
}
