/** How much work a check may take, counted so that it ends at the same place on every machine. */
import { CannotFollow } from "./ranges.js";

/** There is no more. */
export class OutOfSteps extends CannotFollow {}

export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** @throws OutOfSteps */
  take(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OutOfSteps("the check takes more steps than it may");
  }
}
