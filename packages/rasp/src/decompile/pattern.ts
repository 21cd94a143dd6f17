/** Attention patterns that have a name: hard selectors, in plain RASP. */
import type { Observed } from "./observe.js";
import type { Task } from "./task.js";
import type { Names, Variable } from "./variable.js";

export interface Pattern {
  /** Tells patterns apart. */
  readonly key: string;
  /** The selector or score in RASP. */
  readonly text: (names: Names) => string;
  readonly reads: readonly Variable[];
  /** Free numbers in its text. */
  readonly parameters: number;
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

/** The selectors that have a name, simplest first. */
export function namedPatterns(task: Task): Pattern[] {
  const patterns = [
    hard("full_s", () => () => true),
    ...[1, 2, 3].map((k) => hard(`select(indices, indices - ${k}, ==)`, () => (i, j) => j === i - k)),
    hard("select(indices, 0, ==)", () => (_, j) => j === 0),
    hard(
      "select(tokens, tokens, ==)",
      ({ ids }) =>
        (i, j) =>
          ids[i] === ids[j],
    ),
    ...[2, 3, 4].map((k) => hard(`select(indices % ${k}, indices % ${k}, ==)`, () => (i, j) => (i - j) % k === 0)),
  ];
  const { numbers } = task;
  if (!numbers) return patterns;
  const rank = (names: Names): string => names.definition("rank", rankText(task));
  const of = ({ ids }: Observed): number[] => ids.map((id) => numbers[id] ?? -1);
  return [
    ...patterns,
    hard(
      "larger",
      (observed) => {
        const ranks = of(observed);
        return (i, j) => ranks[j]! > ranks[i]!;
      },
      (names) => `select(${rank(names)}, ${rank(names)}, >)`,
    ),
    hard(
      "smaller",
      (observed) => {
        const ranks = of(observed);
        return (i, j) => ranks[j]! < ranks[i]!;
      },
      (names) => `select(${rank(names)}, ${rank(names)}, <)`,
    ),
    ...[-1, 1].map((sign) =>
      hard(
        sign < 0 ? "smallest" : "largest",
        (observed) => {
          const ranks = of(observed);
          // The first of the extreme numbers up to each position.
          let best = -1;
          const bests = ranks.map((rank, i) => {
            if (rank >= 0 && (best < 0 || sign * rank > sign * ranks[best]!)) best = i;
            return best;
          });
          return (i, j) => j === bests[i];
        },
        (names) =>
          `best(select(${rank(names)}, 0, >) and select(indices, indices, <=), ${sign < 0 ? "-" : ""}${rank(names)})`,
      ),
    ),
  ];
}
