/**
 * Calls of functions that other languages have and RASP does not, or that take other arguments there: what to write instead, as text
 * that runs. Functions of one sequence over all positions are what newcomers miss most.
 */
import type { Details } from "../diagnostic.js";
import { textOf, type Span } from "../source.js";
import type { Expression } from "../syntax/ast.js";
import type { FunctionValue, Value } from "./value.js";
import { singular, typesOf } from "./value-types.js";

/** An argument as text, in parentheses where an operator follows, and its type if that is known. */
interface Argument {
  readonly text: string;
  readonly type: string;
}

const inParentheses = (text: string): string => (/^[\w.]+(\(.*\))?$|^"[^"]*"$/.test(text) ? text : `(${text})`);
const filler = ({ type, text }: Argument): string =>
  type === "string" || text.startsWith('"') ? '""' : type === "bool" ? "False" : "0";
const numbers = ({ type, text }: Argument): string => (type === "bool" ? `indicator(${text})` : text);

type Rewriting = readonly [help: string, instead: (a: Argument, b: Argument, all: readonly Argument[]) => string];

const converted =
  (conversion: string, otherwise: (a: Argument) => string) =>
  (a: Argument): string =>
    a.text === "tokens" || a.text === "tokens_str" ? `tokens_${conversion}` : otherwise(a);
const small = ({ text }: Argument): string => text;
const shown: Rewriting = ["a value alone is shown", (_a, _b, all) => all.map(({ text }) => text).join("; ")];
const largest: Rewriting = ["over all positions it is the last in order", ({ text }) => `sort(${text}, ${text})[-1]`];
const smallest: Rewriting = ["over all positions it is the first in order", ({ text }) => `sort(${text}, ${text})[0]`];
const mean: Rewriting = ["the mean over all positions", (a) => `average(${numbers(a)})`];
const reversal: Rewriting = [
  "a selector says where each position looks",
  ({ text }) => `aggregate(select(indices, length - 1 - indices, ==), ${text})`,
];
const histogram: Rewriting = [
  "how often each value occurs is the width of a selector",
  ({ text }) => `selector_width(select(${text}, ${text}, ==))`,
];

/** Functions of other languages, by name in small letters without underscores. */
const CALLS: Readonly<Record<string, Rewriting>> = {
  print: shown,
  println: shown,
  show: shown,
  echo: shown,
  display: shown,
  log: shown,
  list: ["an s-op has all values already", small],
  numerical: ["s-ops need no marks", small],
  categorical: ["s-ops need no marks", small],
  constantsop: ["an atom is the same at every position", small],
  full: ["an atom is the same at every position", small],
  sum: ["a sum over all positions is their number times the mean", (a) => `length * average(${numbers(a)})`],
  mean,
  avg: mean,
  any: ["whether it holds at any position", ({ text }) => `contains(${text}, True)`],
  all: ["whether it holds at all positions", ({ text }) => `not contains(${text}, False)`],
  abs: ["the larger of a number and its negative", ({ text }) => `max(${text}, -${inParentheses(text)})`],
  int: ["tokens_int reads ints, round gives ints", converted("int", ({ text }) => `round(${text})`)],
  float: ["tokens_float reads floats", converted("float", ({ text }) => `${inParentheses(text)} * 1.0`)],
  bool: ["tokens_bool reads bools", converted("bool", ({ text }) => `not not ${inParentheses(text)}`)],
  str: [
    "tokens_str has the tokens as strings, a list has strings for small ints",
    converted("str", ({ text }) => `["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"][${text}]`),
  ],
  sorted: ["sort takes the sequence and its key", ({ text }) => `sort(${text}, ${text})`],
  reverse: reversal,
  reversed: reversal,
  hist: histogram,
  histogram,
  first: ["an index gives one position's value everywhere", ({ text }) => `${inParentheses(text)}[0]`],
  last: ["an index gives one position's value everywhere", ({ text }) => `${inParentheses(text)}[-1]`],
  enumerate: ["indices holds the positions", () => "indices"],
  size: ["the number of positions is length", () => "length"],
  selectorand: ["selectors combine with and", (a, b) => `${a.text} and ${b.text}`],
  selectoror: ["selectors combine with or", (a, b) => `${a.text} or ${b.text}`],
  selectornot: ["selectors combine with not", ({ text }) => `not ${inParentheses(text)}`],
  aggregate: ["RASP's functions are written in small letters", (_a, _b, all) => `aggregate(${textsOf(all)})`],
  pow: ["powers are written with ^", (a, b) => `${inParentheses(a.text)} ^ ${inParentheses(b.text || "2")}`],
  sqrt: ["a root is a power", ({ text }) => `${inParentheses(text)} ^ 0.5`],
  mod: ["remainders are written with %", (a, b) => `${inParentheses(a.text)} % ${inParentheses(b.text || "2")}`],
  floor: ["what is left of 1 is taken away", ({ text }) => `round(${text} - ${inParentheses(text)} % 1)`],
  ceil: ["what lacks to the next int is added", ({ text }) => `round(${text} + (-${inParentheses(text)}) % 1)`],
  zip: ["s-ops combine position by position", (a) => `${a.text} + ${a.text}`],
};

