/**
 * Edits of JSON text, on its tokens, so that it need not be valid: keys removed, doubled and renamed, values of other types, numbers
 * that are huge, negative or broken, deep nesting, long strings, control characters. JSON inside a string is edited in its place.
 */
import type { Rng } from "@selectron/core";

const TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+|\s+|"/gs;
const tokensOf = (text: string): string[] => text.match(TOKENS) ?? [];

const DEEP = [10, 127, 128, 5_000, 100_000] as const;

/** Values that fit nowhere, or nearly. */
// prettier-ignore
const ODD_VALUES: readonly string[] = [
  "null", "true", "false", "0", "-0", "-1", "1", "2", "1.5", "1e0", "1.0", "1e400", "-1e400", "1e-400", "NaN", "Infinity", "255", "65536",
  "2147483648", "4294967296", "9007199254740993", "1000000000", "1e21", '""', '"x"', '"1"', '"__proto__"', '"constructor"', '"\\u0000"',
  '"\\u001b[31m"', '"\\ud800"', '"\\u202e"', '"nan"', '"inf"', "[]", "{}", "[[]]", "[null]", '{"length":3}', '["a","a"]', "[1e999]",
];

function oddValue(rng: Rng): string {
  switch (rng.int(16)) {
    case 0: {
      const levels = rng.pick(DEEP);
      return "[".repeat(levels) + "]".repeat(levels);
    }
    case 1:
      return `"${"a".repeat(rng.pick([300, 20_000, 1_000_000]))}"`;
    case 2:
      return `[${"0,".repeat(rng.pick([3, 1000, 100_000]))}0]`;
    default:
      return rng.pick(ODD_VALUES);
  }
}

/** Where values begin and end, of which keys are none: token indices [from, to). */
function valuesIn(tokens: readonly string[]): (readonly [number, number])[] {
  const values: (readonly [number, number])[] = [];
  const open: number[] = [];
  tokens.forEach((token, at) => {
    if (token === "[" || token === "{") {
      open.push(at);
    } else if (token === "]" || token === "}") {
      const from = open.pop();
      if (from !== undefined) values.push([from, at + 1]);
    } else if (!/^[,:\s]/.test(token) && tokens[at + 1] !== ":") {
      values.push([at, at + 1]);
    }
  });
  return values;
}

/** A number near another one. */
function otherNumber(text: string, rng: Rng): string {
  const value = Number(text);
  const change = rng.pick([
    (x: number) => x + 1,
    (x: number) => x - 1,
    (x: number) => -x,
    (x: number) => 2 * x,
    (x: number) => x / 2,
    (x: number) => x * 1e9,
    (x: number) => x + 0.5,
  ]);
  return String(change(value));
}

function otherString(token: string, rng: Rng): string {
  let text: unknown;
  try {
    text = JSON.parse(token);
  } catch {
    return '""';
  }
  if (typeof text !== "string") return '""';
  if (/^\s*[{[]/.test(text) && rng.int(8) > 0) return JSON.stringify(editJson(text, rng));
  const at = rng.int(text.length + 1);
  const extra = rng.pick(["", "\u0000", "\u001b]0;x\u0007", "\n", "\u009b1m", '"', "é", "\ud83d", "x".repeat(5000)]);
  return JSON.stringify(text.slice(0, at) + extra + text.slice(at + rng.int(3)));
}

type TokenEdit = (tokens: string[], value: readonly [number, number], rng: Rng) => void;

/** The tokens from the comma or key before a value. */
const entryStart = (tokens: readonly string[], from: number): number => {
  let start = from;
  if (tokens[start - 1] === ":") start -= 2;
  if (tokens[start - 1] === ",") start--;
  return Math.max(0, start);
};

const change: TokenEdit = (tokens, [from, to], rng) => {
  const token = tokens[from]!;
  const replaced = token.startsWith('"')
    ? otherString(token, rng)
    : Number.isNaN(Number(token))
      ? oddValue(rng)
      : undefined;
  tokens.splice(from, to - from, replaced ?? otherNumber(token, rng));
};
const replace: TokenEdit = (tokens, [from, to], rng) => void tokens.splice(from, to - from, oddValue(rng));
const remove: TokenEdit = (tokens, [from, to]) => {
  const start = entryStart(tokens, from);
  // The first of several takes the comma behind it along.
  tokens.splice(start, to - start + (tokens[start] !== "," && tokens[to] === "," ? 1 : 0));
};
const double: TokenEdit = (tokens, [from, to], rng) => {
  const start = entryStart(tokens, from);
  const comma = tokens[start] === "," ? "" : ",";
  const name = tokens.slice(start, from).join("");
  const value = rng.int(2) === 0 ? oddValue(rng) : tokens.slice(from, to).join("");
  tokens[to - 1] += comma + name + value;
};
const copyOther: TokenEdit = (tokens, [from, to], rng) => {
  const [start, end] = rng.pick(valuesIn(tokens));
  tokens.splice(from, to - from, tokens.slice(start, end).join(""));
};
const rename: TokenEdit = (tokens, [from], rng) => {
  if (tokens[from - 1] === ":") tokens[from - 2] = rng.pick(['"x"', '"__proto__"', '""', oddValue(rng)]);
};
const wrap: TokenEdit = (tokens, [from, to], rng) => {
  const [left, right] = rng.pick([
    ["[", "]"],
    ['{"a":', "}"],
    ["", ","],
    ["[", ""],
  ] as const);
  tokens.splice(to, 0, right);
  tokens.splice(from, 0, left);
};
const EDITS: readonly TokenEdit[] = [
  change,
  change,
  change,
  change,
  replace,
  replace,
  remove,
  double,
  copyOther,
  rename,
  wrap,
];

/** One edit of JSON text. Strings that hold JSON are entered more often than others are changed. */
export function editJson(text: string, rng: Rng): string {
  const tokens = tokensOf(text);
  const values = valuesIn(tokens);
  if (values.length === 0) return oddValue(rng);
  const nested = values.filter(([from]) => /^"\s*[{[]/.test(tokens[from]!));
  if (nested.length > 0 && rng.int(3) > 0) {
    const [from] = rng.pick(nested);
    tokens[from] = otherString(tokens[from]!, rng);
  } else {
    rng.pick(EDITS)(tokens, rng.pick(values), rng);
  }
  return tokens.join("");
}

/** One edit of JSON lines: of a line, or of their order and number. */
export function editJsonLines(text: string, rng: Rng): string {
  const lines = text.split("\n");
  const at = rng.int(lines.length);
  switch (rng.int(8)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, rng.pick(lines));
      break;
    case 2:
      lines.splice(at, 0, rng.pick(["", "null", "[]", "{}", "\u0000\u0000", "0", '"', " ", oddValue(rng)]));
      break;
    case 3:
      lines.reverse();
      break;
    default:
      lines[at] = editJson(lines[at]!, rng);
  }
  return lines.join("\n");
}
