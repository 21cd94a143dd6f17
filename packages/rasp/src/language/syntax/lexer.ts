/** Text to tokens. A character that starts no token becomes one of kind `error`, which the parser reports. */
import { errors } from "../diagnostic.js";
import { MOST_TOKENS } from "../limits.js";
import { groupBy } from "../maps.js";
import type { Source } from "../source.js";
import { FIXED, type Token, type TokenKind } from "./token.js";

const SPACE = /[ \t\r\n]+/y;
const COMMENT = /#[^\r\n]*/y;
const NAME = /[a-zA-Z_][a-zA-Z_0-9]*/y;
const NUMBER = /[0-9]+(\.[0-9]+)?/y;
const STRING = /"[^"\r\n]*"/y;
const ANY = /"[^"\r\n]*|[^]/uy;

/** The fixed texts by their first character, the longest first. */
const FIXED_BY_FIRST = groupBy(
  [...FIXED].sort((a, b) => b.length - a.length),
  (text) => text[0]!,
);

/** The tokens of a source, the last of kind `end`. @throws RaspError of class limit where they are too many */
export function lex(source: Source): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  const match = (pattern: RegExp, index: number): string => {
    pattern.lastIndex = index;
    return pattern.exec(text)?.[0] ?? "";
  };
  for (let start = 0; ;) {
    // In a loop: as one pattern, millions of comments would exhaust the stack of regular expressions.
    let startsLine = tokens.length === 0;
    for (let skipped = " "; skipped !== "";) {
      skipped = match(SPACE, start) || match(COMMENT, start);
      start += skipped.length;
      startsLine ||= skipped.includes("\n");
    }
    const push = (kind: TokenKind, length: number): void => {
      tokens.push({
        kind,
        text: text.slice(start, start + length),
        span: { source, start, end: start + length },
        startsLine,
      });
      start += length;
    };
    if (tokens.length >= MOST_TOKENS) {
      throw errors.memoryLimit(`this text has more than ${MOST_TOKENS} words, numbers and signs`, {
        span: { source, start, end: start },
        suggestion: "split it into several programs, or make lists by comprehensions",
      });
    }
    if (start >= text.length) {
      push("end", 0);
      return tokens;
    }
    const name = match(NAME, start);
    const fixed = FIXED_BY_FIRST.get(text[start]!)?.find((candidate) => text.startsWith(candidate, start)) ?? "";
    const number = match(NUMBER, start);
    const string = match(STRING, start);
    if (fixed !== "" && fixed.length >= name.length) push(fixed as TokenKind, fixed.length);
    else if (name !== "") push("name", name.length);
    else if (number !== "") push(number.includes(".") ? "float" : "int", number.length);
    else if (string !== "") push("string", string.length);
    else push("error", match(ANY, start).length);
  }
}
