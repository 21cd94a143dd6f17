/** What a sequence-to-sequence task is, and the data sets that are drawn from it. */
import { Rng } from "@selectron/core";
import type { TransformerConfig } from "../transformer-config.js";

/** A question and its answer, as token ids. All of a task's sources have one length, and so have its targets. */
export interface Example {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** How a task is trained when nothing else is said. */
export interface TaskTraining {
  readonly batch: number;
  readonly steps: number;
  /** The highest learning rate, reached after `warmup` steps and followed by half a cosine wave down. */
  readonly peak: number;
  readonly warmup: number;
  /** Steps between evaluations. */
  readonly evaluateEvery: number;
  /** Memory of Adam's mean of squares. */
  readonly beta2: number;
}

export interface SequenceTask {
  readonly name: string;
  readonly config: Partial<TransformerConfig>;
  readonly training: TaskTraining;
  /** Examples that training never shows: for the last test, and for the evaluations on the way. */
  readonly heldOut: { readonly test: number; readonly validation: number };
  /** The share of exact answers that counts as learnt. */
  readonly goal: number;
  /** What the decoder begins with. */
  readonly start: number;
  readonly draw: (rng: Rng) => Example;
  /** An example as people read it. */
  readonly show: (example: Example) => string;
  /** Further data to look at after training, by name: what the task generalises to. */
  readonly beyond?: Readonly<Record<string, (rng: Rng) => Example>>;
  /** Examples that must be among the tested ones. */
  readonly mustHoldOut?: readonly Example[];
}

/** What the configurations of all three tasks have in common. */
export const plainStyle = { hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, activation: "relu" } as const;

const keyOf = ({ source }: Example): string => source.join();

/** Examples that training never shows, without repetition: the same for every seed of a training. */
export class HeldOut {
  readonly test: readonly Example[];
  readonly validation: readonly Example[];
  readonly #keys: ReadonlySet<string>;

  constructor(task: SequenceTask) {
    const { test, validation } = task.heldOut;
    const rng = new Rng(20_260_000);
    const found = new Map((task.mustHoldOut ?? []).map((example) => [keyOf(example), example]));
    while (found.size < test + validation) {
      const example = task.draw(rng);
      found.set(keyOf(example), example);
    }
    const examples = [...found.values()];
    this.test = examples.slice(0, test);
    this.validation = examples.slice(test);
    this.#keys = new Set(found.keys());
  }

  has(example: Example): boolean {
    return this.#keys.has(keyOf(example));
  }
}

/** Examples to train on. */
export function drawBatch(task: SequenceTask, heldOut: HeldOut, count: number, rng: Rng): Example[] {
  const batch: Example[] = [];
  while (batch.length < count) {
    const example = task.draw(rng);
    if (!heldOut.has(example)) batch.push(example);
  }
  return batch;
}
