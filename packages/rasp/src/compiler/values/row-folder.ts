/**
 * The values of all rows of a mean or a width, for each position of each length. A row of a longer input goes on where that of a shorter
 * one ended, if its keys do not depend on the length; rows of keys that are all alike are told apart by their number alone.
 */
import { getOrInsert } from "../../language/maps.js";
import type { Mean, Width } from "../normalize/normal-form.js";
import type { Work } from "../work.js";
import { RowStates, type Letter, type Rows } from "./row-states.js";
import type { Reached, RowResults } from "./row-values.js";
import { BOTH, joinedDependence, LENGTH, NOTHING, Table, type Cells } from "./table.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** What the rows of queries are made of. Equal queries are one object, and so are equal keys. */
export interface Letters<Q, K> {
  /** Whether a row has another letter at its own position than for an equal key elsewhere. */
  readonly knowsSelf: boolean;
  letter(query: Q, key: K, isOwn: boolean): Letter;
  /** Whether the program has no value wherever the query is this. */
  isEmpty(query: Q): boolean;
  /** Which rows are known to select a position in an input of this length. */
  reached(query: Q, length: number): Reached;
  /** The positions that the query can select at most, ascending; all if undefined. */
  candidates?(query: Q): readonly number[] | undefined;
}

/** What is known of the s-op whose rows are folded. */
export interface Folded extends Cells {
  readonly sop: Mean | Width;
  readonly sets: ValueSets;
  readonly work: Work;
  /** How many keys a row can select; any number if undefined. */
  readonly counts: Table<ValueSet> | undefined;
  /** Whether it matters in which order a row adds up its keys. */
  readonly isOrdered: boolean;
}

/** The work of one row, and of one step of one. */
const [ROW, STEP] = [3, 3];

/** The rows of a query in inputs of some length, to go on with in longer ones. */
interface Chain<S> {
  /** The keys that it has gone through. */
  length: number;
  rows: Rows<S>;
}

export class RowFolder<S> {
  readonly #states: RowStates<S>;
  readonly #results: RowResults<S>;
  readonly #folded: Folded;

  constructor(results: RowResults<S>, folded: Folded) {
    this.#results = results;
    this.#folded = folded;
    this.#states = new RowStates(results.fold, results.capped);
  }

  table<Q, K>(queries: Table<Q>, keys: Table<K>, letters: Letters<Q, K>): Table<ValueSet> {
    const { counts } = this.#folded;
    const rowsAt = keys.dependence.position
      ? keys.dependence.length
        ? this.#anew(keys, letters)
        : this.#chained(keys, letters)
      : this.#alike(keys, letters);
    const isByPosition = keys.dependence.position || (letters.knowsSelf && this.#folded.isOrdered);
    const dependence = joinedDependence([
      queries.dependence,
      isByPosition ? BOTH : LENGTH,
      counts?.dependence ?? NOTHING,
    ]);
    return Table.of(dependence, this.#folded, (n, i) => {
      this.#spend(ROW);
      const query = queries.at(n, i);
      if (letters.isEmpty(query)) return this.#folded.sets.setOf([]);
      return this.#result(rowsAt(query, n, i), letters.reached(query, n), counts?.at(n, i));
    });
  }

  #result(rows: Rows<S>, reached: Reached, counts: ValueSet | undefined): ValueSet {
    const among = counts ? counts.id + 1 : 0;
    const key = typeof reached === "boolean" ? 2 * among + Number(reached) : `${among} ${reached.map(Number).join("")}`;
    return getOrInsert(rows.results, key, () => this.#results.of(rows, reached, counts));
  }

  /** How many keys a row sees. */
  #seen(length: number, position: number): number {
    return this.#folded.causal ? position + 1 : length;
  }

  /** Rows of keys that are alike at all positions. */
  #alike<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => Rows<S> {
    const states = this.#states;
    return (query, length, position) => {
      const key = keys.at(length, position);
      const seen = this.#seen(length, position);
      const other = letters.letter(query, key, false);
      if (!letters.knowsSelf) return states.power(other, seen);
      const own = letters.letter(query, key, true);
      if (!this.#folded.isOrdered) return states.with(states.power(other, seen - 1), own);
      let rows = states.with(states.power(other, position), own);
      this.#spend(STEP * (seen - position));
      for (let k = position + 1; k < seen; k++) rows = states.with(rows, other);
      return rows;
    };
  }

  /** Rows of keys that do not depend on the length: the row of a query is the same in longer inputs, and longer. Lengths ascend. */
  #chained<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => Rows<S> {
    const everywhere = new Map<Q, Chain<S>>();
    const byPosition = new Map<number, Map<Q, Chain<S>>>();
    const candidates = new Map<Q, readonly number[] | undefined>();
    return (query, length, position) => {
      const own = letters.knowsSelf ? position : -1;
      const chains = letters.knowsSelf ? getOrInsert(byPosition, position, () => new Map<Q, Chain<S>>()) : everywhere;
      const chain = getOrInsert(chains, query, () => ({ length: 0, rows: this.#states.start }));
      const seen = this.#seen(length, position);
      if (!candidates.has(query)) candidates.set(query, letters.candidates?.(query));
      const among = candidates.get(query);
      if (chain.length < seen) {
        this.#extend(chain, seen, among, (k) => letters.letter(query, keys.at(k + 1, k), k === own));
      }
      return chain.rows;
    };
  }

  #extend(chain: Chain<S>, seen: number, among: readonly number[] | undefined, letter: (k: number) => Letter): void {
    const step = (k: number): void => {
      this.#spend(STEP);
      chain.rows = this.#states.with(chain.rows, letter(k));
    };
    if (among) {
      for (const k of among) if (k >= chain.length && k < seen) step(k);
    } else {
      for (let k = chain.length; k < seen; k++) step(k);
    }
    chain.length = seen;
  }

  /** Rows of keys that depend on position and length. */
  #anew<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => Rows<S> {
    const states = this.#states;
    return (query, length, position) => {
      const seen = this.#seen(length, position);
      let rows = states.start;
      this.#spend(STEP * seen);
      for (let k = 0; k < seen; k++) {
        rows = states.with(rows, letters.letter(query, keys.at(length, k), k === position));
      }
      return rows;
    };
  }

  #spend(steps: number): void {
    this.#folded.work.tabulate(steps, this.#folded.sop);
  }
}
