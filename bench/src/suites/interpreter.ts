/** The interpreter on the paper's programs, at lengths far beyond what a matrix of n² cells would allow. */
import { Rng } from "@selectron/core";
import { evaluate, load, type Atom } from "@selectron/rasp";
import type { Comparison } from "../harness.js";

export const interpreterLengths = [64, 256, 1024, 10_000, 100_000, 1_000_000] as const;

export interface InterpreterProgram {
  /** The s-op's name in the lesson. */
  readonly name: string;
  readonly lesson: string;
  readonly tokens: string;
  /** Seconds that the original implementation takes at 1024 tokens, on two cores of an EPYC. */
  readonly original: number;
  /** The right answer, by other means. */
  readonly answer: (input: readonly string[]) => readonly Atom[];
}

export const interpreterPrograms: readonly InterpreterProgram[] = [
  {
    name: "reverse",
    lesson: "01-reverse",
    tokens: "abcdefgh",
    original: 13.576,
    answer: (input) => input.toReversed(),
  },
  { name: "hist_nobos", lesson: "02-histogram", tokens: "abcdefgh", original: 15.891, answer: occurrences },
  {
    name: "sort_bos",
    lesson: "04-sort",
    tokens: "abcdefgh",
    original: 15.538,
    answer: ([bos, ...input]) => [bos!, ...input.sort()],
  },
  { name: "dyck1_ptf", lesson: "06-dyck1", tokens: "((()", original: 4.586, answer: (input) => dyck(input, ["()"]) },
  {
    name: "dyck2_ptf",
    lesson: "07-dyck2",
    tokens: "(){}",
    original: 26.974,
    answer: (input) => dyck(input, ["()", "{}"]),
  },
];

/** One program at one length. `readLesson` gives the text of a lesson. */
export function interpreterComparison(
  { name, lesson, tokens, original, answer }: InterpreterProgram,
  length: number,
  readLesson: (lesson: string) => string,
): Comparison {
  const sop = load(readLesson(lesson)).sop(name);
  const rng = new Rng(1);
  const input = name === "sort_bos" ? ["§"] : [];
  while (input.length < length) input.push(tokens[Math.floor(rng.float() * tokens.length)]!);
  const run = (): unknown[] => evaluate(sop, input);
  const known = length === 1024 ? `; the original takes ${original} s` : "";
  return {
    name: `${name}, n = ${length.toLocaleString("en")}${known}`,
    ...(length > 100_000 ? { rounds: 1 } : {}),
    candidates: [{ name: "interpreter", check: () => compare(run(), answer(input).map(plain)), run }],
  };
}

const plain = (atom: Atom): unknown => (typeof atom === "bigint" ? Number(atom) : atom);

function compare(actual: readonly unknown[], expected: readonly unknown[]): void {
  const at = expected.findIndex((value, i) => value !== actual[i]);
  if (at >= 0 || actual.length !== expected.length) {
    throw new Error(`position ${at}: ${String(actual[at])} instead of ${String(expected[at])}`);
  }
}

function occurrences(input: readonly string[]): bigint[] {
  const counts = new Map<string, bigint>();
  for (const token of input) counts.set(token, (counts.get(token) ?? 0n) + 1n);
  return input.map((token) => counts.get(token)!);
}

/** T, P or F for each prefix, with a stack. */
function dyck(input: readonly string[], pairs: readonly string[]): string[] {
  const stack: string[] = [];
  let failed = false;
  return input.map((token) => {
    const pair = pairs.find(([, close]) => close === token);
    if (!pair) stack.push(token);
    else failed ||= stack.pop() !== pair[0];
    return failed ? "F" : stack.length === 0 ? "T" : "P";
  });
}
