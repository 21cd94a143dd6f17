/** Compiles lessons with loops to looped models and compares every step of them with the interpreter. */
import { Rng, withFixedWeights } from "@selectron/core";
import {
  atomsEqual,
  compileLooped,
  describeInput,
  Evaluation,
  inputAtoms,
  load,
  loopSteps,
  RaspError,
  type LoopedModel,
  type SOp,
} from "@selectron/rasp";
import type { LoopCase, Token } from "./cases.js";

/** All short inputs, random ones of 64 tokens, or a few large ones. */
export type Part = "short" | "random" | "full";

/** What came out. */
export interface Outcome {
  readonly inputs: number;
  /** Inputs on which the program has no value. */
  readonly withoutValue: number;
  /** All steps that were compared. */
  readonly steps: number;
  /** The most steps that an input took. */
  readonly most: number;
  /** What is wrong, of the first input on which something is; undefined if nothing is. */
  readonly wrong: string | undefined;
  readonly parameters: number;
  readonly isProved: boolean;
  /** Seconds for the compile, and for the comparison. */
  readonly seconds: readonly [compile: number, compare: number];
}

/**
 * @param inputs - how many are drawn for the part `random` or `full`
 * @param readLesson - gives the text of a lesson
 * @throws RaspError where the compiler refuses
 */
export function accept(
  { file, name, ...parts }: LoopCase,
  part: Part,
  inputs: number,
  readLesson: (file: string) => string,
): Outcome | undefined {
  const what = parts[part];
  if (!what) return undefined;
  const { vocabulary, maxLength } = what;
  const sop = load(readLesson(file), { file: `${file}.rasp`, example: [...vocabulary] }).sop(name);
  const began = performance.now();
  const model = compileLooped(sop, { vocabulary, maxLength });
  const compiled = performance.now();
  const all = "draw" in what ? drawn(what.draw, inputs) : every(vocabulary, maxLength);
  const compared = withFixedWeights(() => comparison(sop, model, all));
  return {
    ...compared,
    parameters: model.stats.parameters,
    isProved: model.certificate.proved,
    seconds: [(compiled - began) / 1000, (performance.now() - compiled) / 1000],
  };
}

/** Always the same ones. */
function* drawn(draw: (rng: Rng) => readonly Token[], inputs: number): Generator<readonly Token[]> {
  const rng = new Rng(20261130);
  for (let i = 0; i < inputs; i++) yield draw(rng);
}

function* every(vocabulary: readonly Token[], maxLength: number): Generator<readonly Token[]> {
  let inputs: readonly (readonly Token[])[] = [[]];
  for (let length = 1; length <= maxLength; length++) {
    inputs = inputs.flatMap((input) => vocabulary.map((token) => [...input, token]));
    yield* inputs;
  }
}

function comparison(sop: SOp, model: LoopedModel, inputs: Iterable<readonly Token[]>) {
  let [count, withoutValue, steps, most] = [0, 0, 0, 0];
  for (const input of inputs) {
    count++;
    const taken = stepsAlike(sop, model, input);
    if (typeof taken === "string") return { inputs: count, withoutValue, steps, most, wrong: taken };
    if (taken === undefined) withoutValue++;
    steps += taken ?? 0;
    most = Math.max(most, taken ?? 0);
  }
  return { inputs: count, withoutValue, steps, most, wrong: undefined };
}

/** @returns how many steps an input takes, undefined where the program has no value, or what is wrong */
function stepsAlike(sop: SOp, model: LoopedModel, input: readonly Token[]): number | string | undefined {
  const said = told(() => {
    const [loop] = loopSteps(sop, input);
    const atoms = inputAtoms(input);
    return { states: loop!.moments.slice(1).map(({ states }) => states), values: new Evaluation(atoms).sop(sop) };
  });
  if (!said) return undefined;
  const on = `on ${describeInput(inputAtoms(input))}`;
  const ran = told(() => model.steps(input));
  if (!ran) return `${on} the model's loop does not end`;
  if (ran.steps !== said.states.length) return `${on} the model takes ${ran.steps} steps, not ${said.states.length}`;
  for (const [step, states] of said.states.entries()) {
    for (const [s, expected] of states.entries()) {
      const got = ran.states[step]![s]!;
      const at = expected.findIndex((atom, i) => !atomsEqual(atom, got[i]!));
      if (at >= 0) return `${on} ${ran.names[s]!} is wrong at position ${at} after step ${step + 1}`;
    }
  }
  const at = said.values.findIndex((atom, i) => !atomsEqual(atom, ran.values[i]!));
  return at < 0 ? ran.steps : `${on} the value at position ${at} is wrong`;
}

/** @returns undefined where there is no value */
function told<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}
