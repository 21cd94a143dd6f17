/** Checks a program on a puzzle: its `answer` beside that of the puzzle's solution, on every input; and what both cost. */
import {
  atomsEqual,
  cost,
  describeAtom,
  displayElement,
  Evaluation,
  RaspError,
  type Atom,
  type Environment,
  type SOp,
} from "@selectron/rasp";
import { tokensOf } from "../worker/input.js";
import { problemOf } from "../worker/places.js";
import type { Problem } from "../worker/problem.js";
import { runProgram } from "../worker/program.js";
import { inputsOf } from "./inputs.js";
import {
  PuzzleSetError,
  type Expected,
  type Judged,
  type Puzzle,
  type PuzzleCheck,
  type PuzzleVerdict,
} from "./puzzle.js";

/** The name that programs set. */
const ANSWER = "answer";

/** Floats that differ by rounding only are equal. */
const CLOSE = 1e-9;
const areEqual = (a: Atom, b: Atom): boolean =>
  atomsEqual(a, b) || (isNumber(a) && isNumber(b) && Math.abs(Number(a) - Number(b)) <= CLOSE);
const isNumber = (atom: Atom): boolean => typeof atom === "number" || typeof atom === "bigint";

const refuseSolution = ({ id }: Puzzle, why: string): never => {
  throw new PuzzleSetError(`the solution of "${id}" is none: ${why}`);
};

/** The s-op that a program sets as its answer. */
function answerOf(environment: Environment): SOp | undefined {
  const value = environment.names.includes(ANSWER) ? environment.get(ANSWER) : undefined;
  return value?.kind === "s-op" ? value.node : undefined;
}

function solutionOf(puzzle: Puzzle, example: readonly Atom[]): SOp {
  const { environment, problems } = runProgram(puzzle.solution, example);
  const [error] = problems.filter(({ severity }) => severity === "error");
  if (error) refuseSolution(puzzle, `it does not run: ${error.message}`);
  return answerOf(environment) ?? refuseSolution(puzzle, `it sets no s-op "${ANSWER}"`);
}

/** What the solution gives; undefined where it has no value. */
function expectedOn(solution: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(solution);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const shown = (input: readonly Atom[], expected: readonly Atom[]): Expected => ({
  input: input.map(displayElement),
  expected: expected.map(displayElement),
});

/** Opens a puzzle or judges a program. @throws PuzzleSetError where the puzzle's own solution does not run */
export function checkPuzzle({ puzzle, program }: PuzzleCheck): PuzzleVerdict {
  const examples = puzzle.examples.map(tokensOf);
  if (examples.some(({ length }) => length === 0)) throw new PuzzleSetError(`an example of "${puzzle.id}" is empty`);
  const solution = solutionOf(puzzle, examples[0]!);
  const { layers, headsPerLayer } = cost(solution);
  return {
    kind: "puzzle",
    par: { layers, heads: sum(headsPerLayer) },
    examples: examples.map((input) => shown(input, expectedOn(solution, input) ?? [])),
    ...(program === undefined ? {} : { judged: judge(puzzle, program, solution, examples) }),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function judge(puzzle: Puzzle, program: string, solution: SOp, examples: readonly (readonly Atom[])[]): Judged {
  const { environment, problems } = runProgram(program, examples[0]!);
  const [error] = problems.filter(({ severity }) => severity === "error");
  if (error) return { status: "broken", ...told(error) };
  const answer = answerOf(environment);
  if (!answer) return { status: "no-answer" };
  const inputs = [...examples, ...inputsOf(puzzle.inputs)];
  for (const [tried, input] of inputs.entries()) {
    const expected = expectedOn(solution, input);
    if (!expected) continue;
    const wrong = wrongOn(answer, input, expected, tried);
    if (wrong) return wrong;
  }
  const { layers, headsPerLayer } = cost(answer);
  return { status: "solved", tried: inputs.length, layers, heads: sum(headsPerLayer) };
}

/** What is wrong, and what helps where that is known. */
const told = ({ message, suggestion }: Problem): { readonly message: string; readonly help?: string } => ({
  message,
  ...(suggestion === undefined ? {} : { help: suggestion }),
});

function wrongOn(answer: SOp, input: readonly Atom[], expected: readonly Atom[], tried: number): Judged | undefined {
  let got: readonly Atom[];
  try {
    got = new Evaluation(input).sop(answer);
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    return { status: "no-value", wrong: shown(input, expected), ...told(problemOf(error.diagnostic)) };
  }
  if (got.every((atom, i) => areEqual(atom, expected[i]!))) return undefined;
  // "1" and 1 look alike: where they do, both are shown as a program writes them.
  const looksRight = got.every((atom, i) => displayElement(atom) === displayElement(expected[i]!));
  const show = looksRight ? describeAtom : displayElement;
  return {
    status: "wrong",
    wrong: { input: input.map(displayElement), expected: expected.map(show) },
    got: got.map(show),
    tried: tried + 1,
  };
}
