/** What is trained, apart from how: its parameters and its passes. A thread that shares a training makes one of the same arguments. */
import type { BatchResult } from "@selectron/nn";
import type { Rng, Tensor } from "@selectron/core";
import type { ProgramBatch } from "@selectron/rasp";

export interface Learner<Shard> {
  /** Those that are trained, by name. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** The batch of a step, in shards: plain data, which threads can be sent. */
  draw(rng: Rng, step: number): readonly Shard[];
  /** The forward pass on a shard. */
  forward(shard: Shard, rng: Rng): BatchResult;
}

/** The most shards, and the fewest examples of one: products of fewer rows take longer for each. */
const [MOST_SHARDS, LEAST_IN_SHARD] = [8, 8];

/** How many shards a batch is cut into. It does not depend on the machine, since the bits of a training depend on it. */
export function shardCount(batch: number): number {
  let count = 1;
  while (2 * count <= MOST_SHARDS && batch >= 2 * count * LEAST_IN_SHARD) count *= 2;
  return count;
}

/** Cuts a batch of examples. */
export function shardsOf<T>(examples: readonly T[]): (readonly T[])[] {
  const count = shardCount(examples.length);
  const at = (shard: number): number => Math.round((shard * examples.length) / count);
  return Array.from({ length: count }, (_, s) => examples.slice(at(s), at(s + 1)));
}

/** Cuts a batch of a program's inputs. */
export function programShards({ inputs, tokens, targets, patterns }: ProgramBatch): ProgramBatch[] {
  const n = tokens[0]!.length;
  return shardsOf([...tokens.keys()]).map((rows) => {
    const [from, to] = [rows[0]!, rows.at(-1)! + 1];
    return {
      inputs: inputs.slice(from, to),
      tokens: tokens.slice(from, to),
      targets: targets.slice(from * n, to * n),
      patterns: patterns.map((pattern) => pattern.slice(from * n * n, to * n * n)),
    };
  });
}
