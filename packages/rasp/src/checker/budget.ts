/** How much work a check may take, counted so that it ends at the same place on every machine. */
import { CannotFollow } from "./ranges.js";

/** There is no more. */
export class OutOfSteps extends CannotFollow {}

export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** For sums over this many weights. @throws OutOfSteps */
  takeFor(weights: number): void {
    this.take(10 + Math.ceil(weights / 10));
  }

  /** @throws OutOfSteps */
  take(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OutOfSteps("the check takes more steps than it may");
  }
}
