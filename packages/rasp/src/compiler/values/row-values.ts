/** The values of means and widths, row by row: which keys a row can select, and the means, copies, sums and counts that follow. */
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Mean, NormalSOp, Width } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import { IndependentSelection } from "./independent-selection.js";
import { Numbering, SelectionTable, type Column } from "./selection-table.js";
import { isAtMostOne } from "./promised.js";
import { rowMeans, rowSums, type Limits, type Summands } from "./row-sums.js";
import type { ValueSet, ValueSets } from "./value-set.js";
import type { JointValueSet } from "./joint-values.js";
import type { Work } from "../work.js";

/** Different sums of one row, apart by count for a mean, beyond which a mean or a sum is refused. */
const SUM_LIMIT = 1 << 15;
/** The work of one addition, and of one selected or skipped key. */
const [ADDITION, CELL] = [8, 4];

/** Whether several selected values can have a mean: only those of a sequence of numbers do, and only if none of them is null. */
export const hasMeans = (values: readonly Atom[]): boolean =>
  values.every((value) => typeof value !== "string") &&
  values.some((value) => value !== null && typeof value !== "boolean");

/** What one key position can contribute to a row; no values where it never is selected. Equal ones are one object. */
interface Contribution extends Summands {
  readonly id: number;
}

/** The s-op that a mean or a sum adds up; none for a count. */
export function summandsOf(sop: Mean | Width): readonly NormalSOp[] {
  if (sop.kind === "mean") return [sop.value];
  return sop.summed ? [sop.summed] : [];
}

/** What is known of a selection: whether a row selects a position at all, and never two. */
export interface OnePerRow {
  readonly reaches: (queryValue: readonly Atom[], length: number) => boolean;
}

/** The possible values of the rows of one mean or width. */
export class RowValues {
  /** Whether no row so far can select two positions. */
  atMostOne = true;
  /** Whether every row so far selects a position, as far as is known. */
  atLeastOne = true;
  readonly #selected: SelectionTable;
  readonly #independent: IndependentSelection;
  /** Whether the last component of the keys' joint values is what a key contributes. */
  readonly #addsUp: boolean;
  readonly #summands = new Numbering();
  readonly #summandColumns = new Map<JointValueSet, Column>();
  readonly #contributions = new Map<string, Contribution>();
  readonly #byPair = new Map<string, readonly Contribution[]>();
  readonly #results = new Map<string, ValueSet>();

  readonly #sop: Mean | Width;
  readonly #copied: boolean;
  readonly #one: OnePerRow | undefined;
  readonly #sets: ValueSets;
  readonly #work: Work;
  readonly #limits: Limits;

