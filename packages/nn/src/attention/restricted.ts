/**
 * Attention over the keys that a restriction allows, computed for those only. A window alone is a band of the fused
 * kernel. Anything else uses lists of keys, except for global queries, which see all keys and use the fused kernel too.
 */
import { attention, attentionOver, concat, tensor, type KeyLists, type Tensor } from "@selectron/core";
import { seenKeys, sees, type Restriction } from "./restriction.js";

/** Options of `restrictedAttention`. */
export interface RestrictedOptions {
  readonly causal: boolean;
  /** [B, keys], not 0 where no query may see a key. */
  readonly hiddenKeys?: Tensor | undefined;
  /** Factors on the weights of this many pairs [B, H, pairs]; 1 by default. */
  readonly dropout?: ((pairs: number) => Float32Array | undefined) | undefined;
}

/** The mask [queries, keys] with which dense attention is the same: 1 hides a key from a query. */
export function restrictionMask(restriction: Restriction, causal: boolean, queries: number, keys: number): Tensor {
  const first = keys - queries;
  const mask = Float32Array.from({ length: queries * keys }, (_, at) =>
    sees(restriction, causal, first + Math.floor(at / keys), at % keys) ? 0 : 1,
  );
  return tensor(mask, [queries, keys]);
}

/**
 * query [B, H, queries, width], key and value [B, H, keys, width] → [B, H, queries, width]. Query i is at position
 * i + keys − queries.
 */
export function restrictedAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  restriction: Restriction,
  { causal, hiddenKeys, dropout }: RestrictedOptions,
): Tensor {
  const { window = 0, strides, powers = false, globals = 0 } = restriction;
  const [batch, heads, queries] = query.shape as [number, number, number, number];
  const keys = key.shape[2]!;
  const first = keys - queries;
  if (dropout) {
    const lists = keyLists(restriction, causal, first, queries, keys);
    const factors = dropout(batch * heads * lists.keys.length);
    return attentionOver(query, key, value, lists, { hiddenKeys, factors });
  }
  if (!strides && !powers && globals === 0) return attention(query, key, value, { causal, window, hiddenKeys });
  const seeingAll = Math.min(queries, Math.max(0, globals - first));
  const rest = (): Tensor => {
    const lists = keyLists(restriction, causal, first + seeingAll, queries - seeingAll, keys);
    return attentionOver(query.slice(seeingAll, undefined, 2), key, value, lists, { hiddenKeys });
  };
  if (seeingAll === 0) return rest();
  // In a causal model the last global query sees no key after its own position, so the keys can end there.
  const end = causal ? first + seeingAll : undefined;
  const all = attention(query.slice(0, seeingAll, 2), key.slice(0, end, 2), value.slice(0, end, 2), {
    causal,
    hiddenKeys: hiddenKeys?.slice(0, end, 1),
  });
  return seeingAll === queries ? all : concat([all, rest()], 2);
}

/** The latest lists of each restriction, since all layers and training steps ask for the same ones. */
const latest = new WeakMap<Restriction, { readonly request: string; readonly lists: KeyLists }>();

/** The keys of `count` queries from position `first` on. */
function keyLists(restriction: Restriction, causal: boolean, first: number, count: number, keys: number): KeyLists {
  const request = [JSON.stringify(restriction), causal, first, count, keys].join();
  const known = latest.get(restriction);
  if (known?.request === request) return known.lists;
  const lists = buildLists(restriction, causal, first, count, keys);
  latest.set(restriction, { request, lists });
  return lists;
}

function buildLists(restriction: Restriction, causal: boolean, first: number, count: number, keys: number): KeyLists {
  const lists = Array.from({ length: count }, (_, i) => seenKeys(restriction, causal, first + i, keys));
  const starts = new Int32Array(count + 1);
  lists.forEach((list, i) => (starts[i + 1] = starts[i]! + list.length));
  return { starts, keys: Int32Array.from(lists.flat()) };
}
