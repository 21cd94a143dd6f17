/** Every puzzle beside a function in TypeScript that says, independently of its solution, what it wants. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { BUILT_IN } from "../../src/puzzles/built-in.js";
import { checkPuzzle } from "../../src/puzzles/check.js";
import { inputsOf, type Tokens } from "../../src/puzzles/inputs.js";
import { parsePuzzles, PuzzleSetError, type Puzzle } from "../../src/puzzles/puzzle.js";
import { displayElement, Evaluation } from "@selectron/rasp";
import { runProgram } from "../../src/worker/program.js";
import { breadth } from "../../../../test/long.js";
import { damagedText } from "../../../../test/mutations.js";

type Element = string | number | boolean;

/** How many of the values are as given. */
const count = <T>(values: readonly T[], fits: (value: T, i: number) => boolean): number => values.filter(fits).length;

function balance(
  input: Tokens,
  pairs: readonly string[],
): { readonly isOpen: boolean; readonly isBalanced: boolean }[] {
  const open: string[] = [];
  let isOpen = true;
  return input.map((token) => {
    const closes = pairs.find((pair) => pair[1] === token);
    if (!closes) open.push(token);
    else isOpen &&= open.pop() === closes[0];
    return { isOpen, isBalanced: isOpen && open.length === 0 };
  });
}

function sumOf(input: Tokens): Element[] {
  const plus = input.indexOf("+");
  const [a, b] = [input.slice(0, plus), input.slice(plus + 1)].map((digits) => parseInt(digits.join(""), 2));
  const digits = ((a! + b!) % 2 ** plus).toString(2).padStart(plus, "0");
  return input.map((_, i) => (i < plus ? digits[i]! : "-"));
}

const SPECIFICATIONS: Readonly<Record<string, (input: Tokens) => readonly Element[]>> = {
  "count-on": (input) => input.map((_, i) => i + 1),
  vowels: (input) => input.map((token) => "aeiou".includes(token)),
  "every-other": (input) => input.map((token, i) => (i % 2 === 0 ? token : "-")),
  shift: (input) => input.map((_, i) => input[i - 1] ?? "-"),
  "first-letter": (input) => input.map(() => input[0]!),
  swap: (input) => input.map((_, i) => input[i % 2 === 0 ? i + 1 : i - 1] ?? "-"),
  reverse: (input) => [...input].reverse(),
  rotate: (input) => input.map((_, i) => input.at(i - 1)!),
  "same-letter": (input) => input.map((token) => count(input, (other) => other === token)),
  share: (input) => input.map(() => count(input, (token) => token === "a") / input.length),
  "so-far": (input) => input.map((_, i) => count(input.slice(0, i + 1), (token) => token === "a")),
  "first-time": (input) => input.map((token, i) => input.indexOf(token) === i),
  distinct: (input) => input.map(() => new Set(input).size),
  palindrome: (input) => input.map(() => [...input].reverse().join() === input.join()),
  sort: (input) => [...input].sort(),
  induction: (input) =>
    input.map((token, i) => {
      const before = input.slice(0, i).lastIndexOf(token);
      return before < 0 ? "-" : input[before + 1]!;
    }),
  "most-frequent": (input) => {
    const often = input.map((token) => count(input, (other) => other === token));
    return input.map(() => input[often.indexOf(Math.max(...often))]!);
  },
  dyck1: (input) => input.map(() => balance(input, ["()"]).at(-1)!.isBalanced),
  dyck2: (input) => balance(input, ["()", "[]"]).map(({ isOpen }) => isOpen),
  addition: sumOf,
};

/** Numbers to three places, bools as T and F: as values are shown. */
const shown = (value: Element): string =>
  typeof value === "boolean" ? (value ? "T" : "F") : typeof value === "number" ? String(+value.toFixed(3)) : value;

const judged = (puzzle: Puzzle, program: string) => checkPuzzle({ kind: "puzzle", puzzle, program }).judged!;

