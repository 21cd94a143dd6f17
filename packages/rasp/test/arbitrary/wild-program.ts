/**
 * Random programs of the sort that breaks proofs: constants from 10^-300 to 10^300, floats with many digits, means of means, deep nests,
 * wild defaults, choices between different numbers. A program is straight-line code with a name for each step; later steps read
 * earlier ones, so that some programs have no attention layer and others six or more.
 */
import type { Rng } from "@selectron/core";

export interface WildProgram {
  /** Its last line defines `result`. */
  readonly source: string;
  readonly vocabulary: readonly string[];
  readonly maxLength: number;
  readonly causal: boolean;
}

type Type = "number" | "bool" | "text" | "selector";

const PREFIX: Readonly<Record<Type, string>> = { number: "x", bool: "b", text: "t", selector: "s" };

const VOCABULARIES: readonly (readonly string[])[] = [
  ["a", "b"],
  ["a", "b", "c"],
  ["0", "1", "2"],
  ["-1", "0.5", "3"],
];

/** Forms of one line. A hole in braces is a step of that type, or one of the literals below. */
const FORMS: Readonly<Record<Type, readonly string[]>> = {
  number: [
    "aggregate({selector}, {number})",
    "aggregate({selector}, {number})",
    "aggregate({selector}, {number}, {constant})",
    "aggregate({selector}, {number} if {bool} else {number})",
    "selector_width({selector})",
    "selector_width({selector})",
    "{number} {plus} {number}",
    "{number} {plus} {constant}",
    "{number} * {constant}",
    "{number} / {divisor}",
    "{number} * {number}",
    "{number} if {bool} else {number}",
    "{number} if {bool} else {constant}",
    "indicator({bool})",
    "round({number})",
    "{extreme}({number}, {number})",
    "length - {number}",
    "average({number})",
  ],
  bool: [
    "{number} {compare} {number}",
    "{number} {compare} {constant}",
    "tokens == {letter}",
    "{text} == {letter}",
    "{bool} {and} {bool}",
    "not ({bool})",
    "has_focus({selector})",
    "aggregate(select(indices, {number}, ==), {bool}, False)",
  ],
  text: [
    "shift({text}, {step}, {letter})",
    "{letter} if {bool} else {text}",
    "aggregate(select(indices, {number}, ==), {text}, {letter})",
  ],
  selector: [
    "select({number}, {number}, {order})",
    "select({number}, {number}, {order})",
    "select({text}, {text}, {same})",
    "select({text}, {letter}, ==)",
    "select({bool}, True, ==)",
    "select({number}, {small}, {order})",
    "{selector} {and} {selector}",
    "not ({selector})",
    "best({selector}, {number})",
  ],
};

/** What fills a hole where no step does. */
const LEAVES: Readonly<Record<Type, readonly string[]>> = {
  number: [
    "indices",
    "indices",
    "length",
    "indicator(tokens == {letter})",
    "({constant} if tokens == {letter} else {constant})",
  ],
  bool: ["(tokens == {letter})", "(indices < 2)", "(indices % 2 == 0)"],
  text: ["tokens"],
  selector: ["full_s", "select(tokens, tokens, ==)", "select(indices, indices, <=)", "select(indices, indices, ==)"],
};

const LITERALS: Readonly<Record<string, readonly string[]>> = {
  plus: ["+", "-"],
  and: ["and", "or"],
  same: ["==", "!="],
  order: ["==", "!=", "<", "<=", ">", ">="],
  compare: ["==", "<", "<=", ">", ">="],
  extreme: ["max", "min"],
  step: ["1", "-1"],
  small: ["0", "1", "2"],
  divisor: ["2", "3", "7", "(length + 1)", "0.1"],
};
const SMALL = ["0", "1", "2", "-1", "3", "0.5", "0.25", "-2.5"] as const;
const DIGITS = [
  "0.1",
  "0.333",
  "3.14159265358979",
  "-2.718281828459045",
  "1234.5678",
  "0.3000000000000004",
  "16777217",
  "99999.99",
] as const;

/** A program of 2 to 17 steps. */
export function wildProgram(rng: Rng): WildProgram {
  const pick = <T>(from: readonly T[]): T => from[rng.int(from.length)]!;
  const vocabulary = pick(VOCABULARIES);
  const isNumeric = vocabulary[0] !== "a";
  const known: Record<Type, string[]> = { number: [], bool: [], text: [], selector: [] };
  const constant = (): string => {
    const kind = rng.int(20);
    if (kind < 12) return pick(SMALL);
    if (kind < 16) return pick(DIGITS);
    if (kind === 16) return `${pick(["", "-"])}${pick(["1", "7", "3.3"])} * 10^${rng.int(16)}`;
    if (kind === 17) return `1 / ${1 + rng.int(1000)}`;
    if (kind === 18) return String(rng.int(5000) - 2500);
    return `10^${pick(["-300", "-40", "-12", "22", "38", "300"])}`;
  };
  const operand = (type: Type): string => {
    // Mostly the latest steps, so that programs get deep.
    const names = known[type].slice(-3);
    if (names.length > 0 && rng.int(10) < 8) return pick(names);
    if (type === "number" && isNumeric && rng.int(3) === 0) return "tokens_float";
    return fill(pick(LEAVES[type]));
  };
  const fill = (form: string): string =>
    form.replace(/\{(\w+)\}/g, (_, hole: string) => {
      if (hole in PREFIX) return operand(hole as Type);
      if (hole === "letter") return JSON.stringify(pick(vocabulary));
      if (hole === "constant") return `(${constant()})`;
      return pick(LITERALS[hole]!);
    });

  const lines: string[] = [];
  let result = operand("number");
  const steps = 2 + rng.int(16);
  for (let step = 0; step < steps; step++) {
    const type = pick(["number", "number", "number", "bool", "text", "selector", "selector"] as const);
    const name = `${PREFIX[type]}${step}`;
    lines.push(`${name} = ${fill(pick(FORMS[type]))};`);
    known[type].push(name);
    if (type !== "selector") result = name;
  }
  lines.push(`result = ${result};`);
  return {
    source: lines.join("\n"),
    vocabulary,
    maxLength: vocabulary.length === 2 ? 2 + rng.int(4) : 2 + rng.int(3),
    causal: rng.int(4) === 0,
  };
}
