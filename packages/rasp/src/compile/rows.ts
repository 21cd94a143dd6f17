/** What the rows of a selection can give: which keys a row can take, and what means and widths follow. */
import { compareAtoms } from "../atom/compare.js";
import { RaspError } from "../diagnostic.js";
import type { Atom } from "../graph/node.js";
import type { Compared, Mean, Selection, Width } from "./normal.js";
import { refuse } from "./refusal.js";
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

/** Finds the values of one mean or width, row by row. */
export class Rows {
  /** Whether no row seen so far can hold two positions. */
  atMostOne = true;
  private readonly selected: SelectionTable;
  private readonly outcomes = new Map<string, readonly Outcome[]>();
  private readonly chosenValues = new Numbering();
  private readonly valueColumns = new Map<VectorSet, Column>();
  private readonly known = new Map<string, Outcome>();
  private readonly results = new Map<string, ValueSet>();

  /** @param copied - whether a row has the one value that it selects, never the mean of several. */
  constructor(
    private readonly sop: Mean | Width,
    private readonly copied: boolean,
    private readonly sets: ValueSets,
  ) {
    this.selected = new SelectionTable(sop.selection);
  }

  /** The values of a row whose query has one of these joint values, and whose keys each have one of theirs. */
  values(queries: VectorSet, keys: readonly VectorSet[]): ValueSet {
    const perKey = keys
      .map((key) => this.outcomesOf(queries, key))
      .filter((outcomes) => outcomes.some(({ values }) => values.length > 0));
    if (this.sop.kind === "width") return this.widths(queries.vectors.length, perKey);
    return this.copied
      ? this.copies(this.sop, queries.vectors.length, perKey)
      : this.means(this.sop, queries.vectors.length, perKey);
  }

  private widths(queries: number, perKey: readonly (readonly Outcome[])[]): ValueSet {
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
    return this.result(possible.join(""), () => [...possible.keys()].filter((w) => possible[w] === 1).map(BigInt));
  }

  private copies(mean: Mean, queries: number, perKey: readonly (readonly Outcome[])[]): ValueSet {
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
    return this.result(`${canBeEmpty}:${ids.join(",")}`, () => [
      ...(canBeEmpty ? [mean.default] : []),
      ...[...found].flatMap(({ values }) => values),
    ]);
  }

  private means(mean: Mean, queries: number, perKey: readonly (readonly Outcome[])[]): ValueSet {
    const rows = new Map<string, readonly Outcome[]>();
    for (let q = 0; q < queries; q++) {
      const row = perKey.map((outcomes) => outcomes[q]!).filter(({ values }) => values.length > 0);
      if (row.length > 1) this.atMostOne = false;
      rows.set(row.map(({ id }) => id).join(","), row);
    }
    const keys = [...rows.keys()].sort();
    return this.result(keys.join(";"), () => {
      const all = new Map<number, Atom>();
      for (const key of keys)
        for (const value of this.result(key, () => rowMeans(mean, rows.get(key)!)).atoms)
          all.set(this.sets.code(value), value);
      return all.values();
    });
  }

  private result(key: string, atoms: () => Iterable<Atom>): ValueSet {
    let set = this.results.get(key);
    if (!set) this.results.set(key, (set = this.sets.of(atoms())));
    return set;
  }

  /** For each joint query value: what a key with one of these joint values can contribute. */
  private outcomesOf(queries: VectorSet, keys: VectorSet): readonly Outcome[] {
    const values = this.sop.kind === "mean" ? this.valueColumn(keys) : undefined;
    const pair = `${this.selected.signature(keys, queries)}:${values?.id}:${queries.vectors.length}:${keys.vectors.length}`;
    let known = this.outcomes.get(pair);
    if (known) return known;
    const { length } = keys.vectors;
    const selected = this.selected.between(keys, queries);
    known = queries.vectors.map((_, q) => {
      let canSkip = false;
      const chosen = new Set<number>();
      for (let k = 0; k < length; k++) {
        const answer = selected[q * length + k];
        if (answer === 0) canSkip = true;
        else if (answer === 1) chosen.add(values ? values.numbers[k]! : 0);
      }
      return this.outcome(canSkip, chosen);
    });
    this.outcomes.set(pair, known);
    return known;
  }

  private valueColumn(keys: VectorSet): Column {
    let column = this.valueColumns.get(keys);
    if (!column) this.valueColumns.set(keys, (column = this.chosenValues.column(keys, -1)));
    return column;
  }

  private outcome(canSkip: boolean, chosen: ReadonlySet<number>): Outcome {
    const numbers = [...chosen].sort((a, b) => a - b);
    const key = `${canSkip}:${numbers.join(",")}`;
    let outcome = this.known.get(key);
    if (!outcome) {
      const values = numbers.map((number) => (this.sop.kind === "mean" ? this.chosenValues.atoms[number]! : 1n));
      this.known.set(key, (outcome = { id: this.known.size, canSkip, values: distinctAtoms(values) }));
    }
    return outcome;
  }
}

/** Which pairs of joint values a selection selects. Each pair of values is compared once. */
class SelectionTable {
  private readonly answers: readonly Answers[];
  private readonly keyColumns = new Map<VectorSet, readonly Column[]>();
  private readonly queryColumns = new Map<VectorSet, readonly Column[]>();

  constructor(private readonly selection: Selection) {
    this.answers = selection.comparisons.map(({ op }) => new Answers(op));
  }

