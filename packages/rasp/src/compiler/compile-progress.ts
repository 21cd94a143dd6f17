/** How far a compile is. Its steps are the value sets and the planning of each mean and each width, and the stages after them. */
import { reachable, type NormalSOp } from "./normalize/normal-form.js";

/** The choice among the plans, and the weights. */
const LAST_STAGES = 2;

export class CompileProgress {
  #steps = 0;
  #stages = 0;
  #ofSteps: number | undefined;
  readonly #onProgress: (done: number, of: number) => void;

  constructor(onProgress: (done: number, of: number) => void = () => undefined) {
    this.#onProgress = onProgress;
  }

  /** What is to be done, once the normal form is known; steps before count too. */
  begin(roots: readonly NormalSOp[]): void {
    this.#ofSteps = 2 * [...reachable(roots)].filter(({ kind }) => kind === "mean" || kind === "width").length;
  }

  /** A value set or a head. There can be more than were foreseen: planning makes s-ops, and further plans repeat steps. */
  readonly step = (): void => {
    this.#steps++;
    this.#tell();
  };

  /** One of the last stages. */
  stage(): void {
    this.#stages++;
    this.#tell();
  }

  #tell(): void {
    if (this.#ofSteps === undefined) return;
    const steps = this.#stages > 0 ? this.#ofSteps : Math.min(this.#steps, this.#ofSteps);
    this.#onProgress(steps + this.#stages, this.#ofSteps + LAST_STAGES);
  }
}