/** Functions of a whole sequence: of a string they are functions of tokens, applied to it. */
const OF_SEQUENCES: ReadonlySet<Rewriting | undefined> = new Set([
  ...[largest, smallest, reversal, histogram],
  ...[CALLS["sorted"], CALLS["first"], CALLS["last"], CALLS["enumerate"], CALLS["size"]],
]);

const textsOf = (all: readonly Argument[]): string => all.map(({ text }) => text).join(", ");

/** What helps with a call of a function that is not set. @param only the single argument's value, if it is known */
export function foreignCall(call: Expression & { kind: "call" }, span: Span, only?: Value): Details | undefined {
  if (call.callee.kind !== "name" || call.args.length === 0) return undefined;
  const known = call.callee.name.toLowerCase().replaceAll("_", "");
  const rewriting = Object.hasOwn(CALLS, known) ? CALLS[known] : undefined;
  return rewriting && write(rewriting, argumentsOf(call.args, only), span, OF_SEQUENCES.has(rewriting));
}

/** Arguments that calls of the library's functions lack, by parameter. */
const MISSING: Readonly<Record<string, (first: Argument | undefined) => string>> = {
  seq: () => "indices",
  key: (first) => first?.text ?? "tokens",
  atom: literal,
  val: literal,
  filler: (first) => (first ? filler(first) : '""'),
  n: () => "1",
  location: () => "indices",
  sel: () => "full_s",
  s: () => "full_s",
  score: () => "indices",
};

function literal(first: Argument | undefined): string {
  return first?.type === "string" || first === undefined ? '"a"' : first.type === "bool" ? "True" : "0";
}

/** What helps with a wrong number of arguments for a function of the library. */
export function argumentHelp(
  { definition: { name, parameters } }: FunctionValue,
  given: readonly Expression[],
  values: readonly Value[],
  span: Span,
): Details | undefined {
  const all = argumentsOf(given, ...values);
  const [first] = all;
  if (name.text === "max" || name.text === "min") {
    if (values[0]?.kind === "list") return undefined;
    if (first && all.length === 1 && (values[0]!.kind === "s-op" || first.text.startsWith('"'))) {
      return write(name.text === "max" ? largest : smallest, all, span, true);
    }
    const nested = all
      .slice(1)
      .reduce((inner, { text }) => `${name.text}(${inner}, ${text})`, first?.text ?? "indices");
    const text = all.length > 1 ? nested : `${name.text}(${first?.text ?? "indices"}, 2)`;
    return { suggestion: `it compares two values: ${text}`, fix: { span, text } };
  }
  // `count("a")`: the sequence was left out.
  if (all.length === 1 && parameters[0]!.text === "seq" && values[0]?.kind === "atom") {
    all.unshift({ text: "tokens", type: "string" });
  }
  const filled = parameters.map((parameter, i) => all[i]?.text ?? MISSING[parameter.text]?.(first));
  if (filled.includes(undefined)) return undefined;
  const text = `${name.text}(${filled.join(", ")})`;
  return { suggestion: `for example ${text}`, fix: { span, text } };
}

function argumentsOf(given: readonly Expression[], ...values: readonly (Value | undefined)[]): Argument[] {
  return given.map((argument, i) => {
    const value = values[i];
    return { text: textOf(argument.span), type: value?.kind === "s-op" ? singular(typesOf(value.node)) : "" };
  });
}

function write([help, instead]: Rewriting, all: readonly Argument[], span: Span, isOfSequence: boolean): Details {
  const none: Argument = { text: "", type: "" };
  const [first = none, second = none] = all;
  const text =
    isOfSequence && first.text.startsWith('"')
      ? `${instead({ text: "tokens", type: "string" }, second, all)}(${first.text})`
      : instead(first, second, all);
  return { suggestion: `${help}: ${text}`, fix: { span, text } };
}
