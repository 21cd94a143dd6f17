/**
 * Attention of each query to a list of keys: work and memory grow with the pairs that are listed, not with all pairs. Plain
 * loops on every backend, since lists leave nothing for a vector unit to take side by side but the width of a head.
 */
import { ShapeError } from "../errors.js";
import { allocate, type HeadsView } from "../kernels.js";
import { isRecorded, recorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { checkAttentionShapes, headsView, sideBySide } from "./attention.js";
import { broadcastTo } from "./movement.js";

/** The keys of query i are `keys[starts[i]]` to `keys[starts[i + 1] − 1]`, each once. */
export interface KeyLists {
  /** [queries + 1], from 0 up to the length of `keys`. */
  readonly starts: Int32Array;
  readonly keys: Int32Array;
}

export interface AttentionOverOptions {
  /** Factor on the scores, 1 / √width by default. */
  readonly scale?: number | undefined;
  /** Broadcasts to [B, keys]; not 0 where a key is hidden from every query. */
  readonly hiddenKeys?: Tensor | undefined;
  /** [B, H, pairs]: what each pair's weight is multiplied by after the softmax, as dropout does; 1 by default. */
  readonly factors?: Float32Array | undefined;
}

/** Where row i of a head begins. */
const rowOf = ({ offset, batchStride, headStride, rowStride }: HeadsView, b: number, h: number, i: number): number =>
  offset + b * batchStride + h * headStride + i * rowStride;

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, length: number): number {
  let sum = 0;
  for (let c = 0; c < length; c++) sum += a[aStart + c]! * b[bStart + c]!;
  return sum;
}

function addScaled(to: Float32Array, start: number, factor: number, x: Float32Array, at: number, length: number): void {
  for (let c = 0; c < length; c++) to[start + c]! += factor * x[at + c]!;
}

/** softmax(scale · query keyᵀ) of one query over its list, from `first` to `end`, into `weights`; all 0 if it sees nothing. */
function listWeights(
  weights: Float32Array | Float64Array,
  score: (key: number) => number,
  keys: Int32Array,
  first: number,
  end: number,
): void {
  let maximum = -Infinity;
  for (let at = first; at < end; at++) maximum = Math.max(maximum, (weights[at] = score(keys[at]!)));
  let sum = 0;
  for (let at = first; at < end; at++) {
    sum += weights[at] = weights[at] === -Infinity ? 0 : Math.exp(weights[at]! - maximum);
  }
  if (sum > 0) for (let at = first; at < end; at++) weights[at]! /= sum;
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
  { starts, keys }: KeyLists,
  { scale: given, hiddenKeys, factors }: AttentionOverOptions = {},
): Tensor {
  checkAttentionShapes(query, key, value);
  const [batch, heads, queries, width] = query.shape as [number, number, number, number];
  const [length, valueWidth] = value.shape.slice(2) as [number, number];
  if (starts.length !== queries + 1 || starts[queries] !== keys.length || keys.some((j) => j < 0 || j >= length)) {
    throw new ShapeError(
      `attentionOver: lists of ${starts.length - 1} queries and ${keys.length} keys do not fit ${queries} queries and ` +
        `${length} keys; pass ${queries + 1} starts, the last of them the number of keys listed, and keys from 0 to ${length - 1}.`,
    );
  }
  const scale = given ?? 1 / Math.sqrt(width);
  const hidden = hiddenKeys && broadcastTo(hiddenKeys, [batch, length]).data;
  const [q, k, v] = [query, key, value].map(headsView) as [HeadsView, HeadsView, HeadsView];
  const result = sideBySide([batch, heads, queries, valueWidth]);
  const out = headsView(result);
  out.data.fill(0);
  const inputs = [query, key, value];
  // All weights if the way back needs them, else those of one head at a time.
  const kept = isRecorded(inputs) ? allocate(batch * heads * keys.length) : undefined;
  const one = kept ?? allocate(keys.length);
  const weightsOf = (b: number, h: number): Float32Array =>
    kept ? one.subarray((b * heads + h) * keys.length, (b * heads + h + 1) * keys.length) : one;
  const factor = (b: number, h: number, at: number): number =>
    factors ? factors[(b * heads + h) * keys.length + at]! : 1;

  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const weights = weightsOf(b, h);
      for (let i = 0; i < queries; i++) {
        const [from, to] = [rowOf(q, b, h, i), rowOf(out, b, h, i)];
        const score = (j: number): number =>
          hidden && hidden[b * length + j] !== 0
            ? -Infinity
            : scale * dot(q.data, from, k.data, rowOf(k, b, h, j), width);
        listWeights(weights, score, keys, starts[i]!, starts[i + 1]!);
        for (let at = starts[i]!; at < starts[i + 1]!; at++) {
          addScaled(out.data, to, weights[at]! * factor(b, h, at), v.data, rowOf(v, b, h, keys[at]!), valueWidth);
        }
      }
    }
  }

  // As for all pairs, without factors: dV = Pᵀ dO, dS = P ⊙ (dO Vᵀ − rowsum(P ⊙ dO Vᵀ)), dQ = scale · dS K, dK = scale · dSᵀ Q.
  const backward = (gradient: Tensor): Tensor[] => {
    const dOut = headsView(gradient);
    const gradients = inputs.map(({ shape }) => sideBySide(shape));
    const [dQuery, dKey, dValue] = gradients.map(headsView) as [HeadsView, HeadsView, HeadsView];
    for (const { data } of [dQuery, dKey, dValue]) data.fill(0);
    const slopes = new Float64Array(keys.length);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const weights = weightsOf(b, h);
        for (let i = 0; i < queries; i++) {
          const [from, to] = [rowOf(dOut, b, h, i), rowOf(dQuery, b, h, i)];
          let mean = 0;
          for (let at = starts[i]!; at < starts[i + 1]!; at++) {
            slopes[at] = factor(b, h, at) * dot(dOut.data, from, v.data, rowOf(v, b, h, keys[at]!), valueWidth);
            mean += weights[at]! * slopes[at]!;
          }
          for (let at = starts[i]!; at < starts[i + 1]!; at++) {
            const j = keys[at]!;
            const slope = scale * weights[at]! * (slopes[at]! - mean);
            const weight = weights[at]! * factor(b, h, at);
            addScaled(dValue.data, rowOf(dValue, b, h, j), weight, dOut.data, from, valueWidth);
            addScaled(dQuery.data, to, slope, k.data, rowOf(k, b, h, j), width);
            addScaled(dKey.data, rowOf(dKey, b, h, j), slope, q.data, rowOf(q, b, h, i), width);
          }
        }
      }
    }
    return gradients;
  };
  return recorded("attentionOver", inputs, result.storage, result.shape, backward, { strides: result.strides });
}
