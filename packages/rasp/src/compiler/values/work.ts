/**
 * How much work a compile may take, so that a program whose values are too many is refused within seconds. The work is counted, not
 * timed: a program is refused everywhere or nowhere.
 */
import type { NormalSOp } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";

/** For the values of all s-ops: steps of some ten nanoseconds each. */
const BUDGET = 5e8;

export class Work {
  #left: number;

  constructor(budget = BUDGET) {
    this.#left = budget;
  }

  /**
   * Counts steps before they are taken.
   *
   * @param sop - what they are for
   * @throws RaspError of class `compile`, at the s-op, where all steps together are too many
   */
  spend(steps: number, sop: NormalSOp | undefined, doing: string): void {
    this.#left -= steps;
    if (this.#left >= 0) return;
    refuse(
      sop?.origin,
      `${doing} would take too long, because its values are too many`,
      "use a shorter maximum length or a smaller vocabulary, or round or limit what it is computed from",
    );
  }
}
