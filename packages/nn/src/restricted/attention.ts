/**
 * Attention over the keys that a restriction leaves, computed for those keys only. A window alone is the fused kernel's
 * band. Otherwise the keys of each query are gathered side by side, as many as the busiest query has; global queries,
 * which see all, are computed apart by the fused kernel.
 */
import { attention, concat, tensor, type Rng, type Tensor } from "@selectron/core";
import type { Dropout } from "../dropout.js";
import { keysOf, looksAt, type Restriction } from "./restriction.js";

export interface RestrictedOptions {
  readonly causal: boolean;
  /** [B, keys], not 0 where no query may see a key. */
  readonly hiddenKeys?: Tensor | undefined;
  readonly dropout?: Dropout | undefined;
  readonly rng?: Rng | undefined;
}

/** Hides the keys that a query does not look at: [queries, keys]. The mask of the same attention done densely. */
export function restrictionMask(restriction: Restriction, causal: boolean, queries: number, keys: number): Tensor {
  const first = keys - queries;
  const mask = Float32Array.from({ length: queries * keys }, (_, at) =>
    looksAt(restriction, causal, first + Math.floor(at / keys), at % keys) ? 0 : 1,
  );
  return tensor(mask, [queries, keys]);
}

/** query [B, H, queries, width], key and value [B, H, keys, width] → [B, H, queries, width]. Query i stands at i + keys − queries. */
export function restrictedAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  restriction: Restriction,
  options: RestrictedOptions,
): Tensor {
  const { window, strides, powers = false, globals = 0 } = restriction;
  const { causal, hiddenKeys, rng, dropout } = options;
  const dropping = rng !== undefined && (dropout?.rate ?? 0) > 0;
  if (!strides && !powers && globals === 0 && !dropping) {
    return attention(query, key, value, { causal, window: window ?? 0, hiddenKeys });
  }
  const queries = query.shape[2]!;
  const first = key.shape[2]! - queries;
  const seeingAll = Math.min(queries, Math.max(0, globals - first));
  const rest = (): Tensor =>
    gathered(query.slice(seeingAll, undefined, 2), key, value, first + seeingAll, restriction, options);
  if (seeingAll === 0) return rest();
  // Of a causal model's global queries the last one sees keys up to its own position, which end there.
  const end = causal ? first + seeingAll : undefined;
  const all = attention(query.slice(0, seeingAll, 2), key.slice(0, end, 2), value.slice(0, end, 2), {
    causal,
    hiddenKeys: hiddenKeys?.slice(0, end, 1),
  });
  return seeingAll === queries ? all : concat([all, rest()], 2);
}

/** The queries from position `first` on, none of which sees all. */
function gathered(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  first: number,
  restriction: Restriction,
  { causal, hiddenKeys, dropout, rng }: RestrictedOptions,
): Tensor {
  const [batch, heads, queries, width] = query.shape as [number, number, number, number];
  const keys = key.shape[2]!;
  const lists = Array.from({ length: queries }, (_, i) => keysOf(restriction, causal, first + i, keys));
  const slots = Math.max(...lists.map((list) => list.length));
  // A query with fewer keys than slots has some of them filled with key 0, hidden.
  const indices = lists.flatMap((list) => [...list, ...Array.from({ length: slots - list.length }, () => 0)]);
  const empty = lists.flatMap((list) => Array.from({ length: slots }, (_, slot) => (slot < list.length ? 0 : 1)));
  const bySlot = (x: Tensor): Tensor => x.gather(indices, 2).reshape([batch, heads, queries, slots, x.shape[3]!]);
  const scores = bySlot(key)
    .mul(query.reshape([batch, heads, queries, 1, width]))
    .sum(-1)
    .div(Math.sqrt(width));
  const unused = tensor(Float32Array.from(empty), [1, 1, queries, slots]);
  const hidden = hiddenKeys?.gather(indices, 1).reshape([batch, 1, queries, slots]);
  const weights = scores.maskedFill(hidden ? unused.add(hidden) : unused, -Infinity).softmax();
  const kept = dropout ? dropout.forward(weights, rng) : weights;
  return bySlot(value)
    .mul(kept.reshape([batch, heads, queries, slots, 1]))
    .sum(3);
}
