/**
 * The value sets of a mean or a width for every row. Where the sides of its comparisons have too many joint values the answer is
 * coarser: never too small.
 */
import type { Atom } from "../../language/graph/node.js";
import type { Decision, Diagram } from "../normalize/decision-diagram.js";
import type { Mean, NormalSOp, Selection, Width } from "../normalize/normal-form.js";
import { cell } from "./cell.js";
import type { JointValueSet } from "./joint-values.js";
import { isAtMostOne, type CountsAt, type Promised } from "./promised.js";
import { hasMeans, RowValues, summandsOf, type OnePerRow } from "./row-values.js";
import { atomNumber, type ValueSet, type ValueSets } from "./value-set.js";
import type { Work } from "../work.js";

/** With more joint values the sides of a selector's comparisons are taken as independent of each other. */
const SIDES_LIMIT = 1 << 16;
/** With more pairs of query and key values the values of a copy are not sought pair by pair. */
const PAIR_LIMIT = 1 << 16;

/** What is known of other s-ops: a `Domain`. */
export interface RowDomain {
  readonly maxLength: number;
  readonly causal: boolean;
  readonly sets: ValueSets;
  readonly work: Work;
  readonly promised: Promised | undefined;
  values(sop: NormalSOp): readonly Atom[];
  valuesAt(sop: NormalSOp, length: number, position: number): ValueSet;
  table(sop: NormalSOp): readonly ValueSet[];
  jointValues(sops: readonly NormalSOp[]): readonly JointValueSet[];
  sidesSize(sides: readonly NormalSOp[]): number;
  rankOffset(sop: NormalSOp): number | undefined;
  everywhere<T>(value: (length: number, position: number) => T): T[];
}

export interface RowTable {
  /** A set for each `cell`. */
  readonly table: readonly ValueSet[];
  /** Whether no row ever selects two positions. */
  readonly selectsAtMostOne: boolean;
  /** Whether every row selects a position, as far as is known. */
  readonly selectsAtLeastOne: boolean;
}

export function rowTable(sop: Mean | Width, domain: RowDomain): RowTable {
  const queries = sop.selection.comparisons.map((c) => c.queries);
  const keys = [...sop.selection.comparisons.map((c) => c.keys), ...summandsOf(sop)];
  const best = sop.kind === "mean" && sop.best !== undefined;
  const one = onePerRow(sop.selection, domain);
  const width = sop.kind === "mean" ? domain.promised?.widthOf(sop.selection) : undefined;
  const counts = width && domain.table(width);
  const isSingle = counts?.every(isAtMostOne) === true;
  const countsAt: CountsAt = (n, i) => counts?.[cell(n, i)];
  const copied = best || isSingle || (sop.kind === "mean" && !hasMeans(domain.values(sop.value)));
  // Each row, of each length, goes through its keys.
  domain.work.tabulate(domain.maxLength ** 3 / (domain.causal ? 6 : 3), sop);
  const rows = new RowValues(sop, copied, one, domain.sets, domain.work);
  const table = [queries, keys].some((sides) => domain.sidesSize(sides) > SIDES_LIMIT)
    ? independentRows(rows, queries, keys, countsAt, domain)
    : jointRows(
        rows,
        [domain.jointValues(queries), domain.jointValues(keys)],
        sop,
        copied || one !== undefined,
        countsAt,
        domain,
      );
  // Numbers that a rank sorts keep one coordinate, as means have: one-hot copies are no better.
  const selectsAtMostOne = best || isSingle || (one !== undefined && copied) || rows.atMostOne;
  return { table, selectsAtMostOne, selectsAtLeastOne: rows.atLeastOne };
}

function jointRows(
  rows: RowValues,
  [queryTable, keyTable]: readonly [readonly JointValueSet[], readonly JointValueSet[]],
  sop: Mean | Width,
  copied: boolean,
  countsAt: CountsAt,
  domain: RowDomain,
): readonly ValueSet[] {
  if (sop.kind === "mean" && copied && mostPairs(queryTable, keyTable) > PAIR_LIMIT) {
    rows.atMostOne = false;
    rows.atLeastOne = false;
    return anyValue(sop, domain);
  }
  const keysOf = Array.from({ length: domain.maxLength }, (_, l) => keyTable.slice(cell(l + 1, 0), cell(l + 2, 0)));
  return domain.everywhere((n, i) => rows.values(queryTable[cell(n, i)]!, keysOf[n - 1]!, i, countsAt(n, i)));
}

/** A coarser answer where the sides of the comparisons have too many joint values: each side may have any of its values. */
function independentRows(
  rows: RowValues,
  queries: readonly NormalSOp[],
  keys: readonly NormalSOp[],
  countsAt: CountsAt,
  domain: RowDomain,
): readonly ValueSet[] {
  const [queryTables, keyTables] = [queries, keys].map((sides) => sides.map((side) => domain.table(side))) as [
    (readonly ValueSet[])[],
    (readonly ValueSet[])[],
  ];
  const at = (tables: readonly (readonly ValueSet[])[], n: number, i: number): ValueSet[] =>
    tables.map((table) => table[cell(n, i)]!);
  return domain.everywhere((n, i) => {
    const seen = Array.from({ length: domain.causal ? i + 1 : n }, (_, k) => at(keyTables, n, k));
    return rows.independentValues(at(queryTables, n, i), seen, countsAt(n, i));
  });
}

/** A coarser answer for copies: any value at any position, or the default. */
function anyValue(mean: Mean, domain: RowDomain): readonly ValueSet[] {
  const byLength = Array.from({ length: domain.maxLength }, (_, l) => {
    const sets = new Set(Array.from({ length: l + 1 }, (_, k) => domain.valuesAt(mean.value, l + 1, k)));
    return domain.sets.setOf([mean.default, ...[...sets].flatMap((set) => set.atoms)]);
  });
  return domain.everywhere((n) => byLength[n - 1]!);
}

function mostPairs(queries: readonly JointValueSet[], keys: readonly JointValueSet[]): number {
  const most = (table: readonly JointValueSet[]): number => table.reduce((n, set) => Math.max(n, set.values.length), 0);
  return most(queries) * most(keys);
}

/** What `select(rank, query, ==)` says of its rows. */
function onePerRow({ comparisons, truth }: Selection, domain: RowDomain): OnePerRow | undefined {
  if (domain.causal) return undefined;
  for (const [place, { id, keys, op }] of comparisons.entries()) {
    if (op !== "==" || !isAlways(truth, id, false, false)) continue;
    const offset = domain.rankOffset(keys);
    if (offset === undefined) continue;
    const isEnough = isAlways(truth, id, true, true);
    const isRank = (value: number | undefined, length: number): boolean =>
      value !== undefined && Number.isInteger(value) && value >= offset && value < offset + length;
    return { reaches: (query, length) => isEnough && isRank(atomNumber(query[place]!), length) };
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