  /**
   * @param copied - whether a row has the one value that it selects, never the mean of several
   * @param one - where no row selects two positions: which rows select one
   */
  constructor(sop: Mean | Width, copied: boolean, one: OnePerRow | undefined, sets: ValueSets, work: Work) {
    this.#sop = sop;
    this.#copied = copied;
    this.#one = one;
    this.#sets = sets;
    this.#work = work;
    this.#limits = {
      beforeAdditions: (additions) => this.#spend(ADDITION * additions),
      checkPairs: (pairs) => this.#checkPairs(pairs),
    };
    this.#selected = new SelectionTable(sop.selection);
    this.#independent = new IndependentSelection(sop.selection);
    this.#addsUp = summandsOf(sop).length > 0;
  }

  /**
   * The values of a row whose query has one of these joint values and whose keys each have one of theirs.
   *
   * @param position - the query's
   * @param counts - how many keys a row can select; any number if absent
   */
  values(queries: JointValueSet, keys: readonly JointValueSet[], position: number, counts?: ValueSet): ValueSet {
    const perKey = keys
      .map((key, k) => this.#contributionsOf(queries, key, k === position))
      .filter((contributions) => contributions.some(({ values }) => values.length > 0));
    const reaches = queries.values.map(({ atoms }) => this.#one?.reaches(atoms, keys.length) === true);
    return this.#fromKeys(reaches, perKey, counts);
  }

  /**
   * Like `values`, but coarser: the sides of the comparisons, and what a key contributes, are taken as independent.
   * @param keys - for each key position the values of each comparison's keys, then those of what it contributes, if anything
   */
  independentValues(queries: readonly ValueSet[], keys: readonly (readonly ValueSet[])[], counts?: ValueSet): ValueSet {
    const perKey = keys.map((sets) => {
      const { yes, no } = this.#independent.between(sets, queries);
      const contributed = this.#addsUp ? sets.at(-1)!.atoms : [1n];
      const key = `${no} ${yes ? (this.#addsUp ? sets.at(-1)!.id : "one") : "none"}`;
      return [
        getOrInsert(this.#contributions, key, () => ({
          id: this.#contributions.size,
          canSkip: no,
          values: yes ? contributed : [],
        })),
      ];
    });
    return this.#fromKeys(
      [false],
      perKey.filter(([contribution]) => contribution!.values.length > 0),
      counts,
    );
  }

  /** @param reaches - for each query, whether its row is known to select a position */
  #fromKeys(reaches: readonly boolean[], perKey: readonly (readonly Contribution[])[], counts?: ValueSet): ValueSet {
    const sop = this.#sop;
    const admits = admitting(counts);
    this.#spend(CELL * reaches.length * perKey.length);
    if (this.#one && (sop.kind === "mean" || sop.summed)) {
      return this.#copies(sop.kind === "mean" ? sop.default : 0n, reaches, perKey, counts);
    }
    if (sop.kind === "mean") {
      return this.#copied
        ? this.#copies(sop.default, reaches, perKey, counts)
        : this.#eachRow(reaches.length, perKey, (row) => rowMeans(row, sop.default, this.#limits, admits), counts);
    }
    return sop.summed
      ? this.#eachRow(reaches.length, perKey, (row) => rowSums(row, this.#limits))
      : this.#widths(reaches, perKey);
  }

  #spend(steps: number): void {
    this.#work.spend(steps, this.#sop, "working out the values of this s-op");
  }

  #checkPairs(pairs: number): void {
    if (pairs <= SUM_LIMIT) return;
    refuse(
      this.#sop.origin,
      `this ${this.#sop.kind === "mean" ? "mean" : "sum"} can take more than ${SUM_LIMIT} values`,
      "use a smaller vocabulary or maximum length, or aggregate fewer different values",
    );
  }

  #widths(reaches: readonly boolean[], perKey: readonly (readonly Contribution[])[]): ValueSet {
    const possible = new Uint8Array(perKey.length + 1);
    for (const [q, isReached] of reaches.entries()) {
      let [least, most] = [0, 0];
      for (const contributions of perKey) {
        const { values, canSkip } = contributions[q]!;
        if (values.length === 0) continue;
        most++;
        if (!canSkip) least++;
      }
      if (this.#one) [least, most] = [Math.max(least, Number(isReached)), Math.min(most, 1)];
      possible.fill(1, least, most + 1);
    }
    return this.#result(possible.join(""), () => [...possible.keys()].filter((w) => possible[w] === 1).map(BigInt));
  }

  #copies(
    otherwise: Atom,
    reaches: readonly boolean[],
    perKey: readonly (readonly Contribution[])[],
    counts?: ValueSet,
  ): ValueSet {
    const found = new Set<Contribution>();
    const canSelectNone = admitting(counts)(0);
    const isSingle = counts !== undefined && isAtMostOne(counts);
    let canBeEmpty = false;
    for (const [q, isReached] of reaches.entries()) {
      const row = perKey.map((contributions) => contributions[q]!).filter(({ values }) => values.length > 0);
      const fixed = row.filter(({ canSkip }) => !canSkip);
      for (const contribution of isSingle && fixed.length > 0 ? fixed : row) found.add(contribution);
      if (row.length > 1) this.atMostOne = false;
      if (fixed.length === 0 && !isReached && canSelectNone) canBeEmpty = true;
    }
    if (canBeEmpty) this.atLeastOne = false;
    const ids = [...found].map(({ id }) => id).sort((a, b) => a - b);
    return this.#result(`${canBeEmpty}:${ids.join(",")}`, () => [
      ...(canBeEmpty ? [otherwise] : []),
      ...[...found].flatMap(({ values }) => values),
    ]);
  }

  /** The values of all rows; equal rows are worked out once. */
  #eachRow(
    queries: number,
    perKey: readonly (readonly Contribution[])[],
    valuesOf: (row: readonly Contribution[]) => Iterable<Atom>,
    counts?: ValueSet,
  ): ValueSet {
    const among = counts ? `among ${counts.id}: ` : "";
    const rows = new Map<string, readonly Contribution[]>();
    for (let q = 0; q < queries; q++) {
      const row = perKey.map((contributions) => contributions[q]!).filter(({ values }) => values.length > 0);
      if (row.length > 1) this.atMostOne = false;
      if (row.every(({ canSkip }) => canSkip)) this.atLeastOne = false;
      rows.set(row.map(({ id }) => id).join(","), row);
    }
    const keys = [...rows.keys()].sort();
    // No row, where the query has no value, is not the same as one row that selects nothing.
    return this.#result(`${among}rows ${keys.map((key) => `(${key})`).join("")}`, () => {
      const all = new Map<number, Atom>();
      for (const key of keys) {
        for (const value of this.#result(among + key, () => valuesOf(rows.get(key)!)).atoms) {
          all.set(this.#sets.code(value), value);
        }
      }
      return all.values();
    });
  }

  #result(key: string, atoms: () => Iterable<Atom>): ValueSet {
    return getOrInsert(this.#results, key, () => this.#sets.setOf(atoms()));
  }

  /** For each joint value of the query: what a key with one of these joint values can contribute. */
  #contributionsOf(queries: JointValueSet, keys: JointValueSet, isOwn: boolean): readonly Contribution[] {
    const summands = this.#addsUp
      ? getOrInsert(this.#summandColumns, keys, () => this.#summands.column(keys, -1))
      : undefined;
    const self = isOwn && this.#selected.knowsSelf;
    const pair = `${this.#selected.signature(keys, queries)}${summands?.id ?? ""}${self ? " self" : ""}`;
    return getOrInsert(this.#byPair, pair, () => {
      const { length } = keys.values;
      this.#spend(CELL * length * queries.values.length);
      const selected = this.#selected.between(keys, queries, self);
      return queries.values.map((_, q) => {
        let canSkip = false;
        const chosen = new Set<number>();
        for (let k = 0; k < length; k++) {
          const answer = selected[q * length + k];
          if (answer === 0) canSkip = true;
          else if (answer === 1) chosen.add(summands ? summands.numbers[k]! : 0);
        }
        return this.#contribution(canSkip, chosen);
      });
    });
  }

  #contribution(canSkip: boolean, chosen: ReadonlySet<number>): Contribution {
    const numbers = [...chosen].sort((a, b) => a - b);
    return getOrInsert(this.#contributions, `${canSkip}:${numbers.join(",")}`, () => {
      const values = numbers.map((number) => (this.#addsUp ? this.#summands.atoms[number]! : 1n));
      return { id: this.#contributions.size, canSkip, values: this.#sets.distinct(values) };
    });
  }
}

/** Whether a row can select this many keys. */
function admitting(counts: ValueSet | undefined): (count: number) => boolean {
  if (!counts) return () => true;
  const numbers = new Set(counts.atoms.map(Number));
  return (count) => numbers.has(count);
}
