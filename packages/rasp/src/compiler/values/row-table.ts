/**
 * The value sets of a mean or a width for every row. Where the sides of its comparisons have too many joint values the answer is
 * coarser: never too small.
 */
import { getOrInsert, memoised } from "../../language/maps.js";
import type { Atom } from "../../language/graph/node.js";
import type { Decision, Diagram } from "../normalize/decision-diagram.js";
import type { Mean, NormalSOp, Selection, Width } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import type { Work } from "../work.js";
import { Contributions, type IndependentKey, type IndependentQuery, type Key } from "./contributions.js";
import type { JointValueSet } from "./joint-values.js";
import { lookUps } from "./lookups.js";
import { isAtMostOne, type Promised } from "./promised.js";
import { RowFolder, type Letters } from "./row-folder.js";
import type { ConstantQueries } from "./constant-queries.js";
import { CountRows } from "./count-rows.js";
import type { Reached, RowKind } from "./row-states.js";
import { copies, Found, hasMeans, means, summandsOf, sums } from "./row-values.js";
import { additionOf, type Limits } from "./row-sums.js";
import { joinedDependence, NOTHING, Table, type Cells } from "./table.js";
import { atomNumber, type ValueSet, type ValueSets } from "./value-set.js";

/** With more joint values the sides of a selector's comparisons are taken as independent of each other. */
const SIDES_LIMIT = 1 << 16;
/** With more pairs of query and key values the values of a copy are not sought pair by pair. */
const PAIR_LIMIT = 1 << 16;
/** Different sums of one row, apart by count for a mean, beyond which a mean or a sum is refused. */
const SUM_LIMIT = 1 << 15;
/** The work of one addition. */
const ADDITION = 8;
/** The work of a mean that becomes one of the values: it is made, and found again, among those of other rows. */
const MEAN = 120;

/** What is known of other s-ops: a `Domain`. */
export interface RowDomain {
  readonly maxLength: number;
  readonly causal: boolean;
  readonly sets: ValueSets;
  readonly work: Work;
  readonly promised: Promised | undefined;
  values(sop: NormalSOp): readonly Atom[];
  valuesAt(sop: NormalSOp, length: number, position: number): ValueSet;
  table(sop: NormalSOp): Table<ValueSet>;
  jointValues(sops: readonly NormalSOp[]): Table<JointValueSet>;
  sidesSize(sides: readonly NormalSOp[]): number;
  /** Whether the values of one s-op say nothing of those of the others. */
  isIndependent(sop: NormalSOp, others: readonly NormalSOp[]): boolean;
  rankOffset(sop: NormalSOp): number | undefined;
  readonly constantQueries: ConstantQueries;
}

export interface RowTable {
  readonly table: Table<ValueSet>;
  /** Whether no row ever selects two positions. */
  readonly selectsAtMostOne: boolean;
  /** Whether every row selects a position, as far as is known. */
  readonly selectsAtLeastOne: boolean;
  /** Whether no two keys of a row are equally good for the best one, where that is known. */
  readonly ranksDiffer?: boolean;
  /** How many positions a row selects at most, where fewer than there are is known. */
  readonly mostSelected?: number;
}

export function rowTable(sop: Mean | Width, domain: RowDomain): RowTable {
  const lookedUp = lookUps(sop, domain);
  if (lookedUp) return lookedUp;
  const best = sop.kind === "mean" && sop.best !== undefined;
  const one = onePerRow(sop.selection, domain);
  const width = sop.kind === "mean" ? domain.promised?.widthOf(sop.selection) : undefined;
  const counts = width && domain.table(width);
  const isSingle = counts !== undefined && [...counts.distinct].every(isAtMostOne);
  const copied = best || isSingle || (sop.kind === "mean" && !hasMeans(domain.values(sop.value)));
  const isCopy = copied || (one !== undefined && (sop.kind === "mean" || sop.summed !== undefined));
  const found = new Found();
  const table = isCopy
    ? rowsOf(
        sop,
        copies(sop, found, domain.sets, spending(sop, domain)),
        { one, counts, isOrdered: false, copied: true },
        found,
        domain,
      )
    : addedRows(sop, { one, counts }, found, domain);
  // Numbers that a rank sorts keep one coordinate, as means have: one-hot copies are no better.
  const selectsAtMostOne = best || isSingle || (one !== undefined && copied) || found.atMostOne;
  const ranksDiffer = sop.kind === "mean" && sop.best !== undefined && areDifferent(domain.table(sop.best), domain);
  return { table, selectsAtMostOne, selectsAtLeastOne: found.atLeastOne, ranksDiffer };
}

/** Whether an s-op has one int at each position, another one at each position of an input. */
function areDifferent(table: Table<ValueSet>, { maxLength, causal }: Cells): boolean {
  if (maxLength > 1 && !table.dependence.position) return false;
  const from = table.dependence.length && !causal ? 1 : maxLength;
  return Array.from({ length: maxLength - from + 1 }, (_, l) => from + l).every((length) => {
    const ints = Array.from({ length }, (_, i) => table.at(length, i).int);
    return !ints.includes(undefined) && new Set(ints).size === length;
  });
}

