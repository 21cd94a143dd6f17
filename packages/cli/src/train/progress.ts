/** The progress of a training: one line that is overwritten on a terminal, a new line every 10 seconds elsewhere. */
import type { StepRecord } from "@selectron/nn";
import type { Context } from "../context.js";
import { clockText } from "../text/duration.js";
import { bar, clock, drawOver, REDRAW } from "../text/progress.js";
import { percent } from "../text/words.js";

/** Milliseconds between two lines that are not overwritten. */
const QUIET = 10_000;

export class Progress {
  readonly #context: Context;
  readonly #steps: number;
  #begin: { step: number; time: number } | undefined;
  #tokens = 0;
  #loss: number | undefined;
  #accuracy: number | undefined;
  #said = -Infinity;

  constructor(context: Context, steps: number) {
    this.#context = context;
    this.#steps = steps;
  }

  #now(): number {
    return clock(this.#context.io);
  }

  /** Starts to count time and tokens. */
  start(step: number): void {
    this.#begin = { step, time: this.#now() };
  }

  step(record: StepRecord): void {
    this.#tokens += record.tokens;
    // Running means, which jump less than the values.
    const mean = (before: number | undefined, now: number): number =>
      before === undefined ? now : 0.9 * before + 0.1 * now;
    this.#loss = mean(this.#loss, record.loss);
    this.#accuracy = mean(this.#accuracy, record.accuracy);
    const now = this.#now();
    const isLast = record.step === this.#steps;
    const { io } = this.#context;
    if (io.isErrorTerminal) {
      if (isLast || now - this.#said > REDRAW) drawOver(io, `${this.line(record)}${isLast ? "\n" : ""}`);
      else return;
    } else if (isLast || record.evaluation !== undefined || now - this.#said > QUIET) {
      this.#context.say(this.line(record));
    } else {
      return;
    }
    this.#said = now;
  }

  line({ step, evaluation }: StepRecord): string {
    const seconds = (this.#now() - this.#begin!.time) / 1000;
    const left = (seconds / (step - this.#begin!.step)) * (this.#steps - step);
    return [
      `${bar(step, this.#steps)} step ${step}/${this.#steps}`,
      `loss ${this.#loss!.toPrecision(3)}`,
      `accuracy ${percent(this.#accuracy!)}`,
      ...(evaluation === undefined ? [] : [`held out ${percent(evaluation)}`]),
      `${Math.round(this.#tokens / Math.max(seconds, 1e-3))} tokens/s`,
      `${clockText(left)} left`,
    ].join(" · ");
  }
}
