/** How far a compile is. Its steps are the value sets and the planning of each mean and each width, and the stages after them. */
import type { NormalSOp } from "./normalize/normal-form.js";

/** The choice among the plans, and the weights. */
const LAST_STAGES = 2;

type OnProgress = (done: number, of: number, stage: string) => void;

export class CompileProgress {
  #steps = 0;
  #stages = 0;
  #ofSteps = 0;
  #stage = "values";
  readonly #onProgress: OnProgress;

  constructor(onProgress: OnProgress = () => undefined) {
    this.#onProgress = onProgress;
  }

  /** How many heads there will be: about as many as the program has aggregates, and as its normal form has means and widths once that is known. */
  begin(heads: number): void {
    // What was told stays true.
    this.#ofSteps = Math.max(2 * heads, this.#steps);
  }

  /** A value set or a head. There can be more than were foreseen: planning makes s-ops, and further plans repeat steps. */
  readonly step = (): void => {
    this.#steps++;
    this.tell();
  };

  /** One of the last stages: the plan is chosen, and then the weights are made. */
  stage(): void {
    this.#stage = "weights";
    this.#stages++;
    this.tell();
  }

  /** Does work of a stage, which may have others inside. */
  during<T>(stage: string, work: () => T): T {
    const outer = this.#stage;
    this.#stage = stage;
    this.tell();
    try {
      return work();
    } finally {
      this.#stage = outer;
    }
  }

  /** Works out the values of a mean or a width, which is a step. */
  readonly whileRows = <T>({ kind, origin }: NormalSOp, work: () => T): T => {
    const values = this.during(`values of ${origin?.name ?? `a ${kind}`}`, work);
    this.step();
    return values;
  };

  /** Tells how far it is; now and then, also where that is where it was. */
  readonly tell = (): void => {
    const steps = this.#stages > 0 ? this.#ofSteps : Math.min(this.#steps, this.#ofSteps);
    this.#onProgress(steps + this.#stages, this.#ofSteps + LAST_STAGES, this.#stage);
  };
}