/** What is known of the rows of a mean or a width. */
interface Known {
  readonly one: OnePerRow | undefined;
  readonly counts: Table<ValueSet> | undefined;
}

/** What is known of a selection that never selects two positions: which rows select one. */
interface OnePerRow {
  reached(queries: JointValueSet, length: number): Reached;
}

/** Rows whose keys add up: to a count, a sum or a mean. */
function addedRows(sop: Mean | Width, known: Known, found: Found, domain: RowDomain): Table<ValueSet> {
  const { sets } = domain;
  const spend = spending(sop, domain);
  const [summand] = summandsOf(sop);
  if (!summand) {
    const counts = new CountRows(sets, known.one !== undefined, spend);
    return rowsOf(sop, counts, { ...known, isOrdered: false }, found, domain);
  }
  const limits: Limits = {
    beforeAdditions: (additions) => spend(ADDITION * additions),
    beforeMeans: (means) => spend(MEAN * means),
    checkPairs: (pairs) => checkPairs(pairs, sop),
  };
  const values = domain.values(summand);
  const largest = values.reduce<number>((most, value) => Math.max(most, Math.abs(atomNumber(value) ?? 0)), 0);
  const adding = { add: additionOf(largest * domain.maxLength), limits, spend };
  const isOrdered = values.some((value) => typeof value === "number");
  return sop.kind === "mean"
    ? rowsOf(sop, means(sop, found, sets, adding), { ...known, isOrdered }, found, domain)
    : rowsOf(sop, sums(sets, adding), { ...known, isOrdered }, found, domain);
}

/** Counts steps for the values of an s-op. */
const spending =
  (sop: Mean | Width, { work }: RowDomain) =>
  (steps: number): void =>
    work.spend(steps, sop, "working out the values of this s-op");

function checkPairs(pairs: number, sop: Mean | Width): void {
  if (pairs <= SUM_LIMIT) return;
  refuse(
    sop.origin,
    `this ${sop.kind === "mean" ? "mean" : "sum"} can take more than ${SUM_LIMIT} values`,
    "use a smaller vocabulary or maximum length, or aggregate fewer different values",
  );
}

function rowsOf<R>(
  sop: Mean | Width,
  kind: RowKind<R>,
  known: Known & { readonly isOrdered: boolean; readonly copied?: boolean },
  found: Found,
  domain: RowDomain,
): Table<ValueSet> {
  const { maxLength, causal, sets, work } = domain;
  const selection = domain.constantQueries.answered(sop.selection);
  const contributions = new Contributions(selection, sets, spending(sop, domain));
  const folder = new RowFolder(kind, { sop, sets, work, maxLength, causal, ...known });
  const queries = selection.comparisons.map((c) => c.queries);
  const keys = selection.comparisons.map((c) => c.keys);
  const [summand] = summandsOf(sop);
  const isApart = summand === undefined || domain.isIndependent(summand, keys);
  const joined = isApart ? keys : [...keys, summand];
  if ([queries, joined].some((sides) => domain.sidesSize(sides) > SIDES_LIMIT)) {
    const [queryTable, keyTable] = independentTables(queries, keys, summand, domain);
    return folder.table(queryTable, keyTable, independentLetters(contributions));
  }
  const arePairs = sop.kind === "mean" && known.copied && !contributions.isSingle;
  const anyOf = (mean: Mean): Table<ValueSet> => {
    found.atMostOne = false;
    found.atLeastOne = false;
    return anyValue(mean, domain);
  };
  // Joint values are at least as many as the values of one component.
  if (arePairs && leastValues(queries, domain) * leastValues(joined, domain) > PAIR_LIMIT) return anyOf(sop);
  const [queryTable, sides] = [domain.jointValues(queries), domain.jointValues(joined)];
  if (arePairs && mostPairs(queryTable, sides) > PAIR_LIMIT) return anyOf(sop);
  const added = isApart ? addedTable(summand, domain) : undefined;
  const keyTable = keyTableOf(sides, added, domain);
  const candidates = contributions.candidatesIn(keyTable, domain);
  const order = contributions.orderOf((side) => {
    const { distinct } = domain.table(side);
    return [...distinct].every(({ int }) => int !== undefined) ? distinct.size : undefined;
  });
  return folder.table(queryTable, keyTable, {
    ...jointLetters(contributions, known.one),
    ...(candidates ? { candidates } : {}),
    order,
  });
}

/** What a key adds, whatever the sides of the comparisons are. */
function addedTable(summand: NormalSOp | undefined, domain: RowDomain): Table<ValueSet> {
  if (summand) return domain.table(summand);
  return Table.of(NOTHING, domain, () => domain.sets.setOf([1n]));
}

