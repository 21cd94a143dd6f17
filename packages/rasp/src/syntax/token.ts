/**
 * The tokens of RASP and the precedence of its operators (RASP.md, 2.1 and 2.4). Some tokens include the parenthesis that follows
 * (`select(`): with a space in between they are names.
 */
import type { Span } from "./source.js";

/** Fixed texts. Where several match, the longest wins, also against a name: `s-opens` is `s-op` and `ens`. */
export const FIXED = [
  ...["select(", "aggregate(", "range(", "zip(", "len("],
  ...[
    "full seq display",
    "exit()",
    "quit()",
    "exit",
    "quit",
    "set",
    "show",
    "example",
    "examples",
    "selector",
    "s-op",
    "on",
    "off",
  ],
  ...["load", "draw", "def", "return", "for", "in", "if", "else", "not", "and", "or", "round", "indicator"],
  ...["==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "^", "(", ")", "[", "]", "{", "}", ",", ":", ";"],
] as const;

/** A fixed token's kind is its text. `error` stands for a character that starts no token; `end` comes last. */
export type TokenKind = (typeof FIXED)[number] | "name" | "int" | "float" | "string" | "error" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly span: Span;
  /** Whether a line break stands between this token and the one before. */
  readonly startsLine: boolean;
}

/** Left binding power of the infix operators, all left-associative; larger binds tighter. */
export const INFIX: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ...(["in"] as const).map((op) => [op, 1] as const),
  ...(["if"] as const).map((op) => [op, 2] as const),
  ...(["and", "or"] as const).map((op) => [op, 3] as const),
  ...(["==", "<=", ">=", ">", "<"] as const).map((op) => [op, 4] as const),
  ...(["+", "-"] as const).map((op) => [op, 5] as const),
  ...(["%"] as const).map((op) => [op, 6] as const),
  ...(["*", "/"] as const).map((op) => [op, 7] as const),
  ...(["^"] as const).map((op) => [op, 8] as const),
  ...(["[", "("] as const).map((op) => [op, 10] as const),
]);

/** Binding power of the prefix operators `not`, `-`, `+`: tighter than `^`, looser than indexing and calls. */
export const PREFIX = 9;
