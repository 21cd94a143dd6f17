/** What the rows of a selection can give: which keys a row can take, and what means and widths follow. */
import type { Atom } from "../../language/graph/node.js";
import type { Mean, NormalSOp, Width } from "../normalize/normal.js";
import { refuse } from "../refusal.js";
import { Numbering, SelectionTable, type Column } from "./selection-table.js";
import { atomNumber, distinctAtoms, type ValueSet, type ValueSets } from "./value-set.js";
import type { VectorSet } from "./vectors.js";

/** Different (count, sum) pairs beyond which a mean is refused. */
const MEAN_LIMIT = 1 << 15;

/** Several selected values have a mean only where the sequence is of numbers, and then only if none of them is null. */
export const hasMeans = (values: readonly Atom[]): boolean =>
  values.every((value) => typeof value !== "string") &&
  values.some((value) => value !== null && typeof value !== "boolean");

/** What a key position can contribute to a row: nothing, or one of `values`. Equal ones are one object. */
interface Outcome {
  readonly id: number;
  readonly canSkip: boolean;
  readonly values: readonly Atom[];
}

/** What a mean or a sum adds up; nothing for a width, which counts. */
export function addedUp(sop: Mean | Width): readonly NormalSOp[] {
  if (sop.kind === "mean") return [sop.value];
  return sop.of ? [sop.of] : [];
}

/** Finds the values of one mean or width, row by row. */
export class Rows {
  /** Whether no row seen so far can hold two positions. */
  atMostOne = true;
  readonly #selected: SelectionTable;
  /** Whether the last component of the keys' vectors is what a key contributes. */
  readonly #addsUp: boolean;
  readonly #outcomes = new Map<string, readonly Outcome[]>();
  readonly #chosenValues = new Numbering();
  readonly #valueColumns = new Map<VectorSet, Column>();
  readonly #known = new Map<string, Outcome>();
  readonly #results = new Map<string, ValueSet>();

  readonly #sop: Mean | Width;
  readonly #copied: boolean;
  readonly #sets: ValueSets;

  /** @param copied - whether a row has the one value that it selects, never the mean of several. */
  constructor(sop: Mean | Width, copied: boolean, sets: ValueSets) {
    this.#sop = sop;
    this.#copied = copied;
    this.#sets = sets;
    this.#selected = new SelectionTable(sop.selection);
    this.#addsUp = addedUp(sop).length > 0;
  }

  /** The values of a row whose query has one of these joint values, and whose keys each have one of theirs. */
  values(queries: VectorSet, keys: readonly VectorSet[]): ValueSet {
    const perKey = keys
      .map((key) => this.#outcomesOf(queries, key))
      .filter((outcomes) => outcomes.some(({ values }) => values.length > 0));
    const sop = this.#sop;
    const { length } = queries.vectors;
    if (sop.kind === "width") return sop.of ? this.#eachRow(length, perKey, rowSums) : this.#widths(length, perKey);
    return this.#copied
      ? this.#copies(sop, length, perKey)
      : this.#eachRow(length, perKey, (row) => rowMeans(sop, row));
  }

  #widths(queries: number, perKey: readonly (readonly Outcome[])[]): ValueSet {
    const possible = new Uint8Array(perKey.length + 1);
    for (let q = 0; q < queries; q++) {
      let [least, most] = [0, 0];
      for (const outcomes of perKey) {
        const { values, canSkip } = outcomes[q]!;
        if (values.length === 0) continue;
        most++;
        if (!canSkip) least++;
      }
      possible.fill(1, least, most + 1);
    }
    return this.#result(possible.join(""), () => [...possible.keys()].filter((w) => possible[w] === 1).map(BigInt));
  }

