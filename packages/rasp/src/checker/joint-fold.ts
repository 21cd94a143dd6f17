/**
 * Rows of several folds at once: all joint states that they can have after some keys, each of which contributes one of a set. Equal rows
 * have one number, and each step between them is computed once.
 */
import type { Budget } from "./budget.js";
import type { Fold } from "./fold.js";
import { Lists, Numbers, Pairs } from "./numbers.js";
import { bytesKey } from "./ranges.js";

export class JointFold {
  readonly #folds: readonly Fold<unknown>[];
  readonly #budget: Budget;
  /** One contribution for each fold. */
  readonly #contributions = new Lists();
  readonly #sets = new Numbers<readonly number[]>();
  readonly #states = new Lists();
  readonly #rows = new Numbers<readonly number[]>();
  readonly #nexts = new Pairs<number>();
  /** The rows after one, two, … keys of the same set. */
  readonly #after = new Pairs<number[]>();

  constructor(folds: readonly Fold<unknown>[], budget: Budget) {
    this.#folds = folds;
    this.#budget = budget;
  }

  /** The row without keys. @param states - one of each fold */
  start(states: readonly number[]): number {
    return this.#rowOf([this.#states.of(states)]);
  }

  contribution(parts: readonly number[]): number {
    return this.#contributions.of(parts);
  }

  set(contributions: Iterable<number>): number {
    const different = Float64Array.from(new Set(contributions)).sort();
    return this.#sets.of(bytesKey(different), () => [...different]);
  }

  /** The row with more keys, each of which contributes one of a set. */
  after(row: number, set: number, keys = 1): number {
    if (keys === 0) return row;
    const rows = this.#after.of(row, set, () => []);
    while (rows.length < keys) rows.push(this.#step(rows.at(-1) ?? row, this.#sets.all[set]!));
    return rows[keys - 1]!;
  }

  /** The states of the folds that a row can have. */
  states(row: number): (readonly number[])[] {
    return this.#rows.all[row]!.map((state) => this.#states.all[state]!);
  }

  #step(row: number, contributions: readonly number[]): number {
    const next = new Set<number>();
    for (const state of this.#rows.all[row]!) {
      this.#budget.take(contributions.length);
      for (const contribution of contributions) next.add(this.#next(state, contribution));
    }
    next.delete(-1);
    return this.#rowOf(next);
  }

  #rowOf(states: Iterable<number>): number {
    const sorted = Float64Array.from(states).sort();
    return this.#rows.of(bytesKey(sorted), () => [...sorted]);
  }

  /** The joint state with one more key; -1 where the program has no value. */
  #next(state: number, contribution: number): number {
    return this.#nexts.of(state, contribution, () => {
      const [states, parts] = [this.#states.all[state]!, this.#contributions.all[contribution]!];
      const next = this.#folds.map((fold, f) => fold.step(states[f]!, parts[f]!));
      return next.includes(-1) ? -1 : this.#states.of(next);
    });
  }
}
