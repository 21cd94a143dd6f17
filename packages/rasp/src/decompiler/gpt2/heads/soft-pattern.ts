/**
 * A head's pattern as a sum of few scores, fitted to what the head does. Scores are built from groups of features of query and key;
 * groups join greedily, the one that explains most first, until the rest explains little.
 */
import { Rng } from "@selectron/core";
import { Choices, fitChoices } from "../numeric/conditional-logit.js";
import { exp } from "../numeric/exact-functions.js";
import { remembered, type Memo } from "../search/memo.js";
import type { Observed } from "../data/observe.js";
import type { Pattern } from "./named-patterns.js";
import { groupsOf, type Group } from "./score-groups.js";
import type { Task } from "../data/task.js";
import { plus, tidy } from "../text.js";
import type { Variable } from "../variables/variable.js";

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
  memo?: Memo,
): Pattern {
  const groups = groupsOf(task, bases);
  const key = `head ${layer}.${head}`;
  const kept = remembered(memo, key, () => {
    const { chosen, weights } = chooseGroups(groups, sampleRows(observed, task), layer, head);
    return { chosen: chosen.map((group) => groups.indexOf(group)), weights: [...weights] };
  }) as { readonly chosen: readonly number[]; readonly weights: readonly number[] };
  return pattern(
    key,
    kept.chosen.map((at) => groups[at]!),
    Float64Array.from(kept.weights),
  );
}

function chooseGroups(
  groups: readonly Group[],
  rows: readonly RowSample[],
  layer: number,
  head: number,
): { readonly chosen: readonly Group[]; readonly weights: Float64Array } {
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
  return { chosen, weights: best.weights };
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
    tables: groups.flatMap((group, g) => {
      const table = group.table?.([...weights.slice(starts[g], starts[g]! + group.size)]);
      return table ? [{ ...table, title: `${key}: ${table.title}` }] : [];
    }),
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
