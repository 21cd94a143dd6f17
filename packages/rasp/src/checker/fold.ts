/**
 * Rows key by key. A *fold* is what is left of the keys so far: of an aggregate of the program how many were selected and their sum, of a
 * head how many keys had each score and the sum of their values, of heads that count together what they add up to. Equal states have one
 * number, and each step is computed once.
 */
import { getOrInsert } from "../language/maps.js";
import { Pairs } from "./numbers.js";

/** States by number, and a memory of the steps between them. */
export abstract class Fold<State> {
  readonly states: State[] = [];
  readonly #ids = new Map<string, number>();
  readonly #steps = new Pairs<number>();

  protected abstract next(state: State, contribution: number): State | undefined;
  protected abstract keyOf(state: State): string;

  protected add(state: State): number {
    return getOrInsert(this.#ids, this.keyOf(state), () => this.states.push(state) - 1);
  }

  /** The state after one more key; -1 where the program has no value. */
  step(state: number, contribution: number): number {
    return this.#steps.of(state, contribution, () => {
      const next = this.next(this.states[state]!, contribution);
      return next ? this.add(next) : -1;
    });
  }
}
