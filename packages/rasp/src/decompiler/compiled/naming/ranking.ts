/**
 * Heads of `best`: of the keys that score above BOS the one with the highest score is selected. How far a key scores above BOS is its
 * rank; the query only decides whether the key is allowed. Of keys with equal scores in the program the earliest ranks highest.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { HeadRun } from "../run/head-run.js";
import type { Cases } from "../expressions/cases.js";
import { constant, isNumeric, minus, plus, type Expression } from "../expressions/expression.js";
import { smallest } from "../expressions/condition.js";
import { nameValues } from "../expressions/function.js";
import { NotHardError } from "../not-hard-error.js";
import type { Sample } from "../run/sample.js";
import { statesOf } from "../run/residual-stream.js";
import type { Subspace } from "../run/subspace.js";

export interface Ranking {
  /** The subspaces that the score of a key depends on. */
  readonly keys: readonly Subspace[];
  /** Whether the key at one place may be chosen by the query at another of the same input. */
  readonly allows: (key: number, query: number) => boolean;
  /** How far the key at a place scores above BOS, for every query that it is allowed for; undefined if there is none. */
  readonly scores: (place: number) => number | undefined;
}

/** Scores that differ by no more are equal; different levels are at least a quarter apart. */
const SAME = 0.1;

/** @throws NotHardError if several keys are selected at once, or a key's score depends on the query */
export function rankingOf(head: HeadRun, { starts, input }: Sample, causal: boolean): Ranking {
  const { layer, head: h, selected, margin } = head;
  const keys = head.key.parts.map(({ subspace }) => subspace);
  const { at, tuples } = statesOf(keys, selected.length);
  const scores = new Float64Array(tuples.length).fill(NaN);
  const allows = (key: number, query: number): boolean => margin(key, query) > 0 && !(causal && key > query);
  for (const [query, chosen] of selected.entries()) {
    if (chosen.length > 1 || head.adds) {
      throw new NotHardError(
        `head ${h} of layer ${layer} selects several keys at once, by something that no subspace holds`,
      );
    }
    for (let key = starts[input[query]!]!; key < starts[input[query]! + 1]!; key++) {
      if (!allows(key, query)) continue;
      const [score, known] = [margin(key, query), scores[at[key]!]!];
      if (Math.abs(score - known) > SAME) {
        throw new NotHardError(
          `head ${h} of layer ${layer} ranks keys by scores that depend on the query: ` +
            `one key scores ${known.toFixed(2)} above BOS in one row and ${score.toFixed(2)} in another`,
        );
      }
      scores[at[key]!] = score;
    }
  }
  return {
    keys,
    allows,
    scores: (place) => (Number.isNaN(scores[at[place]!]!) ? undefined : scores[at[place]!]!),
  };
}

/**
 * An expression that ranks the cases as their scores do, where of equal values the earlier position comes first. None if cases at
 * different positions have the same score.
 */
export function nameOrder(
  cases: Cases,
  scores: readonly number[],
  positions: readonly number[],
): Expression | undefined {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || positions[a]! - positions[b]!);
  const fits = (values: readonly Atom[]): boolean =>
    order.slice(1).every((b, n) => {
      const a = order[n]!;
      const more = Number(values[a]) - Number(values[b]);
      if (scores[a]! - scores[b]! <= SAME) return more === 0 && positions[a] === positions[b];
      return more > 0 || (more === 0 && positions[a]! < positions[b]!);
    });
  const short = candidates(cases).filter((expression) => {
    const column = cases.columnIfAny(expression);
    return column !== undefined && isNumeric(column) && fits(column);
  });
  const found = smallest(short);
  if (found) return found;
  for (const ranks of ranksOf(scores, positions)) {
    if (!fits(ranks)) continue;
    const most = ranks.reduce((a, b) => (b > a ? b : a));
    return nameValues(cases, most === 1n ? ranks.map((rank) => rank === 1n) : ranks);
  }
  return undefined;
}

/** A constant, the inputs and their negatives, and sums and differences of two inputs. */
function candidates(cases: Cases): Expression[] {
  const zero = constant(0n);
  const inputs = cases.inputs.filter((input) => isNumeric(cases.column(input)));
  const pairs = inputs.flatMap((a, i) =>
    inputs.slice(i + 1).flatMap((b) => [plus(a, b), minus(a, b), minus(b, a), minus(minus(zero, a), b)]),
  );
  return [zero, ...inputs, ...inputs.map((input) => minus(zero, input)), ...pairs];
}

/**
 * Whole numbers from 0 in the order of the scores, in two ways: without the preference for earlier positions, which is the smallest
 * difference of scores if there is one; and of the scores as they are.
 */
function ranksOf(scores: readonly number[], positions: readonly number[]): bigint[][] {
  const step = ascending(scores).reduce(
    (least, score, i, all) => (i > 0 ? Math.min(least, score - all[i - 1]!) : least),
    Infinity,
  );
  return [Number.isFinite(step) ? step : 0, 0].map((each) => {
    const rest = scores.map((score, i) => score + each * positions[i]!);
    const levels = ascending(rest);
    return rest.map((score) => BigInt(levels.findIndex((level) => level > score - SAME)));
  });
}

/** The different numbers, ascending. */
function ascending(numbers: readonly number[]): number[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.filter((number, i) => i === 0 || number - sorted[i - 1]! > SAME);
}
