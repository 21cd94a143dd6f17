/**
 * Puzzles and sets of them, as JSON that a teacher can write: `puzzles.json` is one. What a puzzle wants is what its `solution` computes,
 * a RASP program that sets `answer`; from it come the expected outputs, and the layers and heads that are par.
 */

/** A text in each language of the page. A set may give a plain text, which is then shown in every language. */
export interface Said {
  readonly en: string;
  readonly es: string;
}

/** The inputs on which an answer is tried. */
export interface PuzzleInputs {
  /** What inputs are made of: a text is its characters. */
  readonly tokens: string | readonly string[];
  /** The shortest and the longest input; of `sum`, of each of the two numbers. */
  readonly from: number;
  readonly to: number;
  /**
   * `any`: any tokens. `brackets`: tokens are opening and closing brackets in turn, and many inputs are balanced or nearly so. `sum`: two
   * numbers of equal length with "+" between them.
   */
  readonly shape: "any" | "brackets" | "sum";
}

export interface Puzzle {
  /** Unique within its set; progress is kept by it. */
  readonly id: string;
  /** 1, easy, to 5. */
  readonly grade: number;
  readonly title: Said;
  readonly task: Said;
  /** Shown with what is expected on them; the first is the input field's. */
  readonly examples: readonly string[];
  readonly inputs: PuzzleInputs;
  readonly hints: readonly Said[];
  /** What the editor begins with. */
  readonly start: string;
  readonly solution: string;
}

export interface PuzzleSet {
  readonly title: Said;
  readonly puzzles: readonly Puzzle[];
}

/** Opens a puzzle, or checks a program on it. */
export interface PuzzleCheck {
  readonly kind: "puzzle";
  readonly puzzle: Puzzle;
  /** Absent to open it. */
  readonly program?: string;
}

/** An input with what is expected on it. */
export interface Expected {
  readonly input: readonly string[];
  readonly expected: readonly string[];
}

/** What a program came to. */
export type Judged =
  | { readonly status: "solved"; readonly tried: number; readonly layers: number; readonly heads: number }
  | { readonly status: "wrong"; readonly wrong: Expected; readonly got: readonly string[]; readonly tried: number }
  | { readonly status: "no-value"; readonly wrong: Expected; readonly message: string; readonly help?: string }
  | { readonly status: "no-answer" }
  | { readonly status: "broken"; readonly message: string; readonly help?: string };

export interface PuzzleVerdict {
  readonly kind: "puzzle";
  readonly par: { readonly layers: number; readonly heads: number };
  readonly examples: readonly Expected[];
  /** Absent where the puzzle was only opened. */
  readonly judged?: Judged;
}

/** A puzzle set that is none; the message says where and why, in English, for whoever wrote it. */
export class PuzzleSetError extends Error {
  override readonly name = "PuzzleSetError";
}

/** The most characters of a set's file, and of each text in it. */
export const MOST_CHARACTERS = { set: 200_000, text: 4_000 };
const MOST_PUZZLES = 200;

type Json = Readonly<Record<string, unknown>>;

const refuse = (where: string, what: string): never => {
  throw new PuzzleSetError(`${where} must be ${what}`);
};

const object = (value: unknown, where: string): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : refuse(where, "an object");

const text = (value: unknown, where: string): string =>
  typeof value === "string" && value.length <= MOST_CHARACTERS.text
    ? value
    : refuse(where, `a text of at most ${MOST_CHARACTERS.text} characters`);

function said(value: unknown, where: string): Said {
  if (typeof value === "string") return { en: text(value, where), es: value };
  const { en, es } = object(value, where);
  const english = text(en, `${where}.en`);
  return { en: english, es: es === undefined ? english : text(es, `${where}.es`) };
}

const list = (value: unknown, where: string, most: number): readonly unknown[] =>
  Array.isArray(value) && value.length >= 1 && value.length <= most
    ? value
    : refuse(where, `a list of 1 to ${most} items`);

const whole = (value: unknown, where: string, from: number, to: number): number =>
  Number.isInteger(value) && (value as number) >= from && (value as number) <= to
    ? (value as number)
    : refuse(where, `a whole number from ${from} to ${to}`);

const SHAPES = ["any", "brackets", "sum"] as const;

function inputs(value: unknown, where: string): PuzzleInputs {
  const { tokens, from, to, shape = "any" } = object(value, where);
  const known =
    SHAPES.find((each) => each === shape) ?? refuse(`${where}.shape`, SHAPES.map((each) => `"${each}"`).join(", "));
  const shortest = whole(from, `${where}.from`, 1, 16);
  const made =
    typeof tokens === "string" && tokens !== ""
      ? text(tokens, `${where}.tokens`)
      : list(tokens, `${where}.tokens`, 40).map((token, i) => text(token, `${where}.tokens[${i}]`));
  if (known === "brackets" && [...made].length < 2) {
    refuse(`${where}.tokens`, "two or more, opening and closing brackets in turn");
  }
  return {
    tokens: made,
    from: shortest,
    to: whole(to, `${where}.to`, shortest, 16),
    shape: known,
  };
}

function puzzle(value: unknown, where: string): Puzzle {
  const given = object(value, where);
  const id = text(given["id"], `${where}.id`);
  if (!/^[\w-]{1,40}$/.test(id)) refuse(`${where}.id`, "1 to 40 letters, digits, - and _");
  return {
    id,
    grade: whole(given["grade"], `${where}.grade`, 1, 5),
    title: said(given["title"], `${where}.title`),
    task: said(given["task"], `${where}.task`),
    examples: list(given["examples"], `${where}.examples`, 8).map((each, i) => text(each, `${where}.examples[${i}]`)),
    inputs: inputs(given["inputs"], `${where}.inputs`),
    hints: (given["hints"] === undefined ? [] : list(given["hints"], `${where}.hints`, 8)).map((hint, i) =>
      said(hint, `${where}.hints[${i}]`),
    ),
    start: given["start"] === undefined ? "" : text(given["start"], `${where}.start`),
    solution: text(given["solution"], `${where}.solution`),
  };
}

/** A set from the text of a JSON file. @throws PuzzleSetError */
export function parsePuzzles(json: string): PuzzleSet {
  if (json.length > MOST_CHARACTERS.set) {
    throw new PuzzleSetError(`the file has more than ${MOST_CHARACTERS.set} characters`);
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new PuzzleSetError(`the file is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return puzzleSet(value);
}

/** A set from data. @throws PuzzleSetError */
export function puzzleSet(value: unknown): PuzzleSet {
  const { title, puzzles } = object(value, "the set");
  const all = list(puzzles, "puzzles", MOST_PUZZLES).map((each, i) => puzzle(each, `puzzles[${i}]`));
  const ids = all.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new PuzzleSetError(`two puzzles have the id "${twice}"`);
  return { title: said(title, "title"), puzzles: all };
}