  #copies(mean: Mean, queries: number, perKey: readonly (readonly Outcome[])[]): ValueSet {
    const found = new Set<Outcome>();
    let canBeEmpty = false;
    for (let q = 0; q < queries; q++) {
      let [count, fixed] = [0, 0];
      for (const outcomes of perKey) {
        const outcome = outcomes[q]!;
        if (outcome.values.length === 0) continue;
        found.add(outcome);
        count++;
        if (!outcome.canSkip) fixed++;
      }
      if (count > 1) this.atMostOne = false;
      if (fixed === 0) canBeEmpty = true;
    }
    const ids = [...found].map(({ id }) => id).sort((a, b) => a - b);
    return this.#result(`${canBeEmpty}:${ids.join(",")}`, () => [
      ...(canBeEmpty ? [mean.default] : []),
      ...[...found].flatMap(({ values }) => values),
    ]);
  }

  /** What the different rows give, each worked out once. */
  #eachRow(
    queries: number,
    perKey: readonly (readonly Outcome[])[],
    valuesOf: (row: readonly Outcome[]) => Iterable<Atom>,
  ): ValueSet {
    const rows = new Map<string, readonly Outcome[]>();
    for (let q = 0; q < queries; q++) {
      const row = perKey.map((outcomes) => outcomes[q]!).filter(({ values }) => values.length > 0);
      if (row.length > 1) this.atMostOne = false;
      rows.set(row.map(({ id }) => id).join(","), row);
    }
    const keys = [...rows.keys()].sort();
    return this.#result(keys.join(";"), () => {
      const all = new Map<number, Atom>();
      for (const key of keys) {
        for (const value of this.#result(key, () => valuesOf(rows.get(key)!)).atoms) {
          all.set(this.#sets.code(value), value);
        }
      }
      return all.values();
    });
  }

  #result(key: string, atoms: () => Iterable<Atom>): ValueSet {
    let set = this.#results.get(key);
    if (!set) this.#results.set(key, (set = this.#sets.of(atoms())));
    return set;
  }

  /** For each joint query value: what a key with one of these joint values can contribute. */
  #outcomesOf(queries: VectorSet, keys: VectorSet): readonly Outcome[] {
    const values = this.#addsUp ? this.#valueColumn(keys) : undefined;
    const pair = `${this.#selected.signature(keys, queries)}${values?.id ?? ""}`;
    let known = this.#outcomes.get(pair);
    if (known) return known;
    const { length } = keys.vectors;
    const selected = this.#selected.between(keys, queries);
    known = queries.vectors.map((_, q) => {
      let canSkip = false;
      const chosen = new Set<number>();
      for (let k = 0; k < length; k++) {
        const answer = selected[q * length + k];
        if (answer === 0) canSkip = true;
        else if (answer === 1) chosen.add(values ? values.numbers[k]! : 0);
      }
      return this.#outcome(canSkip, chosen);
    });
    this.#outcomes.set(pair, known);
    return known;
  }

  #valueColumn(keys: VectorSet): Column {
    let column = this.#valueColumns.get(keys);
    if (!column) this.#valueColumns.set(keys, (column = this.#chosenValues.column(keys, -1)));
    return column;
  }

  #outcome(canSkip: boolean, chosen: ReadonlySet<number>): Outcome {
    const numbers = [...chosen].sort((a, b) => a - b);
    const key = `${canSkip}:${numbers.join(",")}`;
    let outcome = this.#known.get(key);
    if (!outcome) {
      const values = numbers.map((number) => (this.#addsUp ? this.#chosenValues.atoms[number]! : 1n));
      this.#known.set(key, (outcome = { id: this.#known.size, canSkip, values: distinctAtoms(values) }));
    }
    return outcome;
  }
}

/** The means of every choice of skipping or taking each key. */
function rowMeans(mean: Mean, row: readonly Outcome[]): Iterable<Atom> {
  // (count, sum) pairs, the sum taken from left to right as the interpreter does; a single value keeps its kind.
  let sums = new Map<string, { count: number; sum: number; only: Atom | undefined }>();
  sums.set("0", { count: 0, sum: 0, only: undefined });
  for (const outcome of row) {
    const next: typeof sums = outcome.canSkip ? new Map(sums) : new Map<string, never>();
    for (const { count, sum, only } of sums.values()) {
      for (const value of outcome.values) {
        if (count > 0 && (value === null || (count === 1 && only === null))) continue;
        const total = {
          count: count + 1,
          sum: sum + (atomNumber(value) ?? NaN),
          only: count === 0 ? value : undefined,
        };
        next.set(`${total.count} ${total.sum}`, total);
      }
    }
    if (next.size > MEAN_LIMIT) {
      refuse(
        mean.origin,
        `this mean can take more than ${MEAN_LIMIT} values`,
        "use a smaller vocabulary or maximum length, or aggregate fewer different values",
      );
    }
    sums = next;
  }
  const values = [...sums.values()]
    .filter(({ count }) => count > 0)
    .map(({ count, sum, only }) => (only === undefined ? sum / count : only));
  return row.every(({ canSkip }) => canSkip) ? [mean.default, ...values] : values;
}

/** The sums of ints of every choice of skipping or taking each key. */
function rowSums(row: readonly Outcome[]): Iterable<Atom> {
  let sums = new Set([0]);
  for (const { canSkip, values } of row) {
    const next = new Set(canSkip ? sums : []);
    for (const sum of sums) for (const value of values) next.add(sum + Number(value));
    sums = next;
  }
  return [...sums].map(BigInt);
}
