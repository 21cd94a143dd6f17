/** Skipping to the next statement after an error. */
import { hasBody } from "./mistakes.js";
import type { Token, TokenKind } from "./token.js";

/**
 * Where to continue after an error at `index` in the statement that begins at `start`: after its `;`, before the `}` of the body
 * around it, or at a line that begins like a statement.
 */
export function nextStatement(tokens: readonly Token[], start: number, index: number, inBody: boolean): number {
  const withBody = hasBody(tokens, start);
  let braces = 0;
  for (let i = Math.max(index, start + 1); i < tokens.length - 1; i++) {
    const { kind, startsLine } = tokens[i]!;
    if (startsLine && !(withBody && braces > 0) && beginsStatement(tokens, i)) return i;
    if (kind === "{") {
      braces++;
    } else if (kind === "}" && braces > 0) {
      if (--braces === 0 && withBody) return i + 1;
    } else if (kind === "}" && inBody) {
      return i;
    } else if (kind === ";" && braces === 0) {
      return i + 1;
    }
  }
  return tokens.length - 1;
}

const WORDS_THAT_BEGIN: readonly TokenKind[] = ["def", "for", "draw", "load", "return", "set", "show", "exit", "quit"];

const beginsStatement = (tokens: readonly Token[], i: number): boolean =>
  WORDS_THAT_BEGIN.includes(tokens[i]!.kind) || (tokens[i]!.kind === "name" && tokens[i + 1]!.kind === "=");
