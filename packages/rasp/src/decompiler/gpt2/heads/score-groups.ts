/** What the score of a head may be a sum of: groups of features of query and key. */
import type { Observed } from "../data/observe.js";
import { rankText } from "./named-patterns.js";
import type { Heatmap } from "../../common/pictures.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { dictText, nestedText, times } from "../text.js";
import type { Names, Variable } from "../variables/variable.js";

/** Features that stand or fall together. */
export interface Group {
  readonly key: string;
  readonly size: number;
  readonly reads: readonly Variable[];
  /** Tells each feature that is not 0. */
  features(observed: Observed): (query: number, key: number, add: (feature: number, value: number) => void) => void;
  text(weights: readonly number[], names: Names): string;
  /** Its weights as a picture; absent where there is one number, or many. */
  table?(weights: readonly number[]): Heatmap;
}

/** All groups; `bases` are what keys of later layers may carry. */
export const groupsOf = (task: Task, bases: readonly Variable[]): Group[] => [
  ...selectorGroups(),
  ...tokenGroups(task),
  ...bases.flatMap((base) => carriedGroups(base, task)),
];

/** A group of one feature that is 1 where a selector selects. */
const selectorGroup = (text: string, selects: (query: number, key: number) => boolean): Group => ({
  key: text,
  size: 1,
  reads: [],
  features: () => (i, j, add) => {
    if (selects(i, j)) add(0, 1);
  },
  text: ([weight]) => times(weight!, `selected(${text})`),
});

const selectorGroups = (): Group[] => [
  selectorGroup("select(indices, indices, ==)", (i, j) => i === j),
  ...[1, 2, 3].map((k) => selectorGroup(`select(indices, indices - ${k}, ==)`, (i, j) => j === i - k)),
  ...[2, 3, 4].map((k) => selectorGroup(`select(indices % ${k}, indices % ${k}, ==)`, (i, j) => (i - j) % k === 0)),
  selectorGroup("select(indices, 0, ==)", (_, j) => j === 0),
  {
    key: "recency",
    size: 1,
    reads: [],
    features: () => (_, j, add) => add(0, j),
    text: ([weight]) => times(weight!, "indices"),
  },
];

function tokenGroups(task: Task): Group[] {
  const { vocabulary, special, numbers } = task;
  const same: Group = {
    key: "same",
    size: 1,
    reads: [],
    features:
      ({ ids }) =>
      (i, j, add) => {
        if (ids[i] === ids[j]) add(0, 1);
      },
    text: ([weight]) => times(weight!, "selected(select(tokens, tokens, ==))"),
  };
  const few = vocabulary.length <= FEW_SYMBOLS;
  const named = vocabulary.flatMap((_, id) => (few || special.has(id) ? [id] : []));
  const place = new Map(named.map((id, at) => [id, at]));
  const key: Group = {
    key: "key token",
    size: named.length,
    reads: [],
    features:
      ({ ids }) =>
      (_, j, add) => {
        const at = place.get(ids[j]!);
        if (at !== undefined) add(at, 1);
      },
    table: (weights) => ({
      title: "key token",
      rows: ["score"],
      columns: named.map((id) => vocabulary[id]!),
      values: [weights],
    }),
    text: (weights) => `key_score(tokens, ${dictText(named.map((id, at) => [vocabulary[id]!, weights[at]!]))})`,
  };
  const groups = [same, key];
  if (few) {
    groups.push(
      pairGroup(
        "tokens, tokens",
        task,
        ({ ids }) =>
          (i, j, add) =>
            add(ids[i]! * vocabulary.length + ids[j]!, 1),
        [],
        "tokens, tokens",
      ),
    );
  }
  if (numbers) {
    groups.push({
      key: "number of the key",
      size: 1,
      reads: [],
      features:
        ({ ids }) =>
        (_, j, add) =>
          add(0, numbers[ids[j]!] ?? -1),
      text: ([weight], names) => times(weight!, names.definition("rank", rankText(task))),
    });
  }
  return groups;
}

/** A table over all pairs of two token-valued vectors. */
function pairGroup(
  key: string,
  { vocabulary }: Task,
  features: Group["features"],
  reads: readonly Variable[],
  operands: string | ((names: Names) => string),
): Group {
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
      `score(${typeof operands === "string" ? operands : operands(names)}, ${nestedText(vocabulary, vocabulary, (a, b) => weights[a * size + b]!)})`,
  };
}

/** What a key of a later layer carries, matched with the query's token. */
function carriedGroups(base: Variable, task: Task): Group[] {
  const { vocabulary, special } = task;
  const width = vocabulary.length;
  const dot: Group = {
    key: `token in ${base.key}`,
    size: 1,
    reads: [base],
    features: (observed) => {
      const carried = base.values(observed);
      return (i, j, add) => add(0, carried[j * width + observed.ids[i]!]!);
    },
    text: ([weight], names) => times(weight!, `dot(tokens, ${names.variable(base)})`),
  };
  const named = [...special].sort((a, b) => a - b);
  const specials: Group = {
    key: `specials with ${base.key}`,
    size: named.length * named.length,
    reads: [base],
    features: (observed) => {
      const carried = base.values(observed);
      return (i, j, add) => {
        const row = named.indexOf(observed.ids[i]!);
        if (row >= 0) named.forEach((id, column) => add(row * named.length + column, carried[j * width + id]!));
      };
    },
    text: (weights, names) => {
      const labels = named.map((id) => vocabulary[id]!);
      return `score(tokens, ${names.variable(base)}, ${nestedText(labels, labels, (a, b) => weights[a * named.length + b]!)})`;
    },
  };
  if (width > FEW_SYMBOLS) return [dot, specials];
  const pairs = pairGroup(
    `tokens, ${base.key}`,
    task,
    (observed) => {
      const carried = base.values(observed);
      return (i, j, add) => {
        const row = observed.ids[i]! * width;
        for (let c = 0; c < width; c++) add(row + c, carried[j * width + c]!);
      };
    },
    [base],
    (names) => `tokens, ${names.variable(base)}`,
  );
  return [dot, pairs];
}
