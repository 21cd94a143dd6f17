/** The values of means and widths: what follows from the states of their rows, be it means, copies, sums or counts. */
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Mean, NormalSOp, Width } from "../normalize/normal-form.js";
import { isAtMostOne } from "./promised.js";
import type { Contribution } from "./letter.js";
import { RowStates, type Reached, type Rows } from "./row-states.js";
import {
  meansOf,
  NO_MEANS,
  noSums,
  sumsOf,
  withMeans,
  withSums,
  type Addition,
  type Limits,
  type PartialMeans,
  type PartialSums,
} from "./row-sums.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** Whether several selected values can have a mean: only those of a sequence of numbers do, and only if none of them is null. */
export const hasMeans = (values: readonly Atom[]): boolean =>
  values.every((value) => typeof value !== "string") &&
  values.some((value) => value !== null && typeof value !== "boolean");

/** The s-op that a mean or a sum adds up; none for a count. */
export function summandsOf(sop: Mean | Width): readonly NormalSOp[] {
  if (sop.kind === "mean") return [sop.value];
  return sop.summed ? [sop.summed] : [];
}

/** What was found out about all rows. */
export class Found {
  /** No row selected two positions. */
  atMostOne = true;
  /** Every row selected a position. */
  atLeastOne = true;
}

/** The values of a row that selects one key at most, or of which one counts. */
interface Copies {
  readonly possible: ReadonlySet<Contribution>;
  /** Those that the row cannot skip. */
  readonly sure: ReadonlySet<Contribution>;
}

const idsOf = (contributions: ReadonlySet<Contribution>): string =>
  [...contributions]
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join(",");

/** Rows whose values are those of single keys. */
export function copies(
  sop: Mean | Width,
  found: Found,
  sets: ValueSets,
  spend: (steps: number) => void,
): RowStates<Copies> {
  const otherwise = sop.kind === "mean" ? sop.default : 0n;
  const plus = (set: ReadonlySet<Contribution>, contribution: Contribution): ReadonlySet<Contribution> =>
    set.has(contribution) ? set : new Set([...set, contribution]);
  const known = new Map<string, ValueSet>();
  return new RowStates<Copies>({
    spend,
    capped: true,
    none: { possible: new Set(), sure: new Set() },
    with: ({ possible, sure }, contribution) => ({
      possible: plus(possible, contribution),
      sure: contribution.canSkip ? sure : plus(sure, contribution),
    }),
    keyOf: ({ possible, sure }) => `${idsOf(possible)};${idsOf(sure)}`,
    valuesOf(rows, reached, counts) {
      const all = new Set<Contribution>();
      const canSelectNone = admitting(counts)(0);
      const isSingle = counts !== undefined && isAtMostOne(counts);
      let canBeEmpty = false;
      eachRow(rows, reached, ({ sum: { possible, sure }, most, least }, isReached) => {
        for (const contribution of isSingle && least > 0 ? sure : possible) all.add(contribution);
        if (most > 1) found.atMostOne = false;
        if (least === 0 && !isReached && canSelectNone) canBeEmpty = true;
      });
      if (canBeEmpty) found.atLeastOne = false;
      return getOrInsert(known, `${canBeEmpty} ${idsOf(all)}`, () =>
        sets.setOf([...(canBeEmpty ? [otherwise] : []), ...[...all].flatMap(({ added }) => added.atoms)]),
      );
    },
  });
}

/** How rows add up, and what that may take. */
interface Adding {
  readonly add: Addition;
  readonly limits: Limits;
  readonly spend: (steps: number) => void;
}

/** Rows whose values are means of what they select. */
export const means = (
  sop: Mean,
  found: Found,
  sets: ValueSets,
  { add, limits, spend }: Adding,
): RowStates<PartialMeans> =>
  new RowStates<PartialMeans>({
    spend,
    capped: false,
    none: NO_MEANS,
    with: (before, { canSkip, added }) => withMeans(before, { canSkip, values: added.atoms }, add, limits),
    keyOf: () => undefined,
    valuesOf(rows, _, counts) {
      const admits = admitting(counts);
      const all: Atom[] = [];
      for (const { sum, most, least } of new Set(rows.states)) {
        if (most > 1) found.atMostOne = false;
        if (least === 0) found.atLeastOne = false;
        for (const atom of meansOf(sum, sop.default, admits)) all.push(atom);
      }
      limits.beforeMeans(all.length);
      return sets.setOf(all);
    },
  });

/** Rows whose values are sums of ints. */
export const sums = (sets: ValueSets, { add, limits, spend }: Adding): RowStates<PartialSums> =>
  new RowStates<PartialSums>({
    spend,
    capped: false,
    none: noSums(add),
    with: (before, { canSkip, added }) => withSums(before, { canSkip, values: added.atoms }, add, limits),
    keyOf: () => undefined,
    valuesOf: (rows) => sets.setOf([...new Set(rows.states)].flatMap(({ sum }) => [...sumsOf(sum)])),
  });

/** Calls for each state that a row is in, with whether it is known to select a position. */
function eachRow<S>(
  { states }: Rows<S>,
  reached: Reached,
  visit: (state: Rows<S>["states"][number], isReached: boolean) => void,
): void {
  if (typeof reached === "boolean") {
    for (const state of new Set(states)) visit(state, reached);
  } else if (states.length === 1) {
    for (const isReached of new Set(reached)) visit(states[0]!, isReached);
  } else {
    for (const [q, isReached] of reached.entries()) visit(states[q]!, isReached);
  }
}

/** Whether a row can select this many keys. */
function admitting(counts: ValueSet | undefined): (count: number) => boolean {
  if (!counts) return () => true;
  const numbers = new Set(counts.atoms.map(Number));
  return (count) => numbers.has(count);
}
