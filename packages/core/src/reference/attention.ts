/**
 * Attention in plain JavaScript, one query at a time: the specification of `Kernels.attention` and `attentionBackward`.
 * Scores, sums and results accumulate in float64; memory is one row of the pattern.
 */
import type { AttentionBackwardCall, AttentionCall, AttentionPattern, HeadsView } from "../kernels/kernels.js";
import { addScaled, dot, rowStart, writeRows } from "./heads.js";

/** What decides which keys a query sees. */
export type Visibility = Pick<AttentionPattern, "queries" | "keys" | "before" | "after" | "hiddenKeys" | "blocks">;

/** Whether query i of batch row b sees key j. */
export function seesKey(pattern: Visibility, b: number, i: number, j: number): boolean {
  const { queries, keys, before = Infinity, after = Infinity, hiddenKeys, blocks } = pattern;
  const position = i + keys - queries;
  if (j < position - before || j > position + after) return false;
  if (hiddenKeys && hiddenKeys[b * keys + j] !== 0) return false;
  if (!blocks) return true;
  const across = Math.ceil(keys / blocks.size);
  return blocks.visible[Math.floor(i / blocks.size) * across + Math.floor(j / blocks.size)] !== 0;
}

/** The range [first, end) of the keys in the window of query i. */
function windowOf(
  { queries, keys, before = Infinity, after = Infinity }: AttentionPattern,
  i: number,
): [number, number] {
  const position = i + keys - queries;
  return [Math.max(0, Math.ceil(position - before)), Math.min(keys, Math.floor(position + after) + 1)];
}

/** The scaled and biased scores of one query in its window, −∞ where a key is masked. */
function scoreRow(
  call: AttentionPattern & { readonly query: HeadsView; readonly key: HeadsView },
  b: number,
  h: number,
  i: number,
  scores: Float64Array,
): void {
  const { query, key, width, scale, bias } = call;
  const at = rowStart(query, b, h, i);
  const [first, end] = windowOf(call, i);
  for (let j = first; j < end; j++) {
    scores[j] = seesKey(call, b, i, j)
      ? scale * dot(query.data, at, key.data, rowStart(key, b, h, j), width) +
        (bias ? bias.data[rowStart(bias, b, h, i) + j]! : 0)
      : -Infinity;
  }
}

/** `Kernels.attention`, the specification. */
export function referenceAttention(call: AttentionCall): void {
  const { batch, heads, queries, keys, valueWidth, value, out, logSumExp } = call;
  const scores = new Float64Array(keys);
  const mixed = new Float64Array(valueWidth);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < queries; i++) {
        scoreRow(call, b, h, i, scores);
        const [first, end] = windowOf(call, i);
        let maximum = -Infinity;
        for (let j = first; j < end; j++) maximum = Math.max(maximum, scores[j]!);
        mixed.fill(0);
        let sum = 0;
        for (let j = first; j < end; j++) {
          if (scores[j] === -Infinity) continue;
          const weight = Math.exp(scores[j]! - maximum);
          sum += weight;
          const from = rowStart(value, b, h, j);
          for (let c = 0; c < valueWidth; c++) mixed[c]! += weight * value.data[from + c]!;
        }
        const to = rowStart(out, b, h, i);
        for (let c = 0; c < valueWidth; c++) out.data[to + c] = sum === 0 ? 0 : mixed[c]! / sum;
        if (logSumExp) logSumExp[(b * heads + h) * queries + i] = sum === 0 ? -Infinity : maximum + Math.log(sum);
      }
    }
  }
}

/**
 * `Kernels.attentionBackward`, the specification (Dao et al. 2022, arXiv 2205.14135, appendix B.2). With P the pattern:
 * dV = Pᵀ dO, dP = dO Vᵀ, dS = P ⊙ (dP − rowsum(dO ⊙ O)), dQ = scale · dS K, dK = scale · dSᵀ Q.
 */
export function referenceAttentionBackward(call: AttentionBackwardCall): void {
  const { batch, heads, queries, keys, width, valueWidth, scale, query, key, value, out, outGradient } = call;
  const scores = new Float64Array(keys);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const dQuery = new Float64Array(queries * width);
      const dKey = new Float64Array(keys * width);
      const dValue = new Float64Array(keys * valueWidth);
      for (let i = 0; i < queries; i++) {
        const logSum = call.logSumExp[(b * heads + h) * queries + i]!;
        if (logSum === -Infinity) continue;
        scoreRow(call, b, h, i, scores);
        const dOut = rowStart(outGradient, b, h, i);
        const delta = dot(outGradient.data, dOut, out.data, rowStart(out, b, h, i), valueWidth);
        const [first, end] = windowOf(call, i);
        for (let j = first; j < end; j++) {
          if (scores[j] === -Infinity) continue;
          const weight = Math.exp(scores[j]! - logSum);
          const dWeight = dot(outGradient.data, dOut, value.data, rowStart(value, b, h, j), valueWidth);
          const dScore = scale * weight * (dWeight - delta);
          addScaled(dValue, j * valueWidth, weight, outGradient.data, dOut, valueWidth);
          addScaled(dQuery, i * width, dScore, key.data, rowStart(key, b, h, j), width);
          addScaled(dKey, j * width, dScore, query.data, rowStart(query, b, h, i), width);
        }
      }
      writeRows(call.queryGradient, b, h, queries, width, dQuery);
      writeRows(call.keyGradient, b, h, keys, width, dKey);
      writeRows(call.valueGradient, b, h, keys, valueWidth, dValue);
    }
  }
}
