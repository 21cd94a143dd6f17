/**
 * Causal attention in which several heads share a key and a value (grouped-query attention: Ainslie et al. 2023, arXiv 2305.13245). With
 * as many keys as queries it is ordinary attention. The shared heads are not copied: a view has them once for each query head.
 */
import { attention, type Tensor } from "@selectron/core";
import { causalMask } from "./masks.js";
import type { Patcher } from "../recorder.js";

/**
 * softmax(query · keyᵀ / √dHead) · value. Query head h looks at key head ⌊h · G / H⌋.
 *
 * @param query - [B, H, n, dHead]; query i is at the position of key i + m − n, and sees no later key
 * @param key - [B, G, m, dHead], G a divisor of H
 * @param value - [B, G, m, dHead]
 * @param watch - called with the pattern [B, H, n, m]; its result is used instead
 * @returns [B, n, H · dHead], the heads side by side
 */
export function groupedAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  watch?: (pattern: Tensor) => Tensor,
): Tensor {
  const [batch, heads, queries, dHead] = query.shape as [number, number, number, number];
  const [, groups, keys] = key.shape as [number, number, number];
  const shared = heads / groups;
  // A batch row for each key head, so that its query heads are the heads.
  const rows = (x: Tensor): Tensor =>
    x.reshape([batch * groups, 1, keys, dHead]).broadcastTo([batch * groups, shared, keys, dHead]);
  const [q, k, v] =
    groups === heads
      ? [query, key, value]
      : [query.reshape([batch * groups, shared, queries, dHead]), rows(key), rows(value)];
  let mixed: Tensor;
  if (watch) {
    const scores = q.matmul(k.transpose(), { alpha: 1 / Math.sqrt(dHead) });
    const pattern = scores.maskedFill(causalMask(queries, keys), -Infinity).softmax();
    const watched = watch(pattern.reshape([batch, heads, queries, keys]));
    mixed = watched.reshape(pattern.shape).matmul(v);
  } else {
    mixed = attention(q, k, v, { causal: true });
  }
  return mixed
    .reshape([batch, heads, queries, dHead])
    .permute([0, 2, 1, 3])
    .reshape([batch, queries, heads * dHead]);
}

/** Callbacks on one pattern, of those on all activations. */
export const patternOf = (watch: Patcher | undefined, name: string): ((pattern: Tensor) => Tensor) | undefined =>
  watch && ((pattern) => watch(name, pattern));
