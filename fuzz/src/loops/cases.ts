/** The lessons with loops, and the inputs on which their looped models are compared with the interpreter. */
import type { Rng } from "@selectron/core";
import { halting, longProgram, program } from "./computer.js";

/** An element of an input. */
export type Token = string | number;

/** For which inputs a model is compiled, and how one is drawn. */
export interface Drawn {
  readonly vocabulary: readonly Token[];
  readonly maxLength: number;
  readonly draw: (rng: Rng) => readonly Token[];
}

/** A lesson, and what it is tried on. */
export interface LoopCase {
  readonly file: string;
  readonly name: string;
  /** All inputs of this vocabulary up to a length. */
  readonly short: { readonly vocabulary: readonly Token[]; readonly maxLength: number };
  /** Inputs of 64 tokens that take 64 steps at most. */
  readonly random: Drawn;
  /** A few large inputs. */
  readonly full?: Drawn;
}

const word = (rng: Rng, letters: string, length: number): string[] =>
  Array.from({ length }, () => letters[rng.int(letters.length)]!);

const words = (half: number): number[] => Array.from({ length: 2 * half }, (_, i) => i - half);

/** A word of brackets; half of them are balanced. */
function brackets(rng: Rng, length: number): string[] {
  const open: string[] = [];
  const isBalanced = rng.int(2) === 0;
  return Array.from({ length }, (_, i) => {
    const closes = isBalanced ? open.length > 0 && (open.length >= length - i || rng.int(2) === 0) : rng.int(2) === 0;
    if (closes) return { "(": ")", "[": "]" }[open.pop() ?? "("]!;
    open.push("(["[rng.int(2)]!);
    return open.at(-1)!;
  });
}

/** An automaton of some states with a transition for each symbol, but for one left out now and then, and a word. */
function automaton(rng: Rng, length: number): string[] {
  const states = "0123".slice(0, 2 + rng.int(3));
  const rules = [...states].flatMap((state) =>
    [..."ab"].flatMap((symbol) => (rng.int(40) === 0 ? [] : [state, symbol, states[rng.int(states.length)]!])),
  );
  return [...rules, "|", ...word(rng, "ab", length - rules.length - 1)];
}

/** Accepts balanced brackets, or does something near that, and a word. */
function stackAutomaton(rng: Rng, length: number): string[] {
  const rules = [..."0(-0(0)(0-0[-0[0][0-"];
  if (rng.int(4) === 0) rules[rng.int(rules.length)] = "0()[]-"[rng.int(6)]!;
  return [...rules, "|", ...brackets(rng, length - rules.length - 1)];
}

/** Two numbers with a plus. */
const sum = (rng: Rng, left: number, right: number): string[] => [
  ...word(rng, "0123456789", left),
  "+",
  ...word(rng, "0123456789", right),
];

const VERBS = ["walk", "look", "run", "jump"];
const COMMANDS = [...VERBS, "turn", "left", "right", "opposite", "around", "twice", "thrice", "and", "after", "."];

/** A command of SCAN in 48 tokens, which is as many as it can have actions. */
function command(rng: Rng): string[] {
  const one = (...from: readonly string[]): string[] => [from[rng.int(from.length)]!].filter((each) => each !== "");
  const clause = (): string[] => {
    const manner = one("", "", "opposite", "around");
    const isTurned = manner.length > 0 || rng.int(2) === 0;
    const verb = isTurned ? one(...VERBS, "turn") : one(...VERBS);
    return [...verb, ...manner, ...(isTurned ? one("left", "right") : []), ...one("", "twice", "thrice")];
  };
  const said = rng.int(3) === 0 ? clause() : [...clause(), ...one("and", "after"), ...clause()];
  return [...said, ...Array.from({ length: 48 - said.length }, () => ".")];
}

const letters = (text: string): Pick<Drawn, "vocabulary"> => ({ vocabulary: [...text] });

