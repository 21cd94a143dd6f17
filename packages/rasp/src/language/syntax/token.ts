/**
 * The tokens of RASP and the precedence of its operators, as in the original's grammar (github.com/tech-srl/RASP, `RASP.g4`). Some
 * tokens include the parenthesis that follows (`select(`); with a space in between, the word is a name.
 */
import type { Span } from "../source.js";

/** Fixed texts. The longest match wins, also against a name: `s-opens` is `s-op` and `ens`. */
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

/** A fixed token's kind is its text. `error` is a character that starts no token; `end` comes last. */
export type TokenKind = (typeof FIXED)[number] | "name" | "int" | "float" | "string" | "error" | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly span: Span;
  /** Whether there is a line break between this token and the one before. */
  readonly startsLine: boolean;
}

/** The infix operators, the loosest first. Every level is left-associative. */
const LEVELS: readonly (readonly TokenKind[])[] = [
  ["in"],
  ["if"],
  ["and", "or"],
  ["==", "<=", ">=", ">", "<"],
  ["+", "-"],
  ["%"],
  ["*", "/"],
  ["^"],
];

/** Binding power of the prefix operators `not`, `-`, `+`: tighter than `^`, looser than indexing and calls. */
export const PREFIX = LEVELS.length + 1;

/** Left binding power of the infix operators, and of the brackets of indexing and calls; larger binds tighter. */
export const INFIX: ReadonlyMap<TokenKind, number> = new Map(
  [...LEVELS, [], ["[", "("] as const].flatMap((level, i) => level.map((kind) => [kind, i + 1] as const)),
);

/** Whether a `repeat` statement begins at a token: `repeat (name =`, which nothing else can be. */
export const beginsRepeat = (tokens: readonly Token[], index: number): boolean =>
  tokens[index]?.text === "repeat" &&
  tokens[index + 1]?.kind === "(" &&
  tokens[index + 2]?.kind === "name" &&
  tokens[index + 3]?.kind === "=";
