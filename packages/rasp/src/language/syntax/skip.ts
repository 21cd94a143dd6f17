/** Skipping to the next statement after an error. */
import { hasBody } from "./mistakes.js";
import type { Token, TokenKind } from "./token.js";

/**
 * Where to continue after an error at `index` in the statement that begins at `start`: after its `;`, before the `}` of the body
 * around it, or at a line that begins like a statement.
 */
export function nextStatement(tokens: readonly Token[], start: number, index: number, inBody: boolean): number {
  const withBody = hasBody(tokens[start]!);
  let braces = 0;
  for (let at = Math.max(index, start + 1); at < tokens.length - 1; at++) {
    const { kind, startsLine } = tokens[at]!;
    if (startsLine && !(withBody && braces > 0) && beginsStatement(tokens, at)) return at;
    if (kind === "{") {
      braces++;
    } else if (kind === "}" && braces > 0) {
      if (--braces === 0 && withBody) return at + 1;
    } else if (kind === "}" && inBody) {
      return at;
    } else if (kind === ";" && braces === 0) {
      return at + 1;
    }
  }
  return tokens.length - 1;
}

const WORDS_THAT_BEGIN: readonly TokenKind[] = ["def", "for", "draw", "load", "return", "set", "show", "exit", "quit"];

const beginsStatement = (tokens: readonly Token[], at: number): boolean =>
  WORDS_THAT_BEGIN.includes(tokens[at]!.kind) || (tokens[at]!.kind === "name" && tokens[at + 1]!.kind === "=");
