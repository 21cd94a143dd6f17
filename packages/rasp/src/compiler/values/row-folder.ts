/**
 * The values of all rows of a mean or a width, for each position of each length. A row of a longer input goes on where that of a shorter
 * one ended, if its keys do not depend on the length; rows of keys that are all alike are told apart by their number alone.
 */
import { getOrInsert } from "../../language/maps.js";
import type { Mean, Width } from "../normalize/normal-form.js";
import type { Work } from "../work.js";
import type { Letter } from "./letter.js";
import { AlikeKeys, KeysInOrder, type KeyGroups, type KeyOrder } from "./key-groups.js";
import type { Reached, RowKind } from "./row-states.js";
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
  /** How keys and queries compare by one number each; undefined where they do not. */
  readonly order?: KeyOrder<Q, K> | undefined;
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
interface Chain<R> {
  /** The keys that it has gone through. */
  length: number;
  rows: R;
}

export class RowFolder<R> {
  readonly #kind: RowKind<R>;
  readonly #folded: Folded;

  constructor(kind: RowKind<R>, folded: Folded) {
    this.#kind = kind;
    this.#folded = folded;
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
      return this.#kind.values(rowsAt(query, n, i), letters.reached(query, n), counts?.at(n, i));
    });
  }

  /** How many keys a row sees. */
  #seen(length: number, position: number): number {
    return this.#folded.causal ? position + 1 : length;
  }

  /** Rows of keys that are alike at all positions. */
  #alike<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => R {
    const kind = this.#kind;
    return (query, length, position) => {
      const key = keys.at(length, position);
      const seen = this.#seen(length, position);
      const other = letters.letter(query, key, false);
      if (!letters.knowsSelf) return kind.with(kind.start, other, seen);
      const own = letters.letter(query, key, true);
      if (!this.#folded.isOrdered) return kind.with(kind.with(kind.start, other, seen - 1), own);
      this.#spend(STEP * (seen - position));
      return kind.with(kind.with(kind.with(kind.start, other, position), own), other, seen - 1 - position);
    };
  }

  /** Rows of keys that do not depend on the length: the row of a query is the same in longer inputs, and longer. Lengths ascend. */
  #chained<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => R {
    const everywhere = new Map<Q, Chain<R>>();
    const byPosition = new Map<number, Map<Q, Chain<R>>>();
    const candidates = new Map<Q, readonly number[] | undefined>();
    return (query, length, position) => {
      const own = letters.knowsSelf ? position : -1;
      const chains = letters.knowsSelf ? getOrInsert(byPosition, position, () => new Map<Q, Chain<R>>()) : everywhere;
      const chain = getOrInsert(chains, query, () => ({ length: 0, rows: this.#kind.start }));
      const seen = this.#seen(length, position);
      if (!candidates.has(query)) candidates.set(query, letters.candidates?.(query));
      const among = candidates.get(query);
      if (chain.length < seen) {
        this.#extend(chain, seen, among, (k) => letters.letter(query, keys.at(k + 1, k), k === own));
      }
      return chain.rows;
    };
  }

  #extend(chain: Chain<R>, seen: number, among: readonly number[] | undefined, letter: (k: number) => Letter): void {
    const step = (k: number): void => {
      this.#spend(STEP);
      chain.rows = this.#kind.with(chain.rows, letter(k));
    };
    if (among) {
      for (const k of among) if (k >= chain.length && k < seen) step(k);
    } else {
      for (let k = chain.length; k < seen; k++) step(k);
    }
    chain.length = seen;
  }

  /** Rows of keys that depend on position and length; equal keys go together unless their order matters. */
  #anew<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => R {
    return this.#folded.isOrdered ? this.#inOrder(keys, letters) : this.#together(keys, letters);
  }

  #inOrder<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => R {
    const kind = this.#kind;
    return (query, length, position) => {
      const seen = this.#seen(length, position);
      this.#spend(STEP * seen);
      let rows = kind.start;
      for (let k = 0; k < seen; k++) {
        rows = kind.with(rows, letters.letter(query, keys.at(length, k), k === position));
      }
      return rows;
    };
  }

  #together<Q, K>(keys: Table<K>, letters: Letters<Q, K>): (query: Q, length: number, position: number) => R {
    const kind = this.#kind;
    let [ofLength, groups]: [number, KeyGroups<Q, K> | undefined] = [0, undefined];
    return (query, length, position) => {
      if (ofLength !== length || !groups) {
        const all = Array.from({ length }, (_, k) => keys.at(length, k));
        groups = (letters.order && KeysInOrder.of(all, letters.order)) ?? new AlikeKeys(all);
        ofLength = length;
      }
      const own = letters.knowsSelf ? keys.at(length, position) : undefined;
      let rows = own === undefined ? kind.start : kind.with(kind.start, letters.letter(query, own, true));
      this.#spend(STEP * groups.size);
      groups.each(query, own, (key, count) => {
        rows = kind.with(rows, letters.letter(query, key, false), count);
      });
      return rows;
    };
  }

  #spend(steps: number): void {
    this.#folded.work.tabulate(steps, this.#folded.sop);
  }
}
