/**
 * Attention of each query to a list of keys in plain JavaScript: the specification of `Kernels.attentionOver` and its
 * gradients.
 */
import type { AttentionOverBackwardCall, AttentionOverCall, AttentionOverPattern } from "../kernels/kernels.js";
import { addScaled, dot, rowStart, writeRows } from "./heads.js";

/**
 * Writes the softmax of one query's scores over its list, from `first` to before `end`, to `weights`: all 0 if every
 * key is hidden.
 */
function listWeights(
  weights: Float32Array,
  score: (key: number) => number,
  listed: Int32Array,
  first: number,
  end: number,
): void {
  const scores = Float64Array.from(listed.subarray(first, end), score);
  const maximum = scores.reduce((most, value) => Math.max(most, value), -Infinity);
  if (maximum === -Infinity) {
    weights.fill(0, first, end);
    return;
  }
  const exponentials = scores.map((value) => Math.exp(value - maximum));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  exponentials.forEach((value, i) => (weights[first + i] = value / sum));
}

type VisitHead = (b: number, h: number, pairs: number, factor: (at: number) => number) => void;

/** Visits each head of each batch row, with the index of its first pair and the factors of its pairs. */
function eachHead({ batch, heads, listed, factors }: AttentionOverPattern, visit: VisitHead): void {
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const pairs = (b * heads + h) * listed.length;
      visit(b, h, pairs, (at) => (factors ? factors[pairs + at]! : 1));
    }
  }
}

/** `Kernels.attentionOver`, the specification. */
export function referenceAttentionOver(call: AttentionOverCall): void {
  const { queries, keys, width, valueWidth, scale, starts, listed, hiddenKeys, query, key, value, out } = call;
  const scratch = call.weights ? undefined : new Float32Array(listed.length);
  eachHead(call, (b, h, pairs, factor) => {
    const weights = scratch ?? call.weights!.subarray(pairs, pairs + listed.length);
    const mixed = new Float64Array(queries * valueWidth);
    for (let i = 0; i < queries; i++) {
      const from = rowStart(query, b, h, i);
      const score = (j: number): number =>
        hiddenKeys && hiddenKeys[b * keys + j] !== 0
          ? -Infinity
          : scale * dot(query.data, from, key.data, rowStart(key, b, h, j), width);
      listWeights(weights, score, listed, starts[i]!, starts[i + 1]!);
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const weight = weights[at]! * factor(at);
        addScaled(mixed, i * valueWidth, weight, value.data, rowStart(value, b, h, listed[at]!), valueWidth);
      }
    }
    writeRows(out, b, h, queries, valueWidth, mixed);
  });
}

/**
 * `Kernels.attentionOverBackward`, the specification. With P the weights, and without factors: dV = Pᵀ dO,
 * dS = P ⊙ (dO Vᵀ − rowsum(P ⊙ dO Vᵀ)), dQ = scale · dS K, dK = scale · dSᵀ Q.
 */
export function referenceAttentionOverBackward(call: AttentionOverBackwardCall): void {
  const { queries, keys, width, valueWidth, scale, starts, listed, query, key, value } = call;
  const { outGradient, queryGradient, keyGradient, valueGradient } = call;
  const slopes = new Float64Array(listed.length);
  eachHead(call, (b, h, pairs, factor) => {
    const weights = call.weights.subarray(pairs, pairs + listed.length);
    const dQuery = new Float64Array(queries * width);
    const dKey = new Float64Array(keys * width);
    const dValue = new Float64Array(keys * valueWidth);
    for (let i = 0; i < queries; i++) {
      const from = rowStart(outGradient, b, h, i);
      let mean = 0;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        slopes[at] =
          factor(at) * dot(outGradient.data, from, value.data, rowStart(value, b, h, listed[at]!), valueWidth);
        mean += weights[at]! * slopes[at]!;
      }
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        const j = listed[at]!;
        const slope = scale * weights[at]! * (slopes[at]! - mean);
        const weight = weights[at]! * factor(at);
        addScaled(dValue, j * valueWidth, weight, outGradient.data, from, valueWidth);
        addScaled(dQuery, i * width, slope, key.data, rowStart(key, b, h, j), width);
        addScaled(dKey, j * width, slope, query.data, rowStart(query, b, h, i), width);
      }
    }
    writeRows(queryGradient, b, h, queries, width, dQuery);
    writeRows(keyGradient, b, h, keys, width, dKey);
    writeRows(valueGradient, b, h, keys, valueWidth, dValue);
  });
}
