/** Edits of RASP text on its tokens, which also joins two programs. */
import type { Rng } from "@selectron/core";

const TOKENS = /"[^"\n]*"|#[^\n]*|[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>=!]=|\s+|[^\s]/g;
export const tokensOf = (text: string): string[] => text.match(TOKENS) ?? [];

const isName = (token: string): boolean => /^[A-Za-z_]/.test(token);
const isOperator = (token: string): boolean => /^([-+*/%^<>]|[<>=!]=|and|or)$/.test(token);
const isLiteral = (token: string): boolean => /^["\d]/.test(token);
const groups = [isOperator, isLiteral, isName];

// prettier-ignore
const ODD_TOKENS: readonly string[] = [
  "0", "-1", "1e9", "9007199254740993", "10^400", "0.1", '""', '"\u001b[31m"', '"é"', "\u0000", "\u202e", "1 / 0", "(0 / 0)", "True", "null", "[]", "{}",
  "tokens", "indices", "length", "not", "if 1 else 2", "for x in range(1000000)", "def", "return", "load \"a\";", "exit;", "&", "\\", "\"", "#", ";;",
];

type TokenEdit = (tokens: string[], at: number, rng: Rng, other: readonly string[]) => void;

/** A token of the same sort: such programs often run. */
const likeOne: TokenEdit = (tokens, at, rng, other) => {
  const group = groups.find((belongs) => belongs(tokens[at] ?? ""));
  const alike = group ? [...other, ...tokens].filter(group) : [];
  if (alike.length > 0) tokens[at] = rng.pick(alike);
};
const EDITS: readonly TokenEdit[] = [
  likeOne,
  likeOne,
  likeOne,
  likeOne,
  likeOne,
  likeOne,
  likeOne,
  likeOne,
  likeOne,
  likeOne,
  (tokens, at, rng) => void tokens.splice(at, 1 + rng.int(3)),
  (tokens, at, rng) => void tokens.splice(at, 0, ...tokens.slice(at, at + 1 + rng.int(16))),
  function swap(tokens, at, rng) {
    const to = rng.int(tokens.length);
    [tokens[at], tokens[to]] = [tokens[to]!, tokens[at]!];
  },
  function insert(tokens, at, rng, other) {
    const from = rng.int(other.length);
    tokens.splice(at, 0, ...other.slice(from, from + 1 + rng.int(24)));
  },
  (tokens, at, rng) => void tokens.splice(at, rng.int(2), rng.pick(ODD_TOKENS)),
  function nest(tokens, at, rng) {
    const [open, close] = rng.pick([
      ["(", ")"],
      ["[", "]"],
      ["-(", ")"],
      ["not ", ""],
      ["round(", ")"],
      ["{", "}"],
    ] as const);
    const levels = rng.pick([1, 2, 20, 1000, 50_000]);
    tokens.splice(at, 1, open.repeat(levels) + tokens[at]! + close.repeat(levels));
  },
  function repeatStatement(tokens, at, rng) {
    const from = tokens.lastIndexOf(";", at) + 1;
    const to = tokens.indexOf(";", at) + 1;
    if (to <= from) return;
    // Each copy builds on what the one before has made.
    const statement = tokens.slice(from, to).join("");
    tokens.splice(to, 0, `\n${statement}`.repeat(rng.pick([1, 5, 40, 400])));
  },
  function chain(tokens, at, rng) {
    const [name = "x"] = tokens.slice(at).filter(isName);
    const operator = rng.pick(["+", "and", "or", "==", "*", "-", "if True else"]);
    tokens.push(`\n${name} = ${name}${` ${operator} ${name}`.repeat(rng.pick([1, 3, 30, 300]))};`);
  },
  function double(tokens, at, rng) {
    const [name = "x"] = tokens.slice(at).filter(isName);
    const form = rng.pick([
      (x: string) => `${x} = ${x} + ${x};`,
      (x: string) => `${x} = ${x} or select(indices, selector_width(${x}), ==);`,
      (x: string) => `${x} = [${x}, ${x}];`,
      (x: string) => `${x} = aggregate(select(${x}, ${x}, ==), ${x});`,
      (x: string) => `${x} = ${x} if ${x} == ${x} else ${x};`,
    ]);
    tokens.push(`\n${form(name)}`.repeat(rng.pick([2, 10, 30, 64])));
  },
];

/** One edit of a program, with another one to take passages from. */
export function editProgram(text: string, rng: Rng, other: string): string {
  const tokens = tokensOf(text);
  const words = tokens.flatMap((token, at) => (token.trim() === "" ? [] : [at]));
  if (words.length === 0) return other;
  const donor = tokensOf(other);
  rng.pick(EDITS)(tokens, rng.pick(words), rng, donor.length > 0 ? donor : ["x"]);
  return tokens.join("");
}
