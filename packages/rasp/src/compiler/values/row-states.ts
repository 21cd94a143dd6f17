/**
 * Rows as automata: a row goes through its keys one after the other, and its state holds what the keys so far can add up to. Rows with
 * the same keys so far share their states, so that a row of n + 1 keys takes one step more than a row of n.
 */
import { getOrInsert } from "../../language/maps.js";
import type { ValueSet } from "./value-set.js";

/** The rows of a query with more joint values seldom come again, and are not kept. */
const MOST_SHARED = 64;

/** What one key position can contribute to a row. Equal ones are one object. */
export interface Contribution {
  readonly id: number;
  /** Whether the row may pass the key over. */
  readonly canSkip: boolean;
  /** What the key adds where it is selected; none where it never is. */
  readonly added: ValueSet;
}

/** What a key can contribute for each joint value of the query; one where it is the same for all. Equal ones are one object. */
export interface Letter {
  readonly contributions: readonly Contribution[];
  /** Whether no row selects the key. */
  readonly isNothing: boolean;
}

/** What the keys so far add up to. */
export interface RowFold<S> {
  readonly none: S;
  with(before: S, contribution: Contribution): S;
  /** Equal states of rows with the same key are one; all are different if undefined. */
  keyOf(state: S): string | undefined;
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

export class RowStates<S> {
  readonly start: Rows<S>;
  readonly #fold: RowFold<S>;
  readonly #capped: boolean;
  readonly #states = new Map<string, RowState<S>>();
  readonly #nodes = new Map<string, Rows<S>>();
  readonly #powers = new Map<Letter, Rows<S>[]>();
  #count = 0;

  /** @param capped - whether only none, one and several selected keys are told apart */
  constructor(fold: RowFold<S>, capped: boolean) {
    this.#fold = fold;
    this.#capped = capped;
    this.start = new Rows([new RowState(this.#count++, [0, 0], fold.none)]);
  }

  /** The rows with one key more. */
  with(rows: Rows<S>, letter: Letter): Rows<S> {
    return letter.isNothing ? rows : this.#with(rows, letter);
  }

  /** The rows of so many keys that are all alike. */
  power(letter: Letter, keys: number): Rows<S> {
    if (letter.isNothing) return this.start;
    const powers = getOrInsert(this.#powers, letter, () => [this.start]);
    while (powers.length <= keys) powers.push(this.#with(powers.at(-1)!, letter));
    return powers[keys]!;
  }

  #with(rows: Rows<S>, letter: Letter): Rows<S> {
    const isShared = Math.max(rows.states.length, letter.contributions.length) <= MOST_SHARED;
    return isShared ? getOrInsert(rows.next, letter, () => this.#after(rows, letter)) : this.#after(rows, letter);
  }

  #after(rows: Rows<S>, letter: Letter): Rows<S> {
    const { states } = rows;
    const { contributions } = letter;
    const size = Math.max(states.length, contributions.length);
    const after = Array.from({ length: size }, (_, q) =>
      this.#step(states[states.length === 1 ? 0 : q]!, contributions[contributions.length === 1 ? 0 : q]!),
    );
    const different = after.every((state) => state === after[0]) ? after.slice(0, 1) : after;
    // What the rows two keys before add up to is hardly asked for again.
    for (const state of different) state.before?.before?.before?.forget();
    if (different.length === states.length && different.every((state, q) => state === states[q])) return rows;
    if (different.length > MOST_SHARED) return new Rows(different);
    const key = different.map(({ id }) => id).join(",");
    return getOrInsert(this.#nodes, key, () => new Rows(different));
  }

  #step(state: RowState<S>, contribution: Contribution): RowState<S> {
    if (contribution.added.atoms.length === 0) return state;
    return getOrInsert(state.next, contribution, () => {
      const sum = this.#fold.with(state.sum, contribution);
      const most = this.#capped ? Math.min(2, state.most + 1) : state.most + 1;
      const fixed = Number(!contribution.canSkip);
      const least = this.#capped ? Math.min(2, state.least + fixed) : state.least + fixed;
      const sumAgain = (): S => this.#fold.with(state.sum, contribution);
      const make = (): RowState<S> => new RowState(this.#count++, [least, most], sum, state, sumAgain);
      const key = this.#fold.keyOf(sum);
      return key === undefined ? make() : getOrInsert(this.#states, `${least} ${most} ${key}`, make);
    });
  }
}