  /** Pairs of sets of equal signature and sizes are selected alike. At one position most of what is compared is one value. */
  signature(keys: VectorSet, queries: VectorSet): string {
    const columns = this.columns(keys, queries);
    let signature = "";
    for (const [j, answers] of this.answers.entries()) {
      const [key, query] = [columns.keys[j]!, columns.queries[j]!];
      const both = key.only !== undefined && query.only !== undefined;
      signature += both ? `${answers.to(query.only)[key.only]!};` : `${key.id},${query.id};`;
    }
    return signature;
  }

  /** [query, key]: 0, 1, or FAILS where a comparison fails, so that such a program has no value. */
  between(keys: VectorSet, queries: VectorSet): Uint16Array {
    const [rows, columns] = [queries.vectors.length, keys.vectors.length];
    const { keys: keyColumns, queries: queryColumns } = this.columns(keys, queries);
    /** The answers of the comparisons as bits; those that fail are beyond all of them. */
    const bits = new Uint16Array(rows * columns);
    const failed = 1 << this.answers.length;
    for (const [j, answers] of this.answers.entries()) {
      const key = keyColumns[j]!.numbers;
      for (let q = 0; q < rows; q++) {
        const ofQuery = answers.to(queryColumns[j]!.numbers[q]!);
        for (let k = 0; k < columns; k++) {
          const answer = ofQuery[key[k]!]!;
          bits[q * columns + k]! |= answer === FAILS ? failed : answer << j;
        }
      }
    }
    const { truth } = this.selection;
    for (let pair = 0; pair < bits.length; pair++)
      bits[pair] = bits[pair]! >= failed ? FAILS : Number(truth[bits[pair]!]);
    return bits;
  }

  private columns(keys: VectorSet, queries: VectorSet): { keys: readonly Column[]; queries: readonly Column[] } {
    let ofKeys = this.keyColumns.get(keys);
    if (!ofKeys) this.keyColumns.set(keys, (ofKeys = this.answers.map((answers, j) => answers.keys.column(keys, j))));
    let ofQueries = this.queryColumns.get(queries);
    if (!ofQueries)
      this.queryColumns.set(
        queries,
        (ofQueries = this.answers.map((answers, j) => answers.queries.column(queries, j))),
      );
    return { keys: ofKeys, queries: ofQueries };
  }
}

const FAILS = 2;

/** The answers of one comparison, by the numbers that keys and queries are given here. */
class Answers {
  readonly keys = new Numbering();
  readonly queries = new Numbering();
  private readonly rows: Uint8Array[] = [];

  constructor(private readonly op: Compared["op"]) {}

  /** By the number of the key: 0, 1 or FAILS. */
  to(query: number): Uint8Array {
    const known = this.rows[query];
    const { atoms } = this.keys;
    if (known && known.length === atoms.length) return known;
    const row = new Uint8Array(atoms.length);
    if (known) row.set(known);
    for (let key = known?.length ?? 0; key < row.length; key++) row[key] = this.compare(atoms[key]!, query);
    this.rows[query] = row;
    return row;
  }

  private compare(key: Atom, query: number): number {
    try {
      return Number(compareAtoms(this.op, key, this.queries.atoms[query]!));
    } catch (error) {
      if (error instanceof RaspError) return FAILS;
      throw error;
    }
  }
}

/** One component of all vectors of a set, as numbers. Equal ones have equal ids. */
interface Column {
  readonly id: number;
  readonly numbers: Int32Array;
  /** The number that all are. */
  readonly only: number | undefined;
}

/** 0, 1, 2, … for the atoms in the order in which they come. */
class Numbering {
  readonly atoms: Atom[] = [];
  private readonly numbers = new Map<number, number>();
  private readonly columns = new Map<string, Column>();

  /** @param component - counted from the end where it is negative. */
  column({ vectors }: VectorSet, component: number): Column {
    const numbers = Int32Array.from(vectors, ({ codes, atoms }) =>
      this.number(codes.at(component)!, atoms.at(component)!),
    );
    const only = numbers.every((number) => number === numbers[0]) ? numbers[0] : undefined;
    const key = numbers.join(",");
    let column = this.columns.get(key);
    if (!column) this.columns.set(key, (column = { id: this.columns.size, numbers, only }));
    return column;
  }

  private number(code: number, atom: Atom): number {
    let number = this.numbers.get(code);
    if (number === undefined) {
      this.numbers.set(code, (number = this.atoms.length));
      this.atoms.push(atom);
    }
    return number;
  }
}

/** The means of every choice of skipping or taking each key. */
function rowMeans(mean: Mean, row: readonly Outcome[]): Iterable<Atom> {
  // (count, sum) pairs, the sum taken from left to right as the interpreter does; a single value keeps its kind.
  let sums = new Map<string, { count: number; sum: number; only: Atom | undefined }>();
  sums.set("0", { count: 0, sum: 0, only: undefined });
  for (const outcome of row) {
    const next: typeof sums = outcome.canSkip ? new Map(sums) : new Map<string, never>();
    for (const { count, sum, only } of sums.values())
      for (const value of outcome.values) {
        if (count > 0 && (value === null || (count === 1 && only === null))) continue;
        const total = {
          count: count + 1,
          sum: sum + (atomNumber(value) ?? NaN),
          only: count === 0 ? value : undefined,
        };
        next.set(`${total.count} ${total.sum}`, total);
      }
    if (next.size > MEAN_LIMIT)
      refuse(
        mean.origin,
        `this mean can take more than ${MEAN_LIMIT} values`,
        "use a smaller vocabulary or maximum length, or aggregate fewer different values",
      );
    sums = next;
  }
  const values = [...sums.values()]
    .filter(({ count }) => count > 0)
    .map(({ count, sum, only }) => (only === undefined ? sum / count : only));
  return row.every(({ canSkip }) => canSkip) ? [mean.default, ...values] : values;
}
