/** A model's decisions on one sequence with some of its sites as they are on another. */
import { noGrad, scope, type Tensor } from "@selectron/core";
import { trace, type Gpt2, type Patcher } from "@selectron/nn";
import { decide, type Observed } from "../data/observe.js";
import type { Sequence } from "../data/sequences.js";
import type { Task } from "../data/task.js";
import { keeperOf, patcherOf, type Donor, type Swap } from "./sites.js";

/** A sequence, and one that is at least as long and gives values to it. */
export interface Pair {
  readonly base: Observed;
  readonly source: Observed;
}

/** The most tokens of a batch. */
const TOKENS = 1500;

/**
 * The decisions at each scored position of the base, for each swap and each pair.
 *
 * @param kept - sites that are kept as they are on the base whatever is swapped before them
 */
export function swappedDecisions(
  model: Gpt2,
  task: Task,
  pairs: readonly Pair[],
  swaps: readonly Swap[],
  kept: readonly Swap[] = [],
): number[][][][] {
  const out: number[][][][] = swaps.map(() => new Array<number[][]>(pairs.length));
  for (const group of batches(pairs)) {
    const length = Math.max(...group.map((p) => pairs[p]!.base.ids.length));
    const bases = group.map((p) => pairs[p]!.base);
    const sources = group.map((p) => pairs[p]!.source);
    scope(() =>
      noGrad(() => {
        const [own, other] = [rowsOf(bases, length, model), rowsOf(sources, length, model)];
        const traced = ({ ids, positions }: typeof own): ReadonlyMap<string, Tensor> =>
          trace((watching) => model.forward(ids, { positions, ...watching })).activations;
        const donor: Donor = {
          activations: traced(other),
          difference: {
            tokens: embedded(model, "wte", other.ids).sub(embedded(model, "wte", own.ids)),
            positions: embedded(model, "wpe", other.positions).sub(embedded(model, "wpe", own.positions)),
          },
        };
        const before = kept.length > 0 ? traced(own) : undefined;
        swaps.forEach((swap, s) => {
          const changes = patcherOf(swap, donor, model);
          const keeps = before && keeperOf(kept, swap, before, model);
          const patch: Patcher = (name, value) => {
            const changed = changes(name, value);
            return keeps ? keeps(name, changed) : changed;
          };
          const logits = model.forward(own.ids, { positions: own.positions, patch });
          bases.forEach((base, b) => (out[s]![group[b]!] = decisionsIn(logits, b, base, task)));
        });
      }),
    );
  }
  return out;
}

/** [B, n, D]. */
const embedded = (model: Gpt2, table: "wte" | "wpe", rows: readonly (readonly number[])[]): Tensor =>
  model.parameter(`${table}.weight`).gather(rows.flat()).reshape([rows.length, rows[0]!.length, model.config.dModel]);

function decisionsIn(logits: Tensor, row: number, { scored }: Sequence, task: Task): number[][] {
  const [, length, width] = logits.shape as [number, number, number];
  return scored.map((i) => {
    const at = (row * length + i) * width;
    return decide(logits.data.subarray(at, at + width), task.sigmoid);
  });
}

/** Indices of pairs of about the same length. */
export function batches(pairs: readonly Pair[]): number[][] {
  const sorted = pairs.map((_, p) => p).sort((a, b) => pairs[a]!.base.ids.length - pairs[b]!.base.ids.length || a - b);
  const groups: number[][] = [];
  for (const p of sorted) {
    const group = groups.at(-1);
    if (group && (group.length + 1) * pairs[p]!.base.ids.length <= TOKENS) group.push(p);
    else groups.push([p]);
  }
  return groups;
}

/** Ids and positions padded to one length; attention is causal, so the padding after a sequence does not reach it. */
export function rowsOf(sequences: readonly Sequence[], length: number, { config: { maxLength } }: Gpt2) {
  const places = Array.from({ length }, (_, i) => i);
  return {
    ids: sequences.map(({ ids }) => places.map((i) => ids[i] ?? 0)),
    positions: sequences.map(({ offset }) => places.map((i) => Math.min(offset + i, maxLength - 1))),
  };
}
