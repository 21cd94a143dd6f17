/**
 * A head's pattern as the softmax of a sum of few scores, fitted to what the head does. Scores are built from groups of features of query
 * and key. Groups join one by one, each time the one that explains most, until the rest explains little.
 */
import type { Json } from "../../../language/text/value-json.js";
import { exactExp as exp, Rng } from "@selectron/core";
import type { Observed } from "../data/observe.js";
import type { Task } from "../data/task.js";
import { remembered, type Memo } from "../memo.js";
import type { Question } from "../team.js";
import { Choices, fitChoices, type Fit } from "../numeric/conditional-logit.js";
import { plus, tidy } from "../text.js";
import type { Pattern, Variable } from "../variables/variable.js";
import { groupsOf, type Group } from "./score-groups.js";

/** Rows of patterns that a fit looks at. */
const ROWS = 300;
/** A group joins if it explains at least this share of what the uniform pattern leaves unexplained, and at least so many nats. */
const [LEAST_SHARE, LEAST_NATS] = [0.01, 0.002];
const MAX_GROUPS = 6;
/** What each parameter of a group costs, as a share of what the group explains. */
const PARAMETER_PRICE = 0.01;
const RIDGE = 1e-2;

/** A head by its layer and its index there. */
export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

const keyOf = ({ layer, head }: HeadPlace): string => `head ${layer}.${head}`;

/** What the pattern of a head is. `bases` are what keys of later layers may carry. */
export function patternQuestion(
  place: HeadPlace,
  observed: readonly Observed[],
  task: Task,
  bases: readonly Variable[],
  memo?: Memo,
): Question {
  const key = keyOf(place);
  const compute = (): Json =>
    remembered(memo, key, () => {
      const groups = groupsOf(task, bases);
      const { chosen, weights } = chooseGroups(groups, sampleRows(observed, task, place));
      return { chosen: chosen.map((group) => groups.indexOf(group)), weights: Array.from(weights, (x) => x + 0) };
    });
  return { key, compute };
}

/** The pattern of a head. @param fit - the answer to its question */
export function softPattern(place: HeadPlace, fit: Json, task: Task, bases: readonly Variable[]): Pattern {
  const groups = groupsOf(task, bases);
  const kept = fit as { readonly chosen: readonly number[]; readonly weights: readonly number[] };
  return patternOf(
    keyOf(place),
    kept.chosen.map((at) => groups[at]!),
    Float64Array.from(kept.weights),
  );
}

interface Chosen {
  readonly chosen: readonly Group[];
  readonly weights: Float64Array;
}

function chooseGroups(groups: readonly Group[], rows: readonly Row[]): Chosen {
  const chosen: Group[] = [];
  let best = fit([], rows);
  const unexplained = best.divergence;
  while (chosen.length < MAX_GROUPS) {
    const { divergence } = best;
    const gain = (attempt: { readonly group: Group; readonly divergence: number }): number =>
      (divergence - attempt.divergence) / (1 + PARAMETER_PRICE * attempt.group.size);
    const tries = groups
      .filter((group) => !chosen.includes(group))
      .map((group) => ({ group, ...fit([...chosen, group], rows) }));
    const next = tries.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    if (divergence - next.divergence < Math.max(LEAST_SHARE * unexplained, LEAST_NATS)) break;
    chosen.push(next.group);
    best = next;
  }
  return { chosen, weights: best.weights };
}

/** A query of a sequence, and the head's pattern [n, n] there. */
interface Row {
  readonly observed: Observed;
  readonly query: number;
  readonly pattern: Float32Array;
}

function sampleRows(observed: readonly Observed[], task: Task, { layer, head }: HeadPlace): Row[] {
  const rng = new Rng(1);
  return Array.from({ length: ROWS }, () => {
    const sequence = rng.pick(observed);
    return { observed: sequence, query: sampleQuery(sequence, task, rng), pattern: sequence.patterns[layer]![head]! };
  });
}

/**
 * Scored queries matter most. Those of special tokens are few and matter as much. Any other may be read by a later layer, except that
 * nothing reads the last position.
 */
function sampleQuery({ ids, scored }: Observed, task: Task, rng: Rng): number {
  const special = scored.filter((position) => task.special.has(ids[position]!));
  const draw = rng.float();
  if (draw < 0.25 && special.length > 0) return rng.pick(special);
  return draw < 0.75 ? rng.pick(scored) : rng.int(ids.length - 1);
}

function fit(groups: readonly Group[], rows: readonly Row[]): Fit {
  const starts = startsOf(groups);
  const choices = new Choices();
  for (const { observed, query, pattern } of rows) {
    const length = observed.ids.length;
    const features = groups.map((group) => group.features(observed));
    for (let key = 0; key <= query; key++) {
      features.forEach((addFeatures, g) =>
        addFeatures(query, key, (feature, value) => choices.add(starts[g]! + feature, value)),
      );
      choices.option(pattern[query * length + key]!);
    }
    choices.row();
  }
  return fitChoices(choices, sizeOf(groups), RIDGE);
}

const sizeOf = (groups: readonly Group[]): number => groups.reduce((sum, { size }) => sum + size, 0);

/** The index of each group's first feature. */
const startsOf = (groups: readonly Group[]): number[] => groups.map((_, g) => sizeOf(groups.slice(0, g)));

/** The pattern of a sum of groups with these weights, rounded to what the text says. */
export function patternOf(key: string, groups: readonly Group[], fitted: Float64Array): Pattern {
  const weights = fitted.map(tidy);
  const starts = startsOf(groups);
  const weightsOf = (g: number): number[] => [...weights.slice(starts[g], starts[g]! + groups[g]!.size)];
  return {
    key,
    reads: groups.flatMap((group) => group.reads),
    tables: groups.flatMap((group, g) => {
      const table = group.table?.(weightsOf(g));
      return table ? [{ ...table, title: `${key}: ${table.title}` }] : [];
    }),
    parameters: weights.filter((weight) => weight !== 0).length,
    text: (names) => groups.map((group, g) => group.text(weightsOf(g), names)).reduce(plus, "") || "full_s",
    shares: (observed) => {
      const features = groups.map((group) => group.features(observed));
      return softmaxRows(observed.ids.length, (i, j) => {
        let score = 0;
        features.forEach((addFeatures, g) => {
          addFeatures(i, j, (feature, value) => (score += weights[starts[g]! + feature]! * value));
        });
        return score;
      });
    },
  };
}

/** The softmax of each query's scores with the keys so far, [n, n]. */
function softmaxRows(length: number, score: (query: number, key: number) => number): Float32Array {
  const out = new Float32Array(length * length);
  for (let i = 0; i < length; i++) {
    const scores = Float64Array.from({ length: i + 1 }, (_, j) => score(i, j));
    const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    let total = 0;
    for (let j = 0; j <= i; j++) total += scores[j] = exp(scores[j]! - most);
    for (let j = 0; j <= i; j++) out[i * length + j] = scores[j]! / total;
  }
  return out;
}