describe("the page's puzzles", () => {
  it("are at least 16, from grade 1 to 5 in order, and each has its specification", () => {
    const { puzzles } = BUILT_IN;
    expect(puzzles.length).toBeGreaterThanOrEqual(16);
    expect(puzzles.map(({ id }) => id)).toEqual(Object.keys(SPECIFICATIONS));
    const grades = puzzles.map(({ grade }) => grade);
    expect(grades).toEqual([...grades].sort());
    expect(new Set(grades)).toEqual(new Set([1, 2, 3, 4, 5]));
  });

  it.each(BUILT_IN.puzzles.map((puzzle) => [puzzle.id, puzzle] as const))("%s wants what it says", (id, puzzle) => {
    const { environment } = runProgram(puzzle.solution, [...puzzle.examples[0]!]);
    const answer = environment.sop("answer");
    const inputs = [...puzzle.examples.map((text) => [...text]), ...inputsOf(puzzle.inputs)];
    expect(inputs.length).toBeGreaterThan(100);
    for (const input of inputs) {
      const values = new Evaluation(input).sop(answer).map((value) => displayElement(value).replace(/\.0$/, ""));
      expect([input.join(""), values]).toEqual([input.join(""), SPECIFICATIONS[id]!(input).map(shown)]);
    }
  });

  it.each(BUILT_IN.puzzles.map((puzzle) => [puzzle.id, puzzle] as const))(
    "%s is solved by its solution, at par, and by nothing that is wrong",
    (_, puzzle) => {
      const { par } = checkPuzzle({ kind: "puzzle", puzzle });
      expect(judged(puzzle, puzzle.solution)).toMatchObject({ status: "solved", ...par });
      expect(judged(puzzle, puzzle.start).status).toBe("wrong");
      // Right on all inputs but the longest.
      const almost = `${puzzle.solution.replace("answer =", "right =")}answer = "?" if length > ${puzzle.inputs.to - 1} else right;`;
      expect(judged(puzzle, almost).status).toBe("wrong");
      expect(puzzle.start).not.toBe(puzzle.solution);
      expect(puzzle.hints.length).toBeGreaterThan(0);
    },
  );

  it("have the par that the cost report gives", () => {
    const pars = BUILT_IN.puzzles.map((puzzle) => {
      const { layers, heads } = checkPuzzle({ kind: "puzzle", puzzle }).par;
      return `${puzzle.id} ${layers} ${heads}`;
    });
    expect(pars).toMatchInlineSnapshot(`
      [
        "count-on 0 0",
        "vowels 0 0",
        "every-other 0 0",
        "shift 1 1",
        "first-letter 1 1",
        "swap 1 1",
        "reverse 2 2",
        "rotate 2 2",
        "same-letter 1 2",
        "share 1 1",
        "so-far 1 2",
        "first-time 1 1",
        "distinct 2 3",
        "palindrome 3 3",
        "sort 2 3",
        "induction 2 2",
        "most-frequent 2 3",
        "dyck1 2 3",
        "dyck2 3 3",
        "addition 3 3",
      ]
    `);
  });
});

describe("a judgement", () => {
  const [first] = BUILT_IN.puzzles;
  it.each([
    ["b = tokens;", { status: "no-answer" }],
    ["answer = select(tokens, tokens, ==);", { status: "no-answer" }],
    ["answer = ;", { status: "broken" }],
    ["answer = 1 / (indices - 7);", { status: "wrong", got: ["-0.143", "-0.167", "-0.2", "-0.25", "-0.333"] }],
    ["answer = tokens_int;", { status: "broken" }],
    ["answer = token;", { status: "broken", help: 'did you mean "tokens"?' }],
    [
      "answer = (indices + 1) * (length - 3) / (length - 3);",
      { status: "no-value", wrong: { expected: ["1", "2", "3"] } },
    ],
    ['answer = "1" if indices == 0 else indices + 1;', { status: "broken" }],
  ])("of %s", (program, expected) => expect(judged(first!, program)).toMatchObject(expected));

  it("shows where texts and numbers look alike", () => {
    const program = 'answer = "1" if indices < 1 else ("2" if indices < 2 else indices + 1);';
    const abc = { ...first!, examples: ["ab"] };
    expect(judged(abc, program)).toMatchObject({ wrong: { expected: ["1", "2"] }, got: ['"1"', '"2"'] });
  });

  it("of a solution that does not run is an error that names it", () => {
    expect(() => checkPuzzle({ kind: "puzzle", puzzle: { ...first!, solution: "answer = x;" } })).toThrow(
      'the solution of "count-on" is none: it does not run: "x" is not defined',
    );
    expect(() => checkPuzzle({ kind: "puzzle", puzzle: { ...first!, solution: "" } })).toThrow(
      'the solution of "count-on" is none: it sets no s-op "answer"',
    );
    expect(() => checkPuzzle({ kind: "puzzle", puzzle: { ...first!, examples: [""] } })).toThrow(
      'an example of "count-on" is empty',
    );
  });
});

