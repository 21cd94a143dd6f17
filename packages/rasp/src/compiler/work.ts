/**
 * How much work a compile may take, so that a program that is too large, or whose values are too many, is refused within seconds. The
 * work is counted, not timed: a program is refused everywhere or nowhere.
 */
import type { SOp } from "../language/graph/node.js";
import { refuse } from "./refusal.js";

/**
 * For the values of all s-ops, for what grows with the text of the program, and for tables over all positions of all lengths: steps of
 * some ten nanoseconds each.
 */
const [BUDGET, PROGRAM_BUDGET, TABLE_BUDGET] = [5e8, 2e8, 2e8];

/** About ten milliseconds. */
const TICK = 1e6;

/** What steps are spent on. */
type SOpOrNone = { readonly origin: SOp | undefined } | undefined;

export class Work {
  #steps = 0;
  #programSteps = 0;
  #tableSteps = 0;

  /** How many steps there will be when it is told next that work goes on. */
  #nextTick = TICK;

  readonly #budget: number;
  readonly #onTick: (() => void) | undefined;

  /** @param onTick - called now and then, so that those who wait see that work goes on */
  constructor(budget = BUDGET, onTick?: () => void) {
    this.#budget = budget;
    this.#onTick = onTick;
  }

  /** For other work of the same compile. */
  another(budget?: number): Work {
    return new Work(budget, this.#onTick);
  }

  /** The steps so far. */
  get steps(): number {
    return this.#steps + this.#programSteps + this.#tableSteps;
  }

  /**
   * Counts steps for values before they are taken.
   *
   * @param sop - what they are for
   * @throws RaspError of class `compile`, at the s-op, where all such steps together are too many
   */
  spend(steps: number, sop: SOpOrNone, doing: string): void {
    this.#steps += steps;
    this.#tick();
    if (this.#steps <= this.#budget) return;
    refuse(
      sop?.origin,
      `${doing} would take too long, because its values are too many`,
      "use a shorter maximum length or a smaller vocabulary, or round or limit what it is computed from",
    );
  }

  /**
   * Counts steps that the program's own size takes: they are many where it has many operations, comparisons or digits.
   *
   * @throws RaspError of class `compile`, at the s-op, where all such steps together are too many
   */
  read(steps: number, sop: SOpOrNone): void {
    this.#programSteps += steps;
    this.#tick();
    if (this.#programSteps <= PROGRAM_BUDGET) return;
    refuse(
      sop?.origin,
      "working out what this s-op is made of would take too long, because it has too many operations, or too long values",
      "compile fewer operations, comparisons or digits: parts of the program can be models of their own",
    );
  }

  /**
   * Counts steps for tables that have entries for each position of each length, or for each pair of positions.
   *
   * @throws RaspError of class `compile`, at the s-op, where all such steps together are too many
   */
  tabulate(steps: number, sop: SOpOrNone): void {
    this.#tableSteps += steps;
    this.#tick();
    if (this.#tableSteps <= TABLE_BUDGET) return;
    refuse(
      sop?.origin,
      "working out its values at each position of each length would take too long",
      "use a shorter maximum length",
    );
  }

  #tick(): void {
    if (!this.#onTick || this.steps < this.#nextTick) return;
    this.#nextTick = this.steps + TICK;
    this.#onTick();
  }
}
