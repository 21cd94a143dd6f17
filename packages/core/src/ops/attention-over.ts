/**
 * Attention of each query to a list of keys: work and memory grow with the pairs that are listed, not with all pairs.
 */
import { aFinite, anInstance, aTensor, checkOptions } from "../checks.js";
import { elementsOf, storageOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import type { HeadsView } from "../kernels/kernels.js";
import { referenceAttentionOver, referenceAttentionOverBackward } from "../reference/attention-over.js";
import { allocate, kernelsOr } from "../registry.js";
import { isRecorded, Made, recorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { checkAttentionShapes, headsView, sideBySide } from "./attention.js";
import { broadcastTo } from "./movement.js";

/** The keys of query i are `keys[starts[i]]` to `keys[starts[i + 1] − 1]`, each once. */
export interface KeyLists {
  /** [queries + 1], from 0 up to the length of `keys`. */
  readonly starts: Int32Array;
  readonly keys: Int32Array;
}

/** Options of `attentionOver`. */
export interface AttentionOverOptions {
  /** Factor on the scores, 1 / √width by default. */
  readonly scale?: number | undefined;
  /** Broadcasts to [B, keys]; not 0 where a key is hidden from every query. */
  readonly hiddenKeys?: Tensor | undefined;
  /** [B, H, pairs], factors on the weights, applied after the softmax as dropout is; 1 by default. */
  readonly factors?: Float32Array | undefined;
}

const reference = { attentionOver: referenceAttentionOver, attentionOverBackward: referenceAttentionOverBackward };

const listKinds = { starts: anInstance(Int32Array), keys: anInstance(Int32Array) };
const optionKinds = { scale: aFinite, hiddenKeys: aTensor, factors: anInstance(Float32Array) };

/** Throws a ShapeError unless the lists are of all queries, and of keys that exist. */
function checkLists({ starts, keys }: KeyLists, queries: number, length: number): void {
  const ascends = starts[0] === 0 && starts.every((start, i) => i === 0 || start >= starts[i - 1]!);
  if (!ascends) throw new ShapeError("attentionOver: starts must begin with 0 and never fall.");
  if (starts.length !== queries + 1 || starts[queries] !== keys.length || keys.some((j) => j < 0 || j >= length)) {
    throw new ShapeError(
      `attentionOver: lists of ${starts.length - 1} queries and ${keys.length} keys do not fit ${queries} queries and ` +
        `${length} keys; pass ${queries + 1} starts, the last of them the number of keys listed, and keys from 0 to ${length - 1}.`,
    );
  }
}

/**
 * softmax(scale · query keyᵀ) · value, each query over its own keys. A query that sees none gets 0.
 *
 * @param query - [B, H, queries, width]
 * @param key - [B, H, keys, width]
 * @param value - [B, H, keys, valueWidth]
 * @param lists - the same for every batch row and head
 * @returns [B, H, queries, valueWidth], the heads of a position side by side in memory
 * @throws ShapeError if the shapes or the lists do not fit
 */
export function attentionOver(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  lists: KeyLists,
  options: AttentionOverOptions = {},
): Tensor {
  checkAttentionShapes("attentionOver", query, key, value);
  checkOptions("attentionOver: lists", lists, listKinds, ["starts", "keys"]);
  checkOptions("attentionOver", options, optionKinds);
  const { starts, keys } = lists;
  const { scale: given, hiddenKeys, factors } = options;
  const [batch, heads, queries, width] = query.shape as [number, number, number, number];
  const [length, valueWidth] = value.shape.slice(2) as [number, number];
  checkLists(lists, queries, length);
  if (factors && factors.length !== batch * heads * keys.length) {
    throw new ShapeError(
      `attentionOver: ${factors.length} factors for ${batch} rows, ${heads} heads and ${keys.length} keys listed; pass ${batch * heads * keys.length}.`,
    );
  }
  const pattern = {
    batch,
    heads,
    queries,
    keys: length,
    width,
    valueWidth,
    scale: given ?? 1 / Math.sqrt(width),
    starts,
    listed: keys,
    hiddenKeys: hiddenKeys && elementsOf(broadcastTo(hiddenKeys, [batch, length])),
    factors,
  };
  const inputs = [query, key, value];
  const [q, k, v] = inputs.map(headsView) as [HeadsView, HeadsView, HeadsView];
  const operands = { query: q, key: k, value: v };
  const result = sideBySide([batch, heads, queries, valueWidth]);
  const weights = isRecorded(inputs) ? allocate(batch * heads * keys.length) : undefined;
  kernelsOr(reference).attentionOver({ ...pattern, ...operands, out: headsView(result), weights });
  const backward = (gradient: Tensor): Tensor[] => {
    const gradients = inputs.map(({ shape }) => sideBySide(shape));
    const [queryGradient, keyGradient, valueGradient] = gradients.map(headsView) as [HeadsView, HeadsView, HeadsView];
    const outGradient = headsView(gradient);
    kernelsOr(reference).attentionOverBackward({
      ...pattern,
      ...operands,
      weights: weights!,
      outGradient,
      queryGradient,
      keyGradient,
      valueGradient,
    });
    return gradients;
  };
  return recorded("attentionOver", inputs, storageOf(result), result.shape, backward, new Made(result.strides));
}
