/**
 * Loops: a computer with one instruction (lesson 19), step by step, in the interpreter and as a looped model. A run is so many steps as its
 * name says; what steps a second that is, is the number of steps over the time.
 */
import { setKernels, type Kernels } from "@selectron/core";
import { compileLooped, evaluate, load, loopSteps, type LoopedModel, type SOp } from "@selectron/rasp";
import type { Comparison } from "../harness.js";

/** Adds a word to itself, and counts down: two instructions for each turn. */
function counting(turns: number, words: number): number[] {
  // one count end | zero zero begin | ...
  const program = [6, 7, -1, 8, 8, 0, 1, turns, 0];
  return [...program, ...new Array<number>(words - program.length).fill(0)];
}

/** The turns, the words of the memory, and whether a looped model is compiled, which takes a while. */
export const loopSizes = [
  { turns: 500, words: 32, looped: false },
  { turns: 2500, words: 32, looped: false },
  { turns: 15, words: 12, looped: true },
] as const;

/** @param readLesson - gives the text of a lesson */
export function loopComparison(
  { turns, words, looped }: (typeof loopSizes)[number],
  readLesson: (lesson: string) => string,
  kernels: Kernels,
): Comparison {
  const program = load(readLesson("19-subleq"));
  const sop = program.sop(looped ? "subleq_small" : "subleq");
  const memory = counting(turns, words);
  const { steps } = loopSteps(sop, memory)[0]!;
  const right = (values: readonly unknown[]): void => {
    if (values[7] !== 0 || values[6] !== 1) throw new Error(`the counter is ${String(values[7])} instead of 0`);
  };
  const interpreter = {
    name: "interpreter",
    check: () => right(evaluate(sop, memory)),
    run: () => evaluate(sop, memory),
  };
  return {
    name: `${steps.toLocaleString("en")} steps of a computer of ${words} words`,
    candidates: [interpreter, ...(looped ? [modelCandidate(sop, memory, kernels, right)] : [])],
  };
}

function modelCandidate(
  sop: SOp,
  memory: readonly number[],
  kernels: Kernels,
  right: (values: readonly unknown[]) => void,
) {
  let made: LoopedModel | undefined;
  const vocabulary = Array.from({ length: 32 }, (_, i) => i - 16);
  const model = (): LoopedModel => (made ??= compileLooped(sop, { vocabulary, maxLength: memory.length }));
  return {
    name: "looped model",
    enter: () => setKernels(kernels),
    check: () => right(model().run(memory)),
    run: () => model().run(memory),
  };
}
