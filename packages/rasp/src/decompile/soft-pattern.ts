/**
 * A head's pattern as a sum of few scores, fitted to what the head does. Scores are built from groups of features of query and key;
 * groups join greedily, the one that explains most first, until the rest explains little.
 */
import { Rng } from "@selectron/core";
import { Choices, fitChoices } from "./conditional-logit.js";
import { exp } from "./exact-functions.js";
import type { Observed } from "./observe.js";
import type { Pattern } from "./pattern.js";
import { rankText } from "./pattern.js";
import { FEW_SYMBOLS, type Task } from "./task.js";
import { dictText, nestedText, plus, tidy, times } from "./text.js";
import type { Names, Variable } from "./variable.js";

/** Features that stand or fall together. */
interface Group {
  readonly key: string;
  readonly size: number;
  readonly reads: readonly Variable[];
  /** Tells each feature that is not 0. */
  features(observed: Observed): (query: number, key: number, add: (feature: number, value: number) => void) => void;
  text(weights: readonly number[], names: Names): string;
}

/** Rows of patterns that a fit looks at. */
const ROWS = 300;
/** A group joins if it explains at least this share of what the uniform pattern leaves unexplained. */
const WORTH = 0.01;
const MAX_GROUPS = 6;

/** The score of a head in words of features. `bases` are what keys of later layers may carry. */
export function softPattern(
  layer: number,
  head: number,
  observed: readonly Observed[],
  task: Task,
  bases: readonly Variable[],
): Pattern {
  const groups = [...selectorGroups(), ...tokenGroups(task), ...bases.flatMap((base) => carriedGroups(base, task))];
  const rows = sampleRows(observed, task);
  const chosen: Group[] = [];
  let best = fit([], rows, layer, head);
  const unexplained = best.divergence;
  while (chosen.length < MAX_GROUPS) {
    const tries = groups
      .filter((group) => !chosen.includes(group))
      .map((group) => ({ group, ...fit([...chosen, group], rows, layer, head) }));
    const next = tries.reduce((a, b) => (value(b, best.divergence) > value(a, best.divergence) ? b : a));
    if (best.divergence - next.divergence < Math.max(WORTH * unexplained, 0.002)) break;
    chosen.push(next.group);
    best = next;
  }
  return pattern(`head ${layer}.${head}`, chosen, best.weights);
}

/** What a group explains, with a small price for each of its parameters. */
const value = (attempt: { readonly group: Group; readonly divergence: number }, before: number): number =>
  (before - attempt.divergence) / (1 + 0.01 * attempt.group.size);

interface RowSample {
  readonly observed: Observed;
  readonly query: number;
}

function sampleRows(observed: readonly Observed[], task: Task): RowSample[] {
  const rng = new Rng(1);
  return Array.from({ length: ROWS }, () => {
    const sequence = rng.pick(observed);
    const special = sequence.scored.filter((position) => task.special.has(sequence.ids[position]!));
    // Scored queries matter most, those of special tokens are few and matter as much; others may be read by later layers.
    const draw = rng.float();
    if (draw < 0.25 && special.length > 0) return { observed: sequence, query: rng.pick(special) };
    // The last token is read by nobody.
    return { observed: sequence, query: draw < 0.75 ? rng.pick(sequence.scored) : rng.int(sequence.ids.length - 1) };
  });
}

function fit(groups: readonly Group[], rows: readonly RowSample[], layer: number, head: number) {
  const choices = new Choices();
  for (const { observed, query } of rows) {
    const length = observed.ids.length;
    const pattern = observed.patterns[layer]![head]!;
    const fillers = groups.map((group) => group.features(observed));
    for (let key = 0; key <= query; key++) {
      let start = 0;
      groups.forEach((group, g) => {
        fillers[g]!(query, key, (feature, value) => choices.add(start + feature, value));
        start += group.size;
      });
      choices.option(pattern[query * length + key]!);
    }
    choices.row();
  }
  const size = groups.reduce((sum, group) => sum + group.size, 0);
  return fitChoices(choices, size, 1e-2);
}

function pattern(key: string, groups: readonly Group[], fitted: Float64Array): Pattern {
  const weights = fitted.map(tidy);
  const starts = groups.map((_, g) => groups.slice(0, g).reduce((sum, group) => sum + group.size, 0));
  return {
    key,
    reads: groups.flatMap((group) => group.reads),
    parameters: weights.filter((weight) => weight !== 0).length,
    text: (names) =>
      groups
        .map((group, g) => group.text([...weights.slice(starts[g], starts[g]! + group.size)], names))
        .reduce(plus, "") || "full_s",
    shares: (observed) => {
      const length = observed.ids.length;
      const fillers = groups.map((group) => group.features(observed));
      const out = new Float32Array(length * length);
      for (let i = 0; i < length; i++) {
        let most = -Infinity;
        const scores = new Float64Array(i + 1);
        for (let j = 0; j <= i; j++) {
          let score = 0;
          groups.forEach((_, g) => {
            fillers[g]!(i, j, (feature, value) => (score += weights[starts[g]! + feature]! * value));
          });
          scores[j] = score;
          most = Math.max(most, score);
        }
        let total = 0;
        for (let j = 0; j <= i; j++) total += scores[j] = exp(scores[j]! - most);
        for (let j = 0; j <= i; j++) out[i * length + j] = scores[j]! / total;
      }
      return out;
    },
  };
}

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
    text: (weights) => `key_score(tokens, ${dictText(named.map((id, at) => [vocabulary[id]!, weights[at]!]))})`,
  };
  const groups = [same, key];
  if (few)
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
