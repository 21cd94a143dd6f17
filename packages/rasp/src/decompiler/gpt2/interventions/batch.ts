/** Sequences side by side in one tensor. */
import { tensor, type Tensor } from "@selectron/core";
import type { Sequence } from "../data/sequences.js";

/** Sequences padded to one length. Attention is causal, so the padding after a sequence does not reach it. */
export interface Batch {
  readonly size: number;
  readonly length: number;
  /** [B, n]. */
  readonly ids: Tensor;
  /** [B, n]. */
  readonly positions: Tensor;
}

/** @param maxLength - the number of positions that the model has */
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