describe("puzzle sets", () => {
  const puzzle = {
    id: "a",
    grade: 1,
    title: "A",
    task: "Do it.",
    examples: ["ab"],
    inputs: { tokens: "ab", from: 1, to: 3 },
    solution: "answer = tokens;",
  };
  const set = (change: object): string => JSON.stringify({ title: "Mine", puzzles: [{ ...puzzle, ...change }] });

  it("can be short: texts in one language, no hints, nothing to begin with", () => {
    const { title, puzzles } = parsePuzzles(set({}));
    expect(title).toEqual({ en: "Mine", es: "Mine" });
    expect(puzzles[0]).toMatchObject({ title: { en: "A", es: "A" }, hints: [], start: "", inputs: { shape: "any" } });
    expect(judged(puzzles[0]!, "answer = tokens;").status).toBe("solved");
  });

  it.each([
    ["{", "the file is no JSON"],
    ["[]", "the set must be an object"],
    ['{"title":"x","puzzles":[]}', "puzzles must be a list of 1 to 200 items"],
    [set({ id: "<b>" }), "puzzles[0].id must be 1 to 40 letters"],
    [set({ grade: 9 }), "puzzles[0].grade must be a whole number from 1 to 5"],
    [set({ task: undefined }), "puzzles[0].task must be an object"],
    [set({ title: { es: "x" } }), "puzzles[0].title.en must be a text"],
    [set({ inputs: { tokens: "ab", from: 3, to: 2 } }), "puzzles[0].inputs.to must be a whole number from 3 to 16"],
    [set({ inputs: { tokens: "", from: 1, to: 2 } }), "puzzles[0].inputs.tokens must be a list"],
    [
      set({ inputs: { tokens: "(", from: 1, to: 2, shape: "brackets" } }),
      "puzzles[0].inputs.tokens must be two or more",
    ],
    [set({ inputs: { tokens: "a", from: 1, to: 2, shape: "x" } }), 'puzzles[0].inputs.shape must be "any", "brackets"'],
    [set({ solution: "a".repeat(5000) }), "puzzles[0].solution must be a text of at most 4000 characters"],
    [JSON.stringify({ title: "x", puzzles: [puzzle, puzzle] }), 'two puzzles have the id "a"'],
    [" ".repeat(200_001), "the file has more than 200000 characters"],
  ])("are refused with the place: %j", (text, message) => {
    expect(() => parsePuzzles(text)).toThrow(PuzzleSetError);
    expect(() => parsePuzzles(text)).toThrow(message);
  });

  it("that are damaged are read and judged, or refused with the place", () => {
    const rng = new Rng(24);
    const text = JSON.stringify({
      title: "Mine",
      puzzles: [puzzle, { ...puzzle, id: "b", inputs: { ...puzzle.inputs, shape: "brackets" } }],
    });
    let read = 0;
    for (let run = 0; run < breadth({ short: 400, long: 10_000 }); run++) {
      const damaged = damagedText(text, rng);
      try {
        for (const each of parsePuzzles(damaged).puzzles) judged(each, "answer = tokens;");
        read++;
      } catch (error) {
        if (!(error instanceof PuzzleSetError)) throw new Error(`on ${damaged}`, { cause: error });
      }
    }
    expect(read).toBeGreaterThan(0);
  });
});