function keyTableOf(sides: Table<JointValueSet>, added: Table<ValueSet> | undefined, cells: Cells): Table<Key> {
  const known = memoised((joint: JointValueSet, addedHere: ValueSet): Key => ({ sides: joint, added: addedHere }));
  if (!added) return sides.map((joint) => ({ sides: joint, added: undefined }));
  const dependence = joinedDependence([sides.dependence, added.dependence]);
  return Table.of(dependence, cells, (n, i) => known(sides.at(n, i), added.at(n, i)));
}

const jointLetters = (contributions: Contributions, one: OnePerRow | undefined): Letters<JointValueSet, Key> => ({
  knowsSelf: contributions.knowsSelf,
  letter: (query, key, isOwn) => contributions.letter(query, key, isOwn),
  isEmpty: ({ size }) => size === 0,
  reached: (query, length) => one?.reached(query, length) ?? false,
});

/** A coarser answer where the sides of the comparisons have too many joint values: each side may have any of its values. */
function independentTables(
  queries: readonly NormalSOp[],
  keys: readonly NormalSOp[],
  summand: NormalSOp | undefined,
  domain: RowDomain,
): readonly [Table<IndependentQuery>, Table<IndependentKey>] {
  const known = new Map<string, readonly ValueSet[]>();
  const together = (tables: readonly Table<ValueSet>[]): Table<readonly ValueSet[]> =>
    Table.of(joinedDependence(tables.map(({ dependence }) => dependence)), domain, (n, i) => {
      const sets = tables.map((table) => table.at(n, i));
      return getOrInsert(known, sets.map(({ id }) => id).join(","), () => sets);
    });
  const table = (side: NormalSOp): Table<ValueSet> => domain.table(side);
  const keyTable = together([...keys.map(table), addedTable(summand, domain)]);
  return [together(queries.map(table)), keyTable.map((sets) => ({ sides: sets.slice(0, -1), added: sets.at(-1)! }))];
}

const independentLetters = (contributions: Contributions): Letters<IndependentQuery, IndependentKey> => ({
  knowsSelf: false,
  letter: (query, key) => contributions.independentLetter(query, key),
  isEmpty: () => false,
  reached: () => false,
});

/** A coarser answer for copies: any value at any position, or the default. */
function anyValue(mean: Mean, domain: RowDomain): Table<ValueSet> {
  const values = domain.table(mean.value);
  const { length, position } = values.dependence;
  return Table.of({ length: length || position, position: false }, domain, (n) => {
    const sets = new Set(Array.from({ length: position ? n : 1 }, (_, k) => values.at(n, k)));
    return domain.sets.setOf([mean.default, ...[...sets].flatMap(({ atoms }) => atoms)]);
  });
}

/** How many values one of the s-ops has somewhere. */
const leastValues = (sops: readonly NormalSOp[], domain: RowDomain): number =>
  sops.reduce((most, sop) => {
    for (const { atoms } of domain.table(sop).distinct) most = Math.max(most, atoms.length);
    return most;
  }, 0);

function mostPairs(queries: Table<JointValueSet>, keys: Table<JointValueSet>): number {
  const most = (table: Table<JointValueSet>): number =>
    [...table.distinct].reduce((n, set) => Math.max(n, set.size), 0);
  return most(queries) * most(keys);
}

/** What `select(rank, query, ==)` says of its rows. */
function onePerRow({ comparisons, truth }: Selection, domain: RowDomain): OnePerRow | undefined {
  if (domain.causal) return undefined;
  for (const [place, { id, keys, queries: asked, op }] of comparisons.entries()) {
    if (op !== "==" || !isAlways(truth, id, false, false)) continue;
    const offset = domain.rankOffset(keys);
    if (offset === undefined) continue;
    const isEnough = isAlways(truth, id, true, true);
    const ranks = new Map<JointValueSet, readonly number[]>();
    /** From 0 up where the query is a rank, and the length has that many. */
    const ranksOf = (queries: JointValueSet): readonly number[] =>
      queries.values.map(({ atoms }) => {
        // The joint values have the answers of comparisons with constants.
        const query = asked.kind === "constant" ? asked.value : atoms[place]!;
        const rank = (atomNumber(query) ?? NaN) - offset;
        return Number.isInteger(rank) && rank >= 0 ? rank : Infinity;
      });
    return {
      reached: (queries, length) => {
        if (!isEnough) return false;
        const reached = getOrInsert(ranks, queries, () => ranksOf(queries)).map((rank) => rank < length);
        return reached.every((is) => is === reached[0]) ? (reached[0] ?? false) : reached;
      },
    };
  }
  return undefined;
}

/** Whether a selection is `expected` wherever one of its comparisons has this answer. */
function isAlways(truth: Diagram, variable: number, answer: boolean, expected: boolean): boolean {
  const isOpen = ({ low, high, variable: asked }: Decision): Diagram[] =>
    asked === variable ? [answer ? high : low] : [low, high];
  const seen = new Set<Diagram>([truth]);
  for (const part of seen) if (typeof part !== "boolean") for (const next of isOpen(part)) seen.add(next);
  return !seen.has(!expected);
}
