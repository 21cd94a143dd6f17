/** Pairs of sequences between which values are swapped, and random strings. */
import type { Rng } from "@selectron/core";
import { getOrInsert } from "../../../language/maps.js";
import type { Observed } from "../data/observe.js";
import type { Sequence } from "../data/sequences.js";
import { FEW_SYMBOLS, isOrdinary, type Task } from "../data/task.js";
import type { Pair } from "./swapped-runs.js";

/**
 * Pairs of different sequences whose first scored position is the same. The base ends where the shorter one does: attention is causal, so
 * the decisions before do not depend on what follows. Where a task has many symbols, two prompts hardly share any; every second source is
 * then the base with its prompt in another order.
 */
export function drawPairs(observed: readonly Observed[], task: Task, count: number, rng: Rng): Pair[] {
  const many = task.vocabulary.length > FEW_SYMBOLS;
  const alike = byFirstScored(observed);
  const strings = many ? undefined : stringsLike(observed, task, rng);
  const donors = strings ? byFirstScored(strings) : alike;
  const bases = observed.filter(({ scored }) => many || (donors.get(scored[0]!)?.length ?? 0) > 1);
  if (bases.length === 0) return [];
  return Array.from({ length: count }, (_, k) => {
    const base = rng.pick(bases);
    const others = (donors.get(base.scored[0]!) ?? []).filter((other) => other !== base);
    const source = others.length === 0 || (many && k % 2 === 1) ? shuffled(base, task, rng) : rng.pick(others);
    return { base: cut(base, source), source };
  });
}

function byFirstScored(observed: readonly Observed[]): Map<number, Observed[]> {
  const alike = new Map<number, Observed[]>();
  for (const one of observed) getOrInsert(alike, one.scored[0]!, () => []).push(one);
  return alike;
}

/** Random strings as sources, where the words of a language are all prefixes of one; undefined where they are not. */
function stringsLike(observed: readonly Observed[], task: Task, rng: Rng): Observed[] | undefined {
  const kinds = new Map<number, number>();
  const isOneWord = observed.every(({ ids, scored }) =>
    ids.slice(0, scored.at(-1)! + 1).every((id, i) => getOrInsert(kinds, i, () => id) === id),
  );
  if (!isOneWord) return undefined;
  return randomStrings(observed, task, observed.length, rng).map((one) => ({ ...one, decisions: [], patterns: [] }));
}

/** The first positions of a sequence, as many as the other one has; those count that count in both. */
function cut(observed: Observed, other: Observed): Observed {
  const scored = observed.scored.filter((position, i) => other.scored[i] === position);
  return {
    ...observed,
    ids: observed.ids.slice(0, other.ids.length),
    scored,
    decisions: observed.decisions.slice(0, scored.length),
    expected: undefined,
    patterns: [],
  };
}

/** The ordinary tokens before the first scored position in another order. */
function shuffled(observed: Observed, task: Task, rng: Rng): Observed {
  const ids = [...observed.ids];
  const places = ids.flatMap((id, i) => (i < observed.scored[0]! && isOrdinary(task, id) ? [i] : []));
  const moved = rng.shuffle(places.map((i) => ids[i]!));
  places.forEach((i, k) => (ids[i] = moved[k]!));
  return { ...observed, ids, patterns: [] };
}

/**
 * Sequences with random ordinary tokens in place of their own. Where only an answer is scored, the prompt is random and its first
 * prediction alone counts, as the rest of the answer is no longer one.
 */
export function randomStrings(sequences: readonly Sequence[], task: Task, count: number, rng: Rng): Sequence[] {
  const seen = new Set(sequences.flatMap(({ ids }) => ids));
  const ordinary = [...seen].filter((id) => isOrdinary(task, id)).sort((a, b) => a - b);
  if (ordinary.length === 0) return [];
  return Array.from({ length: count }, () => {
    const { ids, offset, scored } = rng.pick(sequences);
    const isWhole = scored[0] === 0;
    const end = isWhole ? ids.length : scored[0]! + 1;
    return {
      ids: ids.slice(0, end).map((id) => (isOrdinary(task, id) ? rng.pick(ordinary) : id)),
      offset,
      scored: isWhole ? scored : scored.slice(0, 1),
      expected: undefined,
    };
  });
}
