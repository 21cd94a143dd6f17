/**
 * A training step that every engine can take: a pre-norm encoder without biases that learns to reverse fixed sequences,
 * mean cross-entropy over all positions, Adam. Every engine starts from the same weights and sees the same batch.
 */
import { randn, Rng } from "@selectron/core";

export interface TrainingTask {
  readonly layers: number;
  readonly dModel: number;
  readonly heads: number;
  readonly dFf: number;
  readonly batch: number;
  readonly length: number;
  readonly vocabulary: number;
  readonly learningRate: number;
  /** [batch · length] each. */
  readonly tokens: readonly number[];
  readonly targets: readonly number[];
  /** "token" [V, D], "position" [n, D], "0.query" [D, D] …, "0.hidden" [D, F], "0.output2" [F, D], "unembedding" [D, V]. */
  readonly weights: ReadonlyMap<string, { readonly shape: readonly [number, number]; readonly data: Float32Array }>;
}

/** Steps whose losses must agree before anything is timed. */
export const CHECKED_STEPS = 5;

export function trainingTask(
  sizes: Pick<TrainingTask, "layers" | "dModel" | "heads" | "dFf" | "batch" | "length" | "vocabulary">,
): TrainingTask {
  const { layers, dModel, dFf, batch, length, vocabulary } = sizes;
  const rng = new Rng(6);
  const weights = new Map<string, { shape: readonly [number, number]; data: Float32Array }>();
  const draw = (name: string, rows: number, columns: number, scale: number): void => {
    weights.set(name, { shape: [rows, columns], data: randn([rows, columns], rng).mul(scale).data });
  };
  draw("token", vocabulary, dModel, 1);
  draw("position", length, dModel, 1);
  for (let layer = 0; layer < layers; layer++) {
    for (const name of ["query", "key", "value", "output"]) draw(`${layer}.${name}`, dModel, dModel, dModel ** -0.5);
    draw(`${layer}.hidden`, dModel, dFf, dModel ** -0.5);
    draw(`${layer}.output2`, dFf, dModel, dFf ** -0.5);
  }
  draw("unembedding", dModel, vocabulary, dModel ** -0.5);
  const rows = Array.from({ length: batch }, () => Array.from({ length }, () => rng.int(vocabulary)));
  return {
    ...sizes,
    learningRate: 1e-3,
    tokens: rows.flat(),
    targets: rows.flatMap((row) => row.toReversed()),
    weights,
  };
}

/** Floating-point operations of the products of one step: forward, and twice that back. */
export function trainingOperations({ layers, dModel, dFf, batch, length, vocabulary }: TrainingTask): number {
  const perToken = layers * (4 * dModel ** 2 + 2 * dModel * dFf + 2 * length * dModel) + dModel * vocabulary;
  return 3 * 2 * batch * length * perToken;
}

/** One engine at the task. */
export interface Trainer {
  readonly name: string;
  /** Back to the first weights. */
  readonly reset: () => void;
  /** One step; the loss before it. */
  readonly step: () => number;
  /** Awaited before a check or a round: selects what is global. */
  readonly enter?: () => unknown;
}
