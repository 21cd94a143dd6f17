/**
 * Rows as automata: a row goes through its keys one after the other, and its state holds what the keys so far can add up to. Rows with
 * the same keys so far share their states, so that a row of n + 1 keys takes one step more than a row of n.
 */
import { getOrInsert } from "../../language/maps.js";
import type { Contribution, Letter } from "./letter.js";
import type { ValueSet } from "./value-set.js";

/** The work of a step of the row of one joint value. */
const STEP = 8;

/** The states of all rows that are kept, so that rows which begin alike share them. */
const MOST_KEPT = 1 << 21;

/** How rows go through their keys, and the values that they then have. Rows are those of all joint values of a query. */
export interface RowKind<R> {
  readonly start: R;
  /** The rows with so many keys more that are all alike. */
  with(rows: R, letter: Letter, keys?: number): R;
  /**
   * @param reached - which rows are known to select a position
   * @param counts - how many keys a row can select; any number if undefined
   */
  values(rows: R, reached: Reached, counts: ValueSet | undefined): ValueSet;
}

/** For each joint value of a query whether its row is known to select a position; one answer where all are alike. */
export type Reached = boolean | readonly boolean[];

/** What the keys so far add up to. */
export interface RowFold<S> {
  readonly none: S;
  with(before: S, contribution: Contribution): S;
  /** Equal states of rows with the same key are one; all are different if undefined. */
  keyOf(state: S): string | undefined;
  /** Whether only none, one and several selected keys are told apart, and a third key that is alike changes nothing. */
  readonly capped: boolean;
  valuesOf(rows: Rows<S>, reached: Reached, counts: ValueSet | undefined): ValueSet;
  /** Called with the work of each step before it is taken. */
  spend(steps: number): void;
}

/** The state of the row of one joint value of the query. A sum may be large: it is forgotten once later ones are made, and made again. */
class RowState<S> {
  readonly id: number;
  /** How many keys it selects at least, and at most. */
  readonly least: number;
  readonly most: number;
  readonly next = new Map<Contribution, RowState<S>>();
  readonly before: RowState<S> | undefined;
  #sum: S | undefined;
  readonly #sumAgain: (() => S) | undefined;

  constructor(id: number, [least, most]: readonly [number, number], sum: S, before?: RowState<S>, sumAgain?: () => S) {
    this.id = id;
    this.least = least;
    this.most = most;
    this.before = before;
    this.#sum = sum;
    this.#sumAgain = sumAgain;
  }

  /** What the keys add up to. */
  get sum(): S {
    return (this.#sum ??= this.#sumAgain!());
  }

  forget(): void {
    if (this.#sumAgain) this.#sum = undefined;
  }
}

/** The rows of all joint values of a query. */
export class Rows<S> {
  /** One for each joint value; a single one where all are in the same state. */
  readonly states: readonly RowState<S>[];
  /** The values of such rows, by what else these depend on. */
  readonly results = new Map<string | number, ValueSet>();
  /** The rows with one key more. */
  readonly next = new Map<Letter, Rows<S>>();

  constructor(states: readonly RowState<S>[]) {
    this.states = states;
  }
}

export class RowStates<S> implements RowKind<Rows<S>> {
  readonly start: Rows<S>;
  readonly #fold: RowFold<S>;
  readonly #states = new Map<string, RowState<S>>();
  readonly #rows = new Map<string, Rows<S>>();
  readonly #powers = new Map<Letter, Rows<S>[]>();
  #count = 0;
  #kept = 0;

  constructor(fold: RowFold<S>) {
    this.#fold = fold;
    this.start = new Rows([new RowState(this.#count++, [0, 0], fold.none)]);
  }

  with(rows: Rows<S>, letter: Letter, keys = 1): Rows<S> {
    if (letter.isNothing) return rows;
    const steps = this.#fold.capped ? Math.min(keys, 2) : keys;
    if (rows === this.start && steps > 1) return this.#power(letter, steps);
    let after = rows;
    for (let k = 0; k < steps; k++) after = this.#with(after, letter);
    return after;
  }

  values(rows: Rows<S>, reached: Reached, counts: ValueSet | undefined): ValueSet {
    const among = counts ? counts.id + 1 : 0;
    const key = typeof reached === "boolean" ? 2 * among + Number(reached) : `${among} ${reached.map(Number).join("")}`;
    return getOrInsert(rows.results, key, () => this.#fold.valuesOf(rows, reached, counts));
  }

  /** The rows of so many keys that are all alike. */
  #power(letter: Letter, keys: number): Rows<S> {
    const powers = getOrInsert(this.#powers, letter, () => [this.start]);
    while (powers.length <= keys) powers.push(this.#with(powers.at(-1)!, letter));
    return powers[keys]!;
  }

  #with(rows: Rows<S>, letter: Letter): Rows<S> {
    const known = rows.next.get(letter);
    if (known) return known;
    const { states } = rows;
    const { contributions } = letter;
    const size = Math.max(states.length, contributions.length);
    this.#fold.spend(STEP * size);
    const after = Array.from({ length: size }, (_, q) =>
      this.#step(states[states.length === 1 ? 0 : q]!, contributions[contributions.length === 1 ? 0 : q]!),
    );
    const different = after.every((state) => state === after[0]) ? after.slice(0, 1) : after;
    // What the rows two keys before add up to is hardly asked for again.
    for (const state of different) state.before?.before?.before?.forget();
    const isSame = different.length === states.length && different.every((state, q) => state === states[q]);
    if (!isSame && this.#kept > MOST_KEPT) return new Rows(different);
    this.#kept += different.length;
    const key = different.map(({ id }) => id).join(",");
    const made = isSame ? rows : getOrInsert(this.#rows, key, () => new Rows(different));
    rows.next.set(letter, made);
    return made;
  }

  #step(state: RowState<S>, contribution: Contribution): RowState<S> {
    if (contribution.added.atoms.length === 0) return state;
    return getOrInsert(state.next, contribution, () => {
      const sum = this.#fold.with(state.sum, contribution);
      const most = this.#fold.capped ? Math.min(2, state.most + 1) : state.most + 1;
      const fixed = Number(!contribution.canSkip);
      const least = this.#fold.capped ? Math.min(2, state.least + fixed) : state.least + fixed;
      const again = this.#again(state, contribution);
      const make = (): RowState<S> => new RowState(this.#count++, [least, most], sum, state, again);
      const key = this.#fold.keyOf(sum);
      return key === undefined ? make() : getOrInsert(this.#states, `${least} ${most} ${key}`, make);
    });
  }

  /** Makes a sum again. The function is made here, where no sum is in reach: what a function could reach is not forgotten. */
  #again(before: RowState<S>, contribution: Contribution): () => S {
    return () => this.#fold.with(before.sum, contribution);
  }
}
