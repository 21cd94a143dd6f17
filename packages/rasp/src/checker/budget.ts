/** How much work a check may take, counted so that it ends at the same place on every machine. */
import { CannotFollow } from "./ranges.js";

export class Budget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** @throws CannotFollow when there is no more */
  take(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new CannotFollow("the check takes more steps than it may");
  }
}