/** 64 letters of the alphabet. */
const ALPHABET: Drawn = {
  ...letters("abcdefghijklmnopqrstuvwxyz"),
  maxLength: 64,
  draw: (rng) => word(rng, "abcdefghijklmnopqrstuvwxyz", 64),
};

const parity = {
  file: "11-parity",
  short: { ...letters("01"), maxLength: 6 },
  random: { ...letters("01"), maxLength: 64, draw: (rng: Rng) => word(rng, "01", 64) },
  full: { ...letters("01"), maxLength: 1000, draw: (rng: Rng) => word(rng, "01", 1000) },
};

export const LOOP_CASES: readonly LoopCase[] = [
  { ...parity, name: "parity" },
  { ...parity, name: "parity_fast" },
  {
    ...{ file: "12-addition", name: "sum" },
    short: { ...letters("019+"), maxLength: 6 },
    random: {
      ...{ ...letters("0123456789+"), maxLength: 64 },
      draw: (rng) => {
        const left = 1 + rng.int(62);
        return sum(rng, left, 63 - left);
      },
    },
    full: { ...letters("0123456789+"), maxLength: 81, draw: (rng) => sum(rng, 40, 40) },
  },
  {
    ...{ file: "13-counter", name: "counted" },
    short: { ...letters("01"), maxLength: 6 },
    // Its limit is 64 steps.
    random: { ...letters("01"), maxLength: 64, draw: (rng) => [...word(rng, "1", 58), ...word(rng, "01", 6)] },
  },
  {
    ...{ file: "14-reachability", name: "reachable" },
    short: { ...letters("abcd"), maxLength: 6 },
    random: ALPHABET,
  },
  {
    ...{ file: "15-cancelling", name: "unmatched" },
    short: { ...letters("()[]"), maxLength: 6 },
    random: { ...letters("()[]{}"), maxLength: 64, draw: (rng) => brackets(rng, 64) },
  },
  {
    ...{ file: "16-neighbours", name: "sorted" },
    short: { ...letters("abcd"), maxLength: 6 },
    random: ALPHABET,
  },
  {
    ...{ file: "17-automata", name: "finite" },
    short: { ...letters("01a|"), maxLength: 6 },
    random: { ...letters("0123ab|"), maxLength: 64, draw: (rng) => automaton(rng, 64) },
    full: { ...letters("0123ab|"), maxLength: 1000, draw: (rng) => automaton(rng, 1000) },
  },
  {
    ...{ file: "18-pushdown", name: "pushdown" },
    short: { ...letters("0a-|"), maxLength: 6 },
    random: { ...letters("0()[]-|"), maxLength: 64, draw: (rng) => stackAutomaton(rng, 64) },
    full: { ...letters("0()[]-|"), maxLength: 1000, draw: (rng) => stackAutomaton(rng, 1000) },
  },
  {
    ...{ file: "20-scan", name: "scan" },
    short: { vocabulary: ["jump", "turn", "left", "twice", "after"], maxLength: 4 },
    random: { vocabulary: COMMANDS, maxLength: 48, draw: command },
  },
  {
    ...{ file: "19-subleq", name: "subleq_small" },
    // Six of 32 words are 1,073,741,824 inputs. Where it does not halt, the interpreter takes 5,000 steps to say so.
    short: { vocabulary: [-1, 0, 3], maxLength: 6 },
    random: { vocabulary: words(16), maxLength: 64, draw: (rng) => halting(rng, 64, 16, 64) },
  },
  {
    ...{ file: "19-subleq", name: "subleq_wide" },
    short: { vocabulary: [-1, 0, 3], maxLength: 6 },
    // Programs that add, multiply and sort, which have up to 26 words.
    random: { vocabulary: words(32), maxLength: 32, draw: (rng) => program(rng, 32) },
    full: { vocabulary: words(32), maxLength: 32, draw: (rng) => longProgram(rng) },
  },
];
