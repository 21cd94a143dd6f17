/**
 * Attention of each query to a list of keys in plain JavaScript: the specification of `Kernels.attentionOver` and its
 * gradients.
 */
import type {
  AttentionOverBackwardCall,
  AttentionOverCall,
  AttentionOverPattern,
  HeadsView,
} from "../kernels/kernels.js";
import { addScaled, dot, rowStart } from "./heads.js";

/** Sets the rows of one batch row and head to 0. */
function clear(x: HeadsView, b: number, h: number, rows: number, width: number): void {
  for (let i = 0; i < rows; i++) x.data.fill(0, rowStart(x, b, h, i), rowStart(x, b, h, i) + width);
}

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
  let maximum = -Infinity;
  for (let at = first; at < end; at++) maximum = Math.max(maximum, (weights[at] = score(listed[at]!)));
  let sum = 0;
  for (let at = first; at < end; at++) {
    sum += weights[at] = weights[at] === -Infinity ? 0 : Math.exp(weights[at]! - maximum);
  }
  if (sum > 0) for (let at = first; at < end; at++) weights[at]! /= sum;
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
    clear(out, b, h, queries, valueWidth);
    for (let i = 0; i < queries; i++) {
      const [from, to] = [rowStart(query, b, h, i), rowStart(out, b, h, i)];
      const score = (j: number): number =>
        hiddenKeys && hiddenKeys[b * keys + j] !== 0
          ? -Infinity
          : scale * dot(query.data, from, key.data, rowStart(key, b, h, j), width);
      listWeights(weights, score, listed, starts[i]!, starts[i + 1]!);
      for (let at = starts[i]!; at < starts[i + 1]!; at++) {
        addScaled(out.data, to, weights[at]! * factor(at), value.data, rowStart(value, b, h, listed[at]!), valueWidth);
      }
    }
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
    clear(queryGradient, b, h, queries, width);
    clear(keyGradient, b, h, keys, width);
    clear(valueGradient, b, h, keys, valueWidth);
    for (let i = 0; i < queries; i++) {
      const [from, to] = [rowStart(outGradient, b, h, i), rowStart(queryGradient, b, h, i)];
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
        addScaled(valueGradient.data, rowStart(valueGradient, b, h, j), weight, outGradient.data, from, valueWidth);
        addScaled(queryGradient.data, to, slope, key.data, rowStart(key, b, h, j), width);
        addScaled(keyGradient.data, rowStart(keyGradient, b, h, j), slope, query.data, rowStart(query, b, h, i), width);
      }
    }
  });
}
