/** The model's own predictions on some sequences: what interventions are fitted to and tested on. */
import { noGrad, scope, tensor, type Tensor } from "@selectron/core";
import { decide, sameDecision, type Observed } from "../data/observe.js";
import type { Task } from "../data/task.js";
import { batchOf, type Batch } from "./batch.js";
import { WHOLE, type Intervention } from "./intervention.js";
import type { PathModel } from "./path-model.js";

/** A batch with the model's predictions. */
export interface TargetBatch extends Batch {
  readonly sequences: readonly Observed[];
  /** The scored rows of the logits [B · n, V]. */
  readonly rows: readonly number[];
  /** The model's probabilities there, [rows, V]. */
  readonly targets: Tensor;
  /** The loss of a perfect copy of the model, in nats per scored position. */
  readonly entropy: number;
}

/** The most tokens of a batch, enough to keep the kernels busy and few enough to keep a step short; and the most sequences. */
const [TOKENS, SEQUENCES] = [1200, 16];

/** A model that is to be cut, and its predictions on some sequences. */
export class Targets {
  readonly paths: PathModel;
  readonly task: Task;
  /** Sequences of about the same length are in the same batch. */
  readonly batches: readonly TargetBatch[];

  constructor(paths: PathModel, task: Task, sequences: readonly Observed[]) {
    this.paths = paths;
    this.task = task;
    this.batches = groupsOf(sequences).map((group) => this.#targetBatch(group));
  }

  /** The mean divergence from the model's predictions, in nats per scored position, plus the entropy of the model's own. */
  loss(batch: TargetBatch, intervention: Intervention): Tensor {
    const { rows, targets } = batch;
    const logits = this.#logits(batch, intervention).gather(rows);
    // −log sigmoid(z) = relu(z) − z + log(1 + e^−|z|).
    const each = this.task.sigmoid
      ? logits.relu().sub(logits.mul(targets)).add(logits.abs().neg().exp().add(1).log())
      : logits.logSoftmax().mul(targets).neg();
    return each.sum().div(rows.length);
  }

  /** The share of sequences with the model's decision at every scored position. */
  match(intervention: Intervention): number {
    const width = this.task.vocabulary.length;
    let [right, all] = [0, 0];
    for (const batch of this.batches) {
      const logits = scope(() => noGrad(() => this.#logits(batch, intervention).data.slice()));
      batch.sequences.forEach((sequence, b) => {
        all++;
        right += +sequence.scored.every((position, i) => {
          const at = (b * batch.length + position) * width;
          return sameDecision(decide(logits.subarray(at, at + width), this.task.sigmoid), sequence.decisions[i]!);
        });
      });
    }
    return right / Math.max(1, all);
  }

  /** [B · n, V]. */
  #logits(batch: Batch, intervention: Intervention): Tensor {
    return this.paths.forward(batch, intervention).reshape([-1, this.task.vocabulary.length]);
  }

  #targetBatch(sequences: readonly Observed[]): TargetBatch {
    const batch = batchOf(sequences, this.paths.model.config.maxLength);
    const rows = sequences.flatMap(({ scored }, b) => scored.map((i) => b * batch.length + i));
    const width = this.task.vocabulary.length;
    const data = scope(() =>
      noGrad(() => {
        const own = this.#logits(batch, WHOLE).gather(rows);
        return (this.task.sigmoid ? own.sigmoid() : own.softmax()).data.slice();
      }),
    );
    const targets = tensor(data, [rows.length, width]);
    const entropy = scope(() => noGrad(() => entropyOf(targets, this.task).div(rows.length).item()));
    return { ...batch, sequences, rows, targets, entropy };
  }
}

function groupsOf(sequences: readonly Observed[]): Observed[][] {
  const sorted = [...sequences].sort((a, b) => a.ids.length - b.ids.length);
  const groups: Observed[][] = [];
  for (const sequence of sorted) {
    const group = groups.at(-1);
    const fits = group && group.length < SEQUENCES && (group.length + 1) * sequence.ids.length <= TOKENS;
    if (fits) group.push(sequence);
    else groups.push([sequence]);
  }
  return groups;
}

/** The sum of the entropies of the rows, or with sigmoids of each probability by itself. */
function entropyOf(probabilities: Tensor, { sigmoid }: Task): Tensor {
  const surprise = (p: Tensor): Tensor => p.mul(p.add(1e-30).log()).neg();
  const own = surprise(probabilities);
  return (sigmoid ? own.add(surprise(probabilities.neg().add(1))) : own).sum();
}
