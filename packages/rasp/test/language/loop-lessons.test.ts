/** The lessons with loops compute what plain functions do: on all short inputs, on random ones, and at full size. */
import { Rng } from "@selectron/core";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluate, load, loopSteps, printRasp, RaspError, sameGraph, type Plain, type SOp } from "../../src/index.js";
import { everyInput, randomInputs } from "../../src/compiler/verify/inputs.js";
import { breadth } from "../../../../test/long.js";
import { adding, everyMemory, multiplying, sorting, sortingTwo, withWords } from "./subleq.js";

function lesson(file: string, name: string): SOp {
  const text = readFileSync(new URL(`../../../../examples/${file}.rasp`, import.meta.url), "utf8");
  return load(text, { file: `${file}.rasp` }).sop(name);
}

/** The values; undefined where the program has none. */
function valueOf(sop: SOp, input: readonly (string | number)[]): Plain[] | undefined {
  try {
    return evaluate(sop, input);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** A lesson, its meaning in plain code, and what to try it on. `expected` is undefined where there is no value. */
interface LoopLesson {
  readonly file: string;
  readonly name: string;
  readonly vocabulary: string;
  readonly expected: (input: readonly string[]) => readonly Plain[] | undefined;
  /** All inputs up to this length are tried. */
  readonly longest: number;
  /** A long input. */
  readonly long: (rng: Rng) => readonly string[];
}

const isOdd = (tokens: readonly string[]): boolean => tokens.filter((token) => token === "1").length % 2 === 1;
const word = (rng: Rng, letters: string, length: number): string[] =>
  Array.from({ length }, () => letters[rng.int(letters.length)]!);

const parityOf = (input: readonly string[]): string[] =>
  input.map((_, i) => (isOdd(input.slice(0, i + 1)) ? "odd" : "even"));

/** The sum of a text such as 58+67, below its last tokens; undefined where the text is none. */
function sumOf(input: readonly string[]): readonly string[] | undefined {
  const [, a, b] = /^(\d+)\+(\d+)$/.exec(input.join("")) ?? [];
  if (a === undefined || b === undefined) return undefined;
  const digits = [...String(BigInt(a) + BigInt(b))];
  return [...new Array<string>(input.length - digits.length).fill(""), ...digits];
}

function stepsToOnes(input: readonly string[]): number[] | undefined {
  const missing = 2n ** BigInt(input.length) - 1n - BigInt(`0b${input.join("")}`);
  return missing > 64n ? undefined : input.map(() => Number(missing));
}

function reachedIn(input: readonly string[]): string[] {
  const reached = new Set([input[0]!]);
  for (let edges = 0; edges < input.length; edges++) {
    for (let i = 0; i + 1 < input.length; i += 2) if (reached.has(input[i]!)) reached.add(input[i + 1]!);
  }
  return input.map((node) => (reached.has(node) ? "yes" : "no"));
}

const MATE: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** What is left when brackets side by side have been taken away, all at once, as long as there are any. */
function uncancelled(input: readonly string[]): string[] {
  let left = [...input.keys()];
  for (;;) {
    const pairs = left.flatMap((at, i) => (MATE[input[at]!] === input[left[i + 1]!] && i + 1 < left.length ? [i] : []));
    if (pairs.length === 0) break;
    const taken = new Set(pairs.flatMap((i) => [i, i + 1]));
    left = left.filter((_, i) => !taken.has(i));
  }
  return input.map((token, i) => (left.includes(i) ? token : ""));
}

/** The state after the word behind the bar, by transitions of three symbols. */
function automatonState(input: readonly string[]): string[] | undefined {
  const bar = input.indexOf("|");
  if (bar < 0 || input.lastIndexOf("|") !== bar || bar % 3 !== 0) return undefined;
  const rules = new Map<string, string>();
  for (let i = 0; i < bar; i += 3) {
    const key = `${input[i]!} ${input[i + 1]!}`;
    // Two transitions for one symbol have no mean.
    if (rules.has(key)) return undefined;
    rules.set(key, input[i + 2]!);
  }
  let state = input[0]!;
  for (const symbol of input.slice(bar + 1)) state = rules.get(`${state} ${symbol}`) ?? "?";
  return input.map(() => state);
}

function isAccepted(input: readonly string[]): string[] | undefined {
  const bar = input.indexOf("|");
  if (bar < 0 || input.lastIndexOf("|") !== bar || bar % 5 !== 0) return undefined;
  const rules = Array.from({ length: bar / 5 }, (_, r) => input.slice(5 * r, 5 * r + 5));
  const stack: string[] = [];
  let state = input[0]!;
  for (const symbol of input.slice(bar + 1)) {
    const rule = rules.find(
      ([from, read, top]) => from === state && read === symbol && (top === "-" || top === (stack.at(-1) ?? "")),
    );
    if (!rule) return input.map(() => "no");
    const [, , takes, next, pushes] = rule as [string, string, string, string, string];
    if (takes !== "-") stack.pop();
    if (pushes !== "-") stack.push(pushes);
    state = next;
    if (state === "?") return input.map(() => "no");
  }
  return input.map(() => (stack.length === 0 ? "yes" : "no"));
}

const LESSONS: readonly LoopLesson[] = [
  {
    ...{ file: "11-parity", name: "parity", vocabulary: "01", expected: parityOf, longest: 8 },
    long: (rng) => word(rng, "01", breadth({ short: 200, long: 1000 })),
  },
  {
    ...{ file: "11-parity", name: "parity_fast", vocabulary: "01", expected: parityOf, longest: 8 },
    long: (rng) => word(rng, "01", 1000),
  },
  {
    ...{ file: "12-addition", name: "sum", vocabulary: "059+", expected: sumOf, longest: 6 },
    long: (rng) => [...word(rng, "123456789", 40), "+", ...word(rng, "0123456789", 40)],
  },
  {
    ...{ file: "13-counter", name: "counted", vocabulary: "01", expected: stepsToOnes, longest: 8 },
    long: (rng) => [...word(rng, "1", 58), ...word(rng, "01", 6)],
  },
  {
    ...{ file: "14-reachability", name: "reachable", vocabulary: "abcd", expected: reachedIn, longest: 6 },
    long: (rng) => word(rng, "abcdefghijklmnopqrstuvwxyz", 64),
  },
  {
    ...{ file: "15-cancelling", name: "unmatched", vocabulary: "()[]", expected: uncancelled, longest: 6 },
    long: (rng) => [...word(rng, "(", 30), ...word(rng, "()[]", 34), ...word(rng, ")", 30)],
  },
  {
    ...{ file: "16-neighbours", name: "sorted", vocabulary: "abcd", expected: (input) => input.toSorted(), longest: 6 },
    long: (rng) => word(rng, "abcdefghijklmnopqrstuvwxyz", 64),
  },
  {
    ...{ file: "17-automata", name: "finite", vocabulary: "01a|", expected: automatonState, longest: 6 },
    long: (rng) => [..."0a11a00b01b1|", ...word(rng, "ab", breadth({ short: 200, long: 1000 }))],
  },
  {
    ...{ file: "18-pushdown", name: "pushdown", vocabulary: "0a-|", expected: isAccepted, longest: 6 },
    long: () => [..."0(-0(0)(0-0[-0[0][0-|", ..."([()])".repeat(breadth({ short: 20, long: 160 }))],
  },
];

describe.each(LESSONS)("$file, $name", ({ file, name, vocabulary, expected, longest, long }) => {
  const sop = lesson(file, name);

  it("is what a plain function says, on all short inputs", () => {
    let compared = 0;
    for (const input of everyInput([...vocabulary], Math.min(longest, breadth({ short: 4, long: 8 })))) {
      const wanted = expected(input as string[]);
      // On what is no input of the lesson it may say anything.
      if (wanted === undefined) continue;
      compared++;
      expect(valueOf(sop, input as string[]), `${input.join("")}`).toEqual(wanted);
    }
    expect(compared).toBeGreaterThan(8);
  });

  it("is what it says on random inputs and on a long one", () => {
    const rng = new Rng(20261129);
    const inputs = [long(rng), ...randomInputs([...vocabulary], 64, breadth({ short: 10, long: 60 }), 11)];
    for (const input of inputs as readonly (readonly string[])[]) {
      const wanted = expected(input);
      if (wanted !== undefined) expect(valueOf(sop, input), `${input.join("")}`).toEqual(wanted);
    }
  });

  it("survives printing", () => {
    const again = load(printRasp(sop, "printed"), { example: long(new Rng(1)).slice(0, 180) }).sop("printed");
    expect(sameGraph(sop, again)).toBe(true);
  });
});

describe("19-subleq", () => {
  const sop = lesson("19-subleq", "subleq");
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ["adds", withWords(adding, { x: 12, y: 30 })],
    ["multiplies", withWords(multiplying, { x: 6, y: 7 }, 32)],
    ["multiplies by one", withWords(multiplying, { x: 9, y: 1 })],
    ["sorts two numbers", withWords(sortingTwo, { first: 9, second: 4 }, 32)],
    ["leaves two numbers", withWords(sortingTwo, { first: 4, second: 9 })],
    ["sorts four numbers", withWords(sorting, {})],
  ];

  it.each(cases)("%s, with the computer's memory after every step", (_, memory) => {
    const wanted = everyMemory(memory);
    const [loop] = loopSteps(sop, memory);
    expect(loop!.steps).toBe(wanted.length - 1);
    expect(loop!.moments.map(({ states }) => states[0]!.map(Number))).toEqual(wanted);
  });

  it("computes what was asked", () => {
    const after = (machine: typeof adding, words: Record<string, number>, label: string): Plain =>
      evaluate(sop, withWords(machine, words))[machine.labels[label]!]!;
    expect(after(adding, { x: 12, y: 30 }, "y")).toBe(42);
    expect(after(multiplying, { x: 12, y: 11 }, "product")).toBe(132);
    expect(after(sortingTwo, { first: 9, second: 4 }, "first")).toBe(4);
    expect(evaluate(sop, sorting.memory).slice(sorting.labels["list"]!)).toEqual([1, 3, 7, 9]);
  });

  it("runs thousands of steps in 32 words", () => {
    const times = breadth({ short: 500, long: 2498 });
    const wanted = everyMemory(withWords(multiplying, { x: 1, y: times }, 32));
    expect(wanted.length).toBeGreaterThan(2 * times);
    expect(evaluate(sop, wanted[0]!)).toEqual(wanted.at(-1));
  });
});
