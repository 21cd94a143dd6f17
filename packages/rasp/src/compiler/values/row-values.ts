/** The values of means and widths, row by row: which keys a row can select, and the means, copies, sums and counts that follow. */
import { atomKey } from "../../language/atom/compare.js";
import { numeric, type Numeric } from "../../language/atom/number.js";
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Mean, NormalSOp, Width } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import { Numbering, SelectionTable, type Column } from "./selection-table.js";
import { atomNumber, distinctAtoms, type ValueSet, type ValueSets } from "./value-set.js";
import type { JointValueSet } from "./joint-values.js";

/** Different (count, sum) pairs beyond which a mean is refused. */
const MEAN_LIMIT = 1 << 15;

/** Whether several selected values can have a mean: only those of a sequence of numbers do, and only if none of them is null. */
export const hasMeans = (values: readonly Atom[]): boolean =>
  values.every((value) => typeof value !== "string") &&
  values.some((value) => value !== null && typeof value !== "boolean");

/** What one key position can contribute to a row. Equal ones are one object. */
interface Contribution {
  readonly id: number;
  /** Whether the row may pass the key over. */
  readonly canSkip: boolean;
  /** What the key adds where it is selected, one of these; empty where it never is. */
  readonly values: readonly Atom[];
}

/** The s-op that a mean or a sum adds up; none for a count. */
export function summandsOf(sop: Mean | Width): readonly NormalSOp[] {
  if (sop.kind === "mean") return [sop.value];
  return sop.summed ? [sop.summed] : [];
}

/** The possible values of the rows of one mean or width. */
export class RowValues {
  /** Whether no row so far can select two positions. */
  atMostOne = true;
  readonly #selected: SelectionTable;
  /** Whether the last component of the keys' joint values is what a key contributes. */
  readonly #addsUp: boolean;
  readonly #summands = new Numbering();
  readonly #summandColumns = new Map<JointValueSet, Column>();
  readonly #contributions = new Map<string, Contribution>();
  readonly #byPair = new Map<string, readonly Contribution[]>();
  readonly #results = new Map<string, ValueSet>();

  readonly #sop: Mean | Width;
  readonly #copied: boolean;
  readonly #sets: ValueSets;

  /** @param copied - whether a row has the one value that it selects, never the mean of several */
  constructor(sop: Mean | Width, copied: boolean, sets: ValueSets) {
    this.#sop = sop;
    this.#copied = copied;
    this.#sets = sets;
    this.#selected = new SelectionTable(sop.selection);
    this.#addsUp = summandsOf(sop).length > 0;
  }

  /** The values of a row whose query has one of these joint values and whose keys each have one of theirs. */
  values(queries: JointValueSet, keys: readonly JointValueSet[]): ValueSet {
    const perKey = keys
      .map((key) => this.#contributionsOf(queries, key))
      .filter((contributions) => contributions.some(({ values }) => values.length > 0));
    const sop = this.#sop;
    const { length } = queries.values;
    if (sop.kind === "width") return sop.summed ? this.#eachRow(length, perKey, rowSums) : this.#widths(length, perKey);
    return this.#copied
      ? this.#copies(sop, length, perKey)
      : this.#eachRow(length, perKey, (row) => rowMeans(sop, row));
  }

  #widths(queries: number, perKey: readonly (readonly Contribution[])[]): ValueSet {
    const possible = new Uint8Array(perKey.length + 1);
    for (let q = 0; q < queries; q++) {
      let [least, most] = [0, 0];
      for (const contributions of perKey) {
        const { values, canSkip } = contributions[q]!;
        if (values.length === 0) continue;
        most++;
        if (!canSkip) least++;
      }
      possible.fill(1, least, most + 1);
    }
    return this.#result(possible.join(""), () => [...possible.keys()].filter((w) => possible[w] === 1).map(BigInt));
  }

