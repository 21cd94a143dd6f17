/** Whether the original's parser would ask for more text at a token that does not fit. */
import { Unexpected } from "./cursor.js";
import { AFTER_SEMICOLON, END_EXPECTED, StatementParser } from "./statement.js";
import type { Token } from "./token.js";

/**
 * The token before which the original's parser (ANTLR 4) reports a missing `;`, if it does. The original then waits for more text,
 * wherever the mistake really is, and the class is `incomplete`. ANTLR reports it where the statement is complete and a new one could
 * begin, with three exceptions: a single stray token before `;` is "extraneous"; a name right after the statement's first name finds
 * no alternative; a character that starts no token is an error as soon as ANTLR looks at it. Where `[ + -` could both continue the
 * statement and begin a new one, and neither can be finished, ANTLR takes the reading that gets further, and the new statement if
 * both end at the same token. (Found by fuzzing a parser that antlr-ng generates from the original's grammar.)
 */
export function possibleEnd({ index, expected }: Unexpected, parser: StatementParser): number | undefined {
  const { tokens, begin } = parser;
  if (tokens[index]!.kind === "error") return undefined;
  const follows = AFTER_SEMICOLON[parser.context];
  const stray = (i: number): boolean => {
    const next = tokens[i + 1]?.kind;
    return next === ";" || next === "error" || !follows.includes(tokens[i]!.kind);
  };
  const early = parser.unfinished.find((i) => i < index && reach(tokens, i) >= index);
  if (early !== undefined) return stray(early) ? undefined : early;
  const complete = expected === END_EXPECTED;
  const secondName = index === begin + 1 && tokens[begin]!.kind === "name";
  return complete && !secondName && !stray(index) ? index : undefined;
}

/** The index of the first token that does not fit where statements are read from `from` on; infinite if all fit. */
function reach(tokens: readonly Token[], from: number): number {
  const parser = new StatementParser(tokens, from);
  try {
    while (!parser.at("end")) parser.statement("program");
    return Infinity;
  } catch (error) {
    return error instanceof Unexpected ? error.index : Infinity;
  }
}
