/** Attention patterns that have a name: hard selectors, in plain RASP. */
import type { Observed } from "../data/observe.js";
import type { Heatmap } from "../../common/pictures.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import type { Names, Variable } from "../variables/variable.js";

export interface Pattern {
  /** Tells patterns apart. */
  readonly key: string;
  /** The selector or score in RASP. */
  readonly text: (names: Names) => string;
  readonly reads: readonly Variable[];
  /** Free numbers in its text. */
  readonly parameters: number;
  /** Its score tables. */
  readonly tables?: readonly Heatmap[];
  /** [n, n]: query i's share for key j at i·n + j. */
  shares(observed: Observed): Float32Array;
}

type Selects = (observed: Observed) => (query: number, key: number) => boolean;

/** A hard selector: equal shares for what it selects among the keys so far, for all of them where it selects nothing. */
function hard(key: string, selects: Selects, text: (names: Names) => string = () => key): Pattern {
  const shares = (observed: Observed): Float32Array => {
    const length = observed.ids.length;
    const out = new Float32Array(length * length);
    const selected = selects(observed);
    for (let i = 0; i < length; i++) {
      let count = 0;
      for (let j = 0; j <= i; j++) if (selected(i, j)) count += out[i * length + j] = 1;
      for (let j = 0; j <= i; j++) out[i * length + j] = count === 0 ? 1 / (i + 1) : out[i * length + j]! / count;
    }
    return out;
  };
  return { key, text, reads: [], parameters: 0, shares };
}

/** Each token's number and one; 0 for what is no number, since that is what a table has for tokens without a row. */
export function rankText(task: Task): string {
  const rows = task.vocabulary.flatMap((token, id) =>
    task.numbers![id] === undefined ? [] : [`${JSON.stringify(token)}: {"rank": ${task.numbers![id]! + 1}}`],
  );
  return `project(tokens, {${rows.join(", ")}})["rank"]`;
}

/** The selectors that have a name, simplest first. The second is the position before; of the first six none needs a definition. */
export function namedPatterns(task: Task): Pattern[] {
  const few = task.vocabulary.length <= FEW_SYMBOLS;
  return [
    hard("full_s", () => () => true),
    ...[1, 2, 3].map((k) => hard(`select(indices, indices - ${k}, ==)`, () => (i, j) => j === i - k)),
    ...[0].map(position),
    hard(
      "select(tokens, tokens, ==)",
      ({ ids }) =>
        (i, j) =>
          ids[i] === ids[j],
    ),
    ...(few ? [2, 3, 4].map(modulo) : [position(1), ...continuations(task)]),
    ...(task.numbers ? numberPatterns(task, task.numbers) : []),
  ];
}

const position = (at: number): Pattern => hard(`select(indices, ${at}, ==)`, () => (_, j) => j === at);

const modulo = (k: number): Pattern =>
  hard(`select(indices % ${k}, indices % ${k}, ==)`, () => (i, j) => (i - j) % k === 0);

/** Keys of one token, for what else such positions carry. The first position is there to look at before there is one. */
export const tokenPatterns = ({ vocabulary, special }: Task): Pattern[] =>
  vocabulary.flatMap((token, id) =>
    special.has(id)
      ? []
      : [
          hard(
            `select(tokens, ${JSON.stringify(token)}, ==) or select(indices, 0, ==)`,
            ({ ids }) =>
              (_, j) =>
                j === 0 || ids[j] === id,
          ),
        ],
  );

/**
 * What came after the query's token, or after its last two: induction heads (Olsson et al. 2022), as selectors. Special tokens count as
 * one, so that after the sign that an answer begins comes what came after the sign that the input begins.
 */
function continuations({ vocabulary, special }: Task): Pattern[] {
  const specials = vocabulary.filter((_, id) => special.has(id));
  const plain = (names: Names): string =>
    specials.length === 0
      ? "tokens"
      : names.definition(
          "plain",
          `"" if (tokens in [${specials.map((token) => JSON.stringify(token)).join(", ")}]) else tokens`,
        );
  const before = (names: Names, by: number): string =>
    names.definition(`back${by}`, `aggregate(select(indices, indices - ${by}, ==), ${plain(names)}, "")`);
  const of = ({ ids }: Observed): ((at: number) => number) => {
    const kinds = ids.map((id) => (special.has(id) ? -1 : id));
    return (at) => kinds[at] ?? -1;
  };
  return [
    hard(
      "after the same token",
      (observed) => {
        const kind = of(observed);
        return (i, j) => kind(j - 1) === kind(i);
      },
      (names) => `select(${before(names, 1)}, ${plain(names)}, ==)`,
    ),
    hard(
      "after the same two tokens",
      (observed) => {
        const kind = of(observed);
        return (i, j) => kind(j - 1) === kind(i) && kind(j - 2) === kind(i - 1);
      },
      (names) =>
        `select(${before(names, 1)}, ${plain(names)}, ==) and select(${before(names, 2)}, ${before(names, 1)}, ==)`,
    ),
  ];
}

function numberPatterns(task: Task, numbers: NonNullable<Task["numbers"]>): Pattern[] {
  const rank = (names: Names): string => names.definition("rank", rankText(task));
  const of = ({ ids }: Observed): number[] => ids.map((id) => numbers[id] ?? -1);
  const soFar = "select(indices, indices, <=)";
  const compared = (key: string, comparison: "<" | ">", holds: (key: number, query: number) => boolean): Pattern =>
    hard(
      key,
      (observed) => {
        const ranks = of(observed);
        return (i, j) => holds(ranks[j]!, ranks[i]!);
      },
      (names) => `select(${rank(names)}, ${rank(names)}, ${comparison})`,
    );
  /** The first of the keys so far that hold and have the least number, or the greatest. */
  const extreme = (
    key: string,
    sign: 1 | -1,
    holds: (key: number, query: number) => boolean,
    selector: (names: Names) => string,
  ): Pattern =>
    hard(
      key,
      (observed) => {
        const ranks = of(observed);
        const bests = ranks.map((query, i) => {
          let best = -1;
          for (let j = 0; j <= i; j++) {
            if (holds(ranks[j]!, query) && (best < 0 || sign * ranks[j]! > sign * ranks[best]!)) best = j;
          }
          return best;
        });
        return (i, j) => j === bests[i];
      },
      (names) => `best(${selector(names)} and ${soFar}, ${sign < 0 ? "-" : ""}${rank(names)})`,
    );
  const larger = (key: number, query: number): boolean => key > query;
  const smaller = (key: number, query: number): boolean => key < query;
  // Special tokens have −1, one less than the smallest number; `rankText` has all of them one higher.
  const isNumber = (key: number): boolean => key >= 0;
  return [
    extreme("smallest", -1, isNumber, (names) => `select(${rank(names)}, 0, >)`),
    extreme("largest", 1, isNumber, (names) => `select(${rank(names)}, 0, >)`),
    extreme("next larger", -1, larger, (names) => `select(${rank(names)}, ${rank(names)}, >)`),
    extreme(
      "next smaller",
      1,
      (key, query) => isNumber(key) && key < query,
      (names) => `select(${rank(names)}, ${rank(names)}, <) and select(${rank(names)}, 0, >)`,
    ),
    compared("larger", ">", larger),
    compared("smaller", "<", smaller),
  ];
}
