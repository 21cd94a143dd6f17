/** Memories for the computer of lesson 19, and the computer in a few lines, by which those are found that halt. */
import type { Rng } from "@selectron/core";

/** y := x + y, at words 9 and 10. */
const adding = [9, 11, 3, 11, 10, 6, 11, 11, -1, 3, 4, 0];

/** product := x · y, at words 16, 17 and 19, for y from 1. */
const multiplying = [15, 17, 6, 16, 18, 0, 16, 18, 9, 18, 19, 12, 18, 18, -1, 1, 3, 5, 0, 0];

/** Puts the smaller of two numbers first, at words 21 and 22. */
const sorting = [22, 23, 3, 21, 24, 6, 24, 23, -1, 23, 21, 12, 23, 25, 15, 25, 22, 18, 25, 25, -1, 9, 4, 0, 0, 0];

/** Three counters inside each other: the inner ones, at 28 and 29, begin with words 26 and 27 again, each time negated. */
const counting = [
  [26, 28, 3], // begin: inner := its number
  [24, 28, 9], // inner -= 1
  [25, 25, 3],
  [24, 29, 15], // middle -= 1
  [25, 25, 0],
  [27, 29, 18], // middle := its number
  [24, 30, -1], // outer -= 1
  [25, 25, 0],
  [1, 0, -1, -1, 0, 1, 1],
].flat();

const changed = (memory: readonly number[], words: Readonly<Record<number, number>>, length: number): number[] =>
  Array.from({ length }, (_, i) => words[i] ?? memory[i] ?? 0);

/** One of three programs, in `length` words, with numbers that stay below 32. */
export function program(rng: Rng, length: number): readonly number[] {
  const [x, y] = [1 + rng.int(7), 1 + rng.int(4)];
  switch (rng.int(3)) {
    case 0:
      return changed(adding, { 9: x, 10: y }, length);
    case 1:
      return changed(multiplying, { 16: x, 17: y }, length);
    default:
      return changed(sorting, { 21: x, 22: y }, length);
  }
}

/** A program of 32 words that takes between 4,000 and 5,000 steps. */
export function longProgram(rng: Rng): readonly number[] {
  for (;;) {
    const words = { 26: -20 - rng.int(12), 27: -1 - rng.int(31), 29: 1 + rng.int(31), 30: 1 + rng.int(12) };
    const memory = changed(counting, words, 32);
    const steps = stepsOf(memory, 5000);
    if (steps !== undefined && steps >= 4000) return memory;
  }
}

/** A memory of words from -half to half - 1 that halts after 3 to `most` steps. */
export function halting(rng: Rng, length: number, half: number, most: number): readonly number[] {
  for (;;) {
    const memory = Array.from({ length }, () => rng.int(2 * half) - half);
    // Addresses mostly in the memory, without which the computer soon does what it has done.
    for (let i = 0; i < length; i++) if (rng.int(4) > 0) memory[i] = rng.int(Math.min(half, length));
    const steps = stepsOf(memory, most, half);
    if (steps !== undefined && steps >= 3) return memory;
  }
}

/** @returns undefined where it does not halt within `most` steps */
function stepsOf(memory: readonly number[], most: number, half = 32): number | undefined {
  const now = [...memory];
  const wrapped = (x: number): number => ((((x + half) % (2 * half)) + 2 * half) % (2 * half)) - half;
  let at = 0;
  for (let step = 0; step <= most; step++) {
    if (at < 0 || at > now.length - 3) return step;
    const [a, b, c] = now.slice(at, at + 3) as [number, number, number];
    const result = wrapped((now[b] ?? 0) - (now[a] ?? 0));
    if (now[b] !== undefined) now[b] = result;
    at = result <= 0 ? c : at + 3;
  }
  return undefined;
}
