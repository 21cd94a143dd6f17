/** The margins of the decisions that a compiled model takes. */

/** One decision: how much error it can bear over how much there can be. More than 1 is safe. */
export interface Margin {
  readonly margin: number;
  readonly where: string;
}

export class Margins {
  #tightest: Margin = { margin: Infinity, where: "no decision can go wrong" };

  /**
   * @param room - the error that the decision can bear
   * @param error - the error that there can be
   */
  add(room: number, error: number, where: string): void {
    // An error that is no number is of sums that are beyond float32.
    const margin = Number.isNaN(error) ? 0 : room / error;
    if (margin < this.#tightest.margin) this.#tightest = { margin, where };
  }

  /** The smallest margin; of equal ones the first. */
  get tightest(): Margin {
    return this.#tightest;
  }
}
