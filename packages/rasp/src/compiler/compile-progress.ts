/** How far a compile is. Its steps are the value sets and the planning of each mean and each width, and the stages after them. */
import { reachable, type NormalSOp } from "./normalize/normal-form.js";

/** Certificate, layout and weights. */
const LAST_STAGES = 3;

export class CompileProgress {
  #done = 0;
  #total = 0;
  readonly #onProgress: (done: number, of: number) => void;

  constructor(onProgress: (done: number, of: number) => void = () => undefined) {
    this.#onProgress = onProgress;
  }

  /** What is to be done, once the normal form is known; steps before count too. */
  begin(roots: readonly NormalSOp[]): void {
    const heads = [...reachable(roots)].filter(({ kind }) => kind === "mean" || kind === "width").length;
    this.#total = 2 * heads + LAST_STAGES;
  }

  readonly step = (): void => {
    this.#done++;
    // Planning can make s-ops that were not there before, and a second plan repeats steps.
    if (this.#total > 0) this.#onProgress(Math.min(this.#done, this.#total), this.#total);
  };
}
