/** What is trained, apart from how: its parameters and its passes. A thread that shares a training makes one of the same arguments. */
import type { BatchResult } from "@selectron/nn";
import type { Rng, Tensor } from "@selectron/core";
import type { ProgramBatch } from "@selectron/rasp";

export interface Learner<Shard> {
  /** Those that are trained, by name. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** How many shards a batch is cut into. */
  readonly shards: number;
  /** The batch of a step, in so many shards: plain data, which threads can be sent. */
  draw(rng: Rng, step: number): readonly Shard[];
  /** The forward pass on a shard. */
  forward(shard: Shard, rng: Rng): BatchResult;
}

/** The most shards, and the fewest examples of one: products of fewer rows take longer for each. */
const [MOST_SHARDS, LEAST_IN_SHARD] = [8, 8];
/** The most gradients of all shards together: half a gigabyte. */
const MOST_GRADIENTS = 2 ** 27;

/** How many shards a batch is cut into. It does not depend on the machine, since the bits of a training depend on it. */
export function shardCount(batch: number, parameters: ReadonlyMap<string, Tensor>): number {
  const size = sizeOf(parameters);
  const fits = (count: number): boolean =>
    count <= MOST_SHARDS && count * LEAST_IN_SHARD <= batch && count * size <= MOST_GRADIENTS;
  let count = 1;
  while (fits(2 * count)) count *= 2;
  return count;
}

/** How many numbers parameters have together. */
export const sizeOf = (parameters: ReadonlyMap<string, Tensor>): number =>
  [...parameters.values()].reduce((sum, { size }) => sum + size, 0);

/** Cuts a batch of examples. */
export function shardsOf<T>(examples: readonly T[], count: number): (readonly T[])[] {
  const at = (shard: number): number => Math.round((shard * examples.length) / count);
  return Array.from({ length: count }, (_, s) => examples.slice(at(s), at(s + 1)));
}

/** Cuts a batch of a program's inputs. */
export function programShards({ inputs, tokens, targets, patterns }: ProgramBatch, count: number): ProgramBatch[] {
  const n = tokens[0]!.length;
  return shardsOf([...tokens.keys()], count).map((rows) => {
    const [from, to] = [rows[0]!, rows.at(-1)! + 1];
    return {
      inputs: inputs.slice(from, to),
      tokens: tokens.slice(from, to),
      targets: targets.slice(from * n, to * n),
      patterns: patterns.map((pattern) => pattern.slice(from * n * n, to * n * n)),
    };
  });
}
