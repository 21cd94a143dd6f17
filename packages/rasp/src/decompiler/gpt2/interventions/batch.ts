/** Sequences side by side, and what the model says of them: what interventions are fitted to and tested on. */
import { noGrad, scope, tensor, type Tensor } from "@selectron/core";
import { decide, sameDecision, type Observed } from "../data/observe.js";
import type { Sequence } from "../data/sequences.js";
import type { Task } from "../data/task.js";
import { WHOLE, type Intervention, type PathModel } from "./path-model.js";

/** Sequences padded to one length. Attention is causal, so that what stands behind a sequence does not reach it. */
export interface Batch {
  readonly size: number;
  readonly length: number;
  /** [B, n]. */
  readonly ids: Tensor;
  /** [B, n]. */
  readonly positions: Tensor;
}

export function batchOf(sequences: readonly Sequence[], maxLength: number): Batch {
  const length = Math.max(...sequences.map(({ ids }) => ids.length));
  const [ids, positions] = [new Float32Array(sequences.length * length), new Float32Array(sequences.length * length)];
  sequences.forEach((sequence, b) => {
    for (let i = 0; i < length; i++) {
      ids[b * length + i] = sequence.ids[i] ?? 0;
      positions[b * length + i] = Math.min(sequence.offset + i, maxLength - 1);
    }
  });
  const shape = [sequences.length, length];
  return { size: sequences.length, length, ids: tensor(ids, shape), positions: tensor(positions, shape) };
}

/** A batch with the model's own predictions. */
export interface Lesson extends Batch {
  readonly sequences: readonly Observed[];
  /** Places of the scored rows in the logits [B · n, V]. */
  readonly rows: readonly number[];
  /** The model's probabilities there, [rows, V]. */
  readonly targets: Tensor;
  /** What a perfect copy of the model has as its loss. */
  readonly entropy: number;
}

/** Tokens that go side by side: enough to keep the kernels busy, few enough to keep a step short. */
const TOKENS = 1200;
const MOST = 16;

/** Sequences of about equal length together. */
export function lessonsOf(paths: PathModel, task: Task, sequences: readonly Observed[]): Lesson[] {
  const sorted = [...sequences].sort((a, b) => a.ids.length - b.ids.length);
  const groups: Observed[][] = [];
  for (const sequence of sorted) {
    const group = groups.at(-1);
    const fits = group && group.length < MOST && (group.length + 1) * sequence.ids.length <= TOKENS;
    if (fits) group.push(sequence);
    else groups.push([sequence]);
  }
  return groups.map((group) => lesson(paths, task, group));
}

function lesson(paths: PathModel, task: Task, sequences: readonly Observed[]): Lesson {
  const batch = batchOf(sequences, paths.model.config.maxLength);
  const rows = sequences.flatMap(({ scored }, b) => scored.map((i) => b * batch.length + i));
  const width = task.vocabulary.length;
  const targets = scope(() =>
    noGrad(() => {
      const own = paths.forward(batch, WHOLE).reshape([-1, width]).gather(rows);
      return (task.sigmoid ? own.sigmoid() : own.softmax()).data.slice();
    }),
  );
  const held = { ...batch, sequences, rows, targets: tensor(targets, [rows.length, width]), entropy: 0 };
  return { ...held, entropy: scope(() => noGrad(() => lossOfProbabilities(held, task).item())) };
}

/** The mean of the entropies of the targets. */
function lossOfProbabilities({ targets, rows }: Lesson, { sigmoid }: Task): Tensor {
  const surprise = (p: Tensor): Tensor => p.mul(p.add(1e-30).log()).neg();
  const own = sigmoid ? surprise(targets).add(surprise(targets.neg().add(1))) : surprise(targets);
  return own.sum().div(rows.length);
}

/** Mean divergence from the model's predictions, in nats per scored position, plus the model's own entropy. */
export function loss(paths: PathModel, task: Task, lesson: Lesson, intervention: Intervention): Tensor {
  const { rows, targets } = lesson;
  const logits = paths.forward(lesson, intervention).reshape([-1, task.vocabulary.length]).gather(rows);
  // −log sigmoid(z) = relu(z) − z + log(1 + e^−|z|).
  const each = task.sigmoid
    ? logits.relu().sub(logits.mul(targets)).add(logits.abs().neg().exp().add(1).log())
    : logits.logSoftmax().mul(targets).neg();
  return each.sum().div(rows.length);
}

/** The share of sequences with the model's decision at every scored position. */
export function matchOf(paths: PathModel, task: Task, lessons: readonly Lesson[], intervention: Intervention): number {
  const width = task.vocabulary.length;
  let [right, all] = [0, 0];
  for (const { sequences, length, ...batch } of lessons) {
    const logits = scope(() => noGrad(() => paths.forward({ ...batch, length }, intervention).data.slice()));
    sequences.forEach((sequence, b) => {
      all++;
      right += +sequence.scored.every((position, i) => {
        const at = (b * length + position) * width;
        return sameDecision(decide(logits.subarray(at, at + width), task.sigmoid), sequence.decisions[i]!);
      });
    });
  }
  return right / Math.max(1, all);
}