  #copies(mean: Mean, queries: number, perKey: readonly (readonly Contribution[])[]): ValueSet {
    const found = new Set<Contribution>();
    let canBeEmpty = false;
    for (let q = 0; q < queries; q++) {
      let [count, fixed] = [0, 0];
      for (const contributions of perKey) {
        const contribution = contributions[q]!;
        if (contribution.values.length === 0) continue;
        found.add(contribution);
        count++;
        if (!contribution.canSkip) fixed++;
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

  /** The values of all rows; equal rows are worked out once. */
  #eachRow(
    queries: number,
    perKey: readonly (readonly Contribution[])[],
    valuesOf: (row: readonly Contribution[]) => Iterable<Atom>,
  ): ValueSet {
    const rows = new Map<string, readonly Contribution[]>();
    for (let q = 0; q < queries; q++) {
      const row = perKey.map((contributions) => contributions[q]!).filter(({ values }) => values.length > 0);
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
    return getOrInsert(this.#results, key, () => this.#sets.setOf(atoms()));
  }

  /** For each joint value of the query: what a key with one of these joint values can contribute. */
  #contributionsOf(queries: JointValueSet, keys: JointValueSet): readonly Contribution[] {
    const summands = this.#addsUp
      ? getOrInsert(this.#summandColumns, keys, () => this.#summands.column(keys, -1))
      : undefined;
    const pair = `${this.#selected.signature(keys, queries)}${summands?.id ?? ""}`;
    return getOrInsert(this.#byPair, pair, () => {
      const { length } = keys.values;
      const selected = this.#selected.between(keys, queries);
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
      return { id: this.#contributions.size, canSkip, values: distinctAtoms(values) };
    });
  }
}

/** The means over every choice of keys. */
function rowMeans(mean: Mean, row: readonly Contribution[]): Iterable<Atom> {
  const add = canBeInexact(row) ? addAsPython : addNumbers;
  // (count, sum) pairs, summed from left to right as the interpreter does. A single value stays as it is: an int is no float.
  let sums = new Map<string, { count: number; sum: Numeric; only: Atom | undefined }>();
  sums.set("0", { count: 0, sum: add.zero, only: undefined });
  for (const { canSkip, values: summands } of row) {
    const next: typeof sums = canSkip ? new Map(sums) : new Map<string, never>();
    for (const { count, sum, only } of sums.values()) {
      for (const value of summands) {
        if (count > 0 && (value === null || (count === 1 && only === null))) continue;
        const total = { count: count + 1, sum: add.plus(sum, value), only: count === 0 ? value : undefined };
        // Different values can be one number, such as the int 2^53 + 1 and the float 2^53.
        next.set(count === 0 ? atomKey(value) : `${total.count} ${typeof total.sum} ${total.sum}`, total);
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
    .flatMap(({ count, sum, only }) => (only === undefined ? finite(Number(sum) / count) : [only]));
  return row.every(({ canSkip }) => canSkip) ? [mean.default, ...values] : values;
}

/** The sums of ints over every choice of keys. */
function rowSums(row: readonly Contribution[]): Iterable<Atom> {
  const add = canBeInexact(row) ? addAsPython : addNumbers;
  let sums = new Set<Numeric>([add.zero]);
  for (const { canSkip, values } of row) {
    const next = new Set(canSkip ? sums : []);
    for (const sum of sums) for (const value of values) next.add(add.plus(sum, value));
    sums = next;
  }
  return [...sums].map(BigInt);
}

/** Whether ints may add up to more than float64 holds exactly. */
const canBeInexact = (row: readonly Contribution[]): boolean =>
  row.reduce((sum, { values }) => sum + largestOf(values), 0) > Number.MAX_SAFE_INTEGER;

const largestOf = (values: readonly Atom[]): number =>
  values.reduce<number>((most, value) => Math.max(most, Math.abs(atomNumber(value) ?? 0)), 0);

/** Addition of numbers that are all exact in float64, which ints and floats share. NaN is the sum with what is no number. */
const addNumbers = {
  zero: 0,
  plus: (sum: Numeric, value: Atom): Numeric => (sum as number) + (atomNumber(value) ?? NaN),
};

/** The language's addition: ints are exact until a float joins them. NaN is the sum where there is none. */
const addAsPython = {
  zero: 0n,
  plus: (sum: Numeric, value: Atom): Numeric => {
    const number = numeric(value);
    if (number === undefined || Number.isNaN(sum)) return NaN;
    if (typeof sum === "bigint" && typeof number === "bigint") return sum + number;
    const [left, right] = [Number(sum), Number(number)];
    return Number.isFinite(left) && Number.isFinite(right) ? left + right : NaN;
  },
};

/** The mean, where the program has one: floats that overflow have none. */
const finite = (value: number): number[] => (value === Infinity || value === -Infinity ? [] : [value]);
