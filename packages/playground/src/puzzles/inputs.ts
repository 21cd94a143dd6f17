/** The inputs on which answers are tried: all short ones as far as they are few, then random ones, the same for everybody. */
import { Rng } from "@selectron/core";
import type { PuzzleInputs } from "./puzzle.js";

/** How many are tried, and how many of them at most are all inputs of the shortest lengths. */
const [TRIED, SHORT] = [300, 150];
const SEED = 24;

export type Tokens = readonly string[];

/** The inputs, each once. */
export function inputsOf({ tokens: given, from, to, shape }: PuzzleInputs): Tokens[] {
  const tokens = typeof given === "string" ? [...given] : given;
  const rng = new Rng(SEED);
  const found = new Map<string, Tokens>();
  const add = (input: Tokens): void => void found.set(JSON.stringify(input), input);
  for (const input of shortest(tokens, from, to)) {
    if (shape === "sum") for (const other of [input, [...input].reverse()]) add([...input, "+", ...other]);
    else add(input);
  }
  // Of few tokens there may be no more inputs than these.
  for (let i = 0; i < 4 * TRIED && found.size < TRIED; i++) {
    const length = from + rng.int(to - from + 1);
    if (shape === "brackets") add(brackets(tokens, length, rng));
    else if (shape === "sum") add([...random(tokens, length, rng), "+", ...random(tokens, length, rng)]);
    else add(random(tokens, length, rng));
  }
  return [...found.values()];
}

const random = (tokens: Tokens, length: number, rng: Rng): Tokens =>
  Array.from({ length }, () => tokens[rng.int(tokens.length)]!);

/** All inputs of the shortest lengths, as long as they are few. */
function shortest(tokens: Tokens, from: number, to: number): Tokens[] {
  const all: Tokens[] = [];
  let ofLength: Tokens[] = [[]];
  for (let length = 1; length <= to; length++) {
    if (ofLength.length * tokens.length + all.length > SHORT) break;
    ofLength = ofLength.flatMap((input) => tokens.map((token) => [...input, token]));
    if (length >= from) all.push(...ofLength);
  }
  return all;
}

/** Brackets that match, in half of the cases with one of them changed. */
function brackets(tokens: Tokens, length: number, rng: Rng): Tokens {
  const input: string[] = [];
  const open: number[] = [];
  while (input.length < length) {
    const isClosing = open.length > 0 && (rng.int(2) === 0 || open.length >= length - input.length);
    if (isClosing) {
      input.push(tokens[open.pop()! + 1]!);
    } else {
      const kind = 2 * rng.int(Math.floor(tokens.length / 2));
      open.push(kind);
      input.push(tokens[kind]!);
    }
  }
  if (rng.int(2) === 0) input[rng.int(length)] = tokens[rng.int(tokens.length)]!;
  return input;
}
