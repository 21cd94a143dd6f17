/** The parts that the score of a head may be a sum of: groups of features of a query and a key. */
import type { Heatmap } from "../../common/heatmap.js";
import type { Observed } from "../data/observe.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { dictText, nestedText, times } from "../text.js";
import type { Names, Variable } from "../variables/variable.js";
import { rank } from "./named-patterns.js";

/** Adds the features of a query and a key that are not 0. */
type AddFeatures = (query: number, key: number, add: (feature: number, value: number) => void) => void;

/** Features that are used together or not at all. */
export interface Group {
  readonly key: string;
  /** The number of features. */
  readonly size: number;
  readonly reads: readonly Variable[];
  features(observed: Observed): AddFeatures;
  text(weights: readonly number[], names: Names): string;
  /** Its weights as a picture; absent where one would show nothing. */
  table?(weights: readonly number[]): Heatmap;
}

/** All groups; `bases` are what keys of later layers may carry. */
export const groupsOf = (task: Task, bases: readonly Variable[]): Group[] => [
  ...positionGroups(),
  ...tokenGroups(task),
  ...bases.flatMap((base) => carriedGroups(base, task)),
];

/** A group of one feature. */
const single = (
  key: string,
  features: Group["features"],
  text: (names: Names) => string,
  reads: readonly Variable[] = [],
): Group => ({ key, size: 1, reads, features, text: ([weight], names) => times(weight!, text(names)) });

/** A feature that is 1 where a selector selects. */
const selectorGroup = (text: string, selects: (query: number, key: number) => boolean): Group =>
  single(
    text,
    () => (i, j, add) => {
      if (selects(i, j)) add(0, 1);
    },
    () => `selected(${text})`,
  );

const positionGroups = (): Group[] => [
  selectorGroup("select(indices, indices, ==)", (i, j) => i === j),
  ...[1, 2, 3].map((k) => selectorGroup(`select(indices, indices - ${k}, ==)`, (i, j) => j === i - k)),
  ...[2, 3, 4].map((k) => selectorGroup(`select(indices % ${k}, indices % ${k}, ==)`, (i, j) => (i - j) % k === 0)),
  selectorGroup("select(indices, 0, ==)", (_, j) => j === 0),
  single(
    "recency",
    () => (_, j, add) => add(0, j),
    () => "indices",
  ),
];

const tokenGroups = (task: Task): Group[] => [
  sameToken,
  keyToken(task),
  ...(task.vocabulary.length <= FEW_SYMBOLS ? [tokenPairs(task)] : []),
  ...(task.numbers ? [keyNumber(task, task.numbers)] : []),
];

const sameToken: Group = single(
  "same",
  ({ ids }) =>
    (i, j, add) => {
      if (ids[i] === ids[j]) add(0, 1);
    },
  () => "selected(select(tokens, tokens, ==))",
);

/** A score for each token of the key; with many symbols for special ones only. */
function keyToken({ vocabulary, special }: Task): Group {
  const few = vocabulary.length <= FEW_SYMBOLS;
  const scored = vocabulary.flatMap((_, id) => (few || special.has(id) ? [id] : []));
  const tokens = scored.map((id) => vocabulary[id]!);
  const featureOf = new Map(scored.map((id, feature) => [id, feature]));
  return {
    key: "key token",
    size: scored.length,
    reads: [],
    features:
      ({ ids }) =>
      (_, j, add) => {
        const feature = featureOf.get(ids[j]!);
        if (feature !== undefined) add(feature, 1);
      },
    table: (weights) => ({ title: "key token", rows: ["score"], columns: tokens, values: [weights] }),
    text: (weights) => `key_score(tokens, ${dictText(tokens.map((token, feature) => [token, weights[feature]!]))})`,
  };
}

export const tokenPairs = (task: Task): Group =>
  pairGroup(task, {
    key: "tokens, tokens",
    reads: [],
    features:
      ({ ids }) =>
      (i, j, add) =>
        add(ids[i]! * task.vocabulary.length + ids[j]!, 1),
    operands: () => "tokens, tokens",
  });

const keyNumber = (task: Task, numbers: NonNullable<Task["numbers"]>): Group =>
  single(
    "number of the key",
    ({ ids }) =>
      (_, j, add) =>
        add(0, numbers[ids[j]!] ?? -1),
    (names) => rank(task, names),
  );

/** What a table over pairs of tokens compares. */
interface Pair extends Pick<Group, "key" | "reads" | "features"> {
  readonly operands: (names: Names) => string;
}

/** A table over all pairs of components of two token-valued vectors. */
function pairGroup({ vocabulary }: Task, { key, reads, features, operands }: Pair): Group {
  const size = vocabulary.length;
  return {
    key,
    size: size * size,
    reads,
    features,
    table: (weights) => ({
      title: key,
      rows: vocabulary,
      columns: vocabulary,
      values: vocabulary.map((_, row) => weights.slice(row * size, (row + 1) * size)),
    }),
    text: (weights, names) =>
      `score(${operands(names)}, ${nestedText(vocabulary, vocabulary, (a, b) => weights[a * size + b]!)})`,
  };
}

/** What a key of a later layer carries, compared with the query's token. */
const carriedGroups = (base: Variable, task: Task): Group[] => [
  carriedToken(base, task),
  task.vocabulary.length > FEW_SYMBOLS ? carriedSpecials(base, task) : carriedPairs(base, task),
];

/** The share of the query's token in what the key carries. */
const carriedToken = (base: Variable, { vocabulary }: Task): Group =>
  single(
    `token in ${base.key}`,
    (observed) => {
      const carried = base.values(observed);
      return (i, j, add) => add(0, carried[j * vocabulary.length + observed.ids[i]!]!);
    },
    (names) => `dot(tokens, ${names.variable(base)})`,
    [base],
  );

/** A table over pairs of special tokens. */
function carriedSpecials(base: Variable, { vocabulary, special }: Task): Group {
  const width = vocabulary.length;
  const ids = [...special].sort((a, b) => a - b);
  const labels = ids.map((id) => vocabulary[id]!);
  const size = ids.length;
  return {
    key: `specials with ${base.key}`,
    size: size * size,
    reads: [base],
    features: (observed) => {
      const carried = base.values(observed);
      return (i, j, add) => {
        const row = ids.indexOf(observed.ids[i]!);
        if (row >= 0) ids.forEach((id, column) => add(row * size + column, carried[j * width + id]!));
      };
    },
    text: (weights, names) =>
      `score(tokens, ${names.variable(base)}, ${nestedText(labels, labels, (a, b) => weights[a * size + b]!)})`,
  };
}

const carriedPairs = (base: Variable, task: Task): Group =>
  pairGroup(task, {
    key: `tokens, ${base.key}`,
    reads: [base],
    features: (observed) => {
      const carried = base.values(observed);
      const width = task.vocabulary.length;
      return (i, j, add) => {
        const row = observed.ids[i]! * width;
        for (let c = 0; c < width; c++) add(row + c, carried[j * width + c]!);
      };
    },
    operands: (names) => `tokens, ${names.variable(base)}`,
  });
