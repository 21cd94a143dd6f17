/**
 * Loops: a computer with one instruction (lesson 19), step by step, in the interpreter and as a looped model. A run is so many steps as its
 * name says; what steps a second that is, is the number of steps over the time.
 */
import { setKernels, type Kernels } from "@selectron/core";
import { compileLooped, evaluate, load, loopSteps, type LoopedModel, type SOp } from "@selectron/rasp";
import type { Comparison } from "../harness.js";

const WORDS = 32;

/** Adds a word to itself, and counts down: two instructions for each turn. */
function counting(turns: number): number[] {
  // one count end | zero zero begin | ...
  const program = [6, 7, -1, 8, 8, 0, 1, turns, 0];
  return [...program, ...new Array<number>(WORDS - program.length).fill(0)];
}

/** Three counters inside each other, of numbers below 32; the inner ones begin again with words 26 and 27, each negated. */
const nested = [
  [26, 28, 3], // begin: inner := 25
  [24, 28, 9], // inner -= 1
  [25, 25, 3],
  [24, 29, 15], // middle -= 1
  [25, 25, 0],
  [27, 29, 18], // middle := 24
  [24, 30, -1], // outer -= 1
  [25, 25, 0],
  [1, 0, -25, -24, 0, 24, 4, 0],
].flat();

/** An s-op of lesson 19, a memory, the words that it has at the end, and whether a looped model is compiled, which takes a while. */
interface LoopSize {
  readonly name: "subleq" | "subleq_small" | "subleq_wide";
  readonly memory: readonly number[];
  readonly after: Readonly<Record<number, number>>;
  /** Of the words of a looped model. */
  readonly half?: number;
}

export const loopSizes: readonly LoopSize[] = [
  { name: "subleq", memory: counting(500), after: { 6: 1, 7: 0 } },
  { name: "subleq", memory: counting(2500), after: { 6: 1, 7: 0 } },
  { name: "subleq_small", memory: counting(15), after: { 6: 1, 7: 0 }, half: 16 },
  { name: "subleq_wide", memory: nested, after: { 28: 0, 29: 24, 30: 0 }, half: 32 },
];

/** @param readLesson - gives the text of a lesson */
export function loopComparison(
  { name, memory, after, half }: LoopSize,
  readLesson: (lesson: string) => string,
  kernels: Kernels,
): Comparison {
  const sop = load(readLesson("19-subleq")).sop(name);
  const { steps } = loopSteps(sop, memory)[0]!;
  const right = (values: readonly unknown[]): void => {
    for (const [place, word] of Object.entries(after)) {
      if (values[Number(place)] !== word) {
        throw new Error(`word ${place} is ${String(values[Number(place)])}, not ${word}`);
      }
    }
  };
  const interpreter = {
    name: "interpreter",
    check: () => right(evaluate(sop, memory)),
    run: () => evaluate(sop, memory),
  };
  const range = half === undefined ? "" : `, from -${half} to ${half - 1}`;
  return {
    name: `${steps.toLocaleString("en")} steps of a computer of ${WORDS} words${range}`,
    candidates: [interpreter, ...(half === undefined ? [] : [modelCandidate(sop, memory, half, kernels, right)])],
  };
}

function modelCandidate(
  sop: SOp,
  memory: readonly number[],
  half: number,
  kernels: Kernels,
  right: (values: readonly unknown[]) => void,
) {
  let made: LoopedModel | undefined;
  const vocabulary = Array.from({ length: 2 * half }, (_, i) => i - half);
  const model = (): LoopedModel => (made ??= compileLooped(sop, { vocabulary, maxLength: memory.length }));
  return {
    name: "looped model",
    enter: () => setKernels(kernels),
    check: () => right(model().run(memory)),
    run: () => model().run(memory),
  };
}
