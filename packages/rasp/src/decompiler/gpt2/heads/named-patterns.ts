/** Attention patterns that have a name: hard selectors, in plain RASP. */
import { literal } from "../../../language/text/print.js";
import type { Observed } from "../data/observe.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import type { Names, Pattern } from "../variables/variable.js";

type Selects = (observed: Observed) => (query: number, key: number) => boolean;

/** Equal shares for the keys so far that a selector selects; for all keys so far where it selects none. */
function selectorPattern(key: string, selects: Selects, text: (names: Names) => string = () => key): Pattern {
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

/** All keys so far. */
export const everything: Pattern = selectorPattern("full_s", () => () => true);

/** The key some positions before the query. */
export const back = (by: number): Pattern =>
  selectorPattern(`select(indices, indices - ${by}, ==)`, () => (i, j) => j === i - by);

/** The key at one place. */
export const atPosition = (at: number): Pattern =>
  selectorPattern(`select(indices, ${at}, ==)`, () => (_, j) => j === at);

const sameToken: Pattern = selectorPattern(
  "select(tokens, tokens, ==)",
  ({ ids }) =>
    (i, j) =>
      ids[i] === ids[j],
);

const modulo = (k: number): Pattern =>
  selectorPattern(`select(indices % ${k}, indices % ${k}, ==)`, () => (i, j) => (i - j) % k === 0);

/** The patterns that are also tried on what the position before carries. None of them needs a definition. */
export const secondHopPatterns = (): Pattern[] => [back(2), back(3), atPosition(0), sameToken];

/** The patterns for a task that have a name, simplest first. */
export function namedPatterns(task: Task): Pattern[] {
  const few = task.vocabulary.length <= FEW_SYMBOLS;
  return [
    everything,
    back(1),
    ...secondHopPatterns(),
    ...(few ? [...[2, 3, 4].map(modulo), ...lastOthers(task)] : [atPosition(1), ...continuations(task)]),
    ...(task.numbers ? numberPatterns(task, task.numbers) : []),
  ];
}

/** For each symbol the keys that have it, and the first position, so that something is selected before the symbol occurs. */
export const tokenPatterns = ({ vocabulary, special }: Task): Pattern[] =>
  vocabulary.flatMap((token, id) =>
    special.has(id)
      ? []
      : [
          selectorPattern(
            `select(tokens, ${literal(token)}, ==) or select(indices, 0, ==)`,
            ({ ids }) =>
              (_, j) =>
                j === 0 || ids[j] === id,
          ),
        ],
  );

/** For each symbol the last key so far that has another token. */
const lastOthers = ({ vocabulary, special }: Task): Pattern[] =>
  vocabulary.flatMap((token, id) =>
    special.has(id)
      ? []
      : [
          selectorPattern(
            `best(select(tokens, ${literal(token)}, !=) and select(indices, indices, <=), indices)`,
            ({ ids }) => {
              let last = -1;
              const lasts = ids.map((own, i) => (last = own === id ? last : i));
              return (i, j) => j === lasts[i];
            },
          ),
        ],
  );

/**
 * The keys after the query's token, or after its last two: induction heads (Olsson et al. 2022, arXiv 2209.11895) as selectors. All
 * special tokens count as one: what follows the token that begins the input then follows the token that begins the answer.
 */
function continuations({ vocabulary, special }: Task): Pattern[] {
  const specials = vocabulary.filter((_, id) => special.has(id));
  const plain = (names: Names): string =>
    specials.length === 0
      ? "tokens"
      : names.definition(
          "plain",
          `"" if (tokens in [${specials.map((token) => literal(token)).join(", ")}]) else tokens`,
        );
  const before = (names: Names, by: number): string =>
    names.definition(`back${by}`, `aggregate(select(indices, indices - ${by}, ==), ${plain(names)}, "")`);
  const kindsOf = ({ ids }: Observed): ((at: number) => number) => {
    const kinds = ids.map((id) => (special.has(id) ? -1 : id));
    return (at) => kinds[at] ?? -1;
  };
  return [
    selectorPattern(
      "after the same token",
      (observed) => {
        const kind = kindsOf(observed);
        return (i, j) => kind(j - 1) === kind(i);
      },
      (names) => `select(${before(names, 1)}, ${plain(names)}, ==)`,
    ),
    selectorPattern(
      "after the same two tokens",
      (observed) => {
        const kind = kindsOf(observed);
        return (i, j) => kind(j - 1) === kind(i) && kind(j - 2) === kind(i - 1);
      },
      (names) =>
        `select(${before(names, 1)}, ${plain(names)}, ==) and select(${before(names, 2)}, ${before(names, 1)}, ==)`,
    ),
  ];
}

/**
 * One more than each token's number as an s-op, by the name `rank`; 0 for tokens that are no numbers, as a projection gives 0 for a token
 * without a row.
 */
export function rank(task: Task, names: Names): string {
  const rows = task.vocabulary.flatMap((token, id) =>
    task.numbers![id] === undefined ? [] : [`${literal(token)}: {"rank": ${task.numbers![id]! + 1}}`],
  );
  return names.definition("rank", `project(tokens, {${rows.join(", ")}})["rank"]`);
}

/** What `rank` is less one: -1 for tokens that are no numbers. */
const numbersIn = ({ ids }: Observed, numbers: NonNullable<Task["numbers"]>): number[] =>
  ids.map((id) => numbers[id] ?? -1);

/** Comparisons of the key's number with the query's. */
type Comparison = (key: number, query: number) => boolean;
const isNumber: Comparison = (key) => key >= 0;
const isLarger: Comparison = (key, query) => key > query;
const isSmaller: Comparison = (key, query) => key < query;
const isSmallerNumber: Comparison = (key, query) => isNumber(key, query) && isSmaller(key, query);

function numberPatterns(task: Task, numbers: NonNullable<Task["numbers"]>): Pattern[] {
  const compared = (key: string, comparison: "<" | ">", holds: Comparison): Pattern =>
    selectorPattern(
      key,
      (observed) => {
        const values = numbersIn(observed, numbers);
        return (i, j) => holds(values[j]!, values[i]!);
      },
      (names) => `select(${rank(task, names)}, ${rank(task, names)}, ${comparison})`,
    );
  /** Of the keys so far for which the comparison holds, the first one with the largest number, or with the smallest. */
  const extreme = (key: string, sign: 1 | -1, holds: Comparison, selector: (rank: string) => string): Pattern =>
    selectorPattern(
      key,
      (observed) => {
        const bests = bestKeys(numbersIn(observed, numbers), sign, holds);
        return (i, j) => j === bests[i];
      },
      (names) => {
        const own = rank(task, names);
        return `best(${selector(own)} and select(indices, indices, <=), ${sign < 0 ? "-" : ""}${own})`;
      },
    );
  return [
    extreme("smallest", -1, isNumber, (own) => `select(${own}, 0, >)`),
    extreme("largest", 1, isNumber, (own) => `select(${own}, 0, >)`),
    extreme("next larger", -1, isLarger, (own) => `select(${own}, ${own}, >)`),
    extreme("next smaller", 1, isSmallerNumber, (own) => `select(${own}, ${own}, <) and select(${own}, 0, >)`),
    compared("larger", ">", isLarger),
    compared("smaller", "<", isSmaller),
  ];
}

/** For each query the first of the allowed keys so far with the largest value times `sign`; -1 if none is allowed. */
const bestKeys = (values: readonly number[], sign: 1 | -1, allowed: Comparison): number[] =>
  values.map((query, i) => {
    let best = -1;
    for (let j = 0; j <= i; j++) {
      if (allowed(values[j]!, query) && (best < 0 || sign * values[j]! > sign * values[best]!)) best = j;
    }
    return best;
  });
