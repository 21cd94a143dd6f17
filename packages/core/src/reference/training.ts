/**
 * What training needs beyond the forward kernels, in plain JavaScript: the specification of layer norm's gradients,
 * cross-entropy, Adam and embedding rows. Sums accumulate in float64 and round once.
 */
import type { AdamCall, CrossEntropyCall, LayerNormBackwardCall } from "../kernels/kernels.js";
import { LARGEST_FLOAT } from "../float.js";
import { exponentialSum, normalisation, rowMaximum } from "./rows.js";

/** With x̂ the normalised row and g = dy · gain: dx = (g − mean(g) − x̂ · mean(g · x̂)) / √(variance + epsilon). */
export function referenceLayerNormRowsBackward(call: LayerNormBackwardCall): void {
  const { x, gain, outGradient, xGradient, gainGradient, biasGradient, rows, columns, epsilon } = call;
  const dGain = new Float64Array(columns);
  const dBias = new Float64Array(columns);
  for (let start = 0; start < rows * columns; start += columns) {
    const { near, rest, scale } = normalisation(x, start, columns, epsilon);
    let total = 0;
    let along = 0;
    for (let j = 0; j < columns; j++) {
      const normalised = (x[start + j]! - near - rest) * scale;
      const slope = outGradient[start + j]!;
      dGain[j]! += slope * normalised;
      dBias[j]! += slope;
      total += slope * (gain?.[j] ?? 1);
      along += slope * (gain?.[j] ?? 1) * normalised;
    }
    for (let j = 0; j < columns; j++) {
      const normalised = (x[start + j]! - near - rest) * scale;
      const slope = outGradient[start + j]! * (gain?.[j] ?? 1);
      xGradient[start + j] = scale * (slope - (total + normalised * along) / columns);
    }
  }
  gainGradient.set(dGain);
  biasGradient.set(dBias);
}

/** See `CrossEntropyCall`. */
export function referenceCrossEntropyRows(call: CrossEntropyCall): void {
  const { logits, targets, losses, gradient, scale, rows, columns } = call;
  for (let i = 0; i < rows; i++) {
    const start = i * columns;
    const target = targets[i]!;
    if (target === -1) {
      losses[i] = 0;
      gradient?.fill(0, start, start + columns);
      continue;
    }
    const maximum = rowMaximum(logits, start, columns);
    const sum = exponentialSum(logits, start, columns, maximum);
    losses[i] = Math.log(sum) + (maximum - logits[start + target]!);
    if (!gradient) continue;
    for (let j = 0; j < columns; j++) {
      gradient[start + j] = scale * (Math.exp(logits[start + j]! - maximum) / sum - (j === target ? 1 : 0));
    }
  }
}

/** See `AdamCall`. The direction is that of the moments as they are stored. */
export function referenceAdamStep(call: AdamCall): void {
  const { parameter, firstMoment, secondMoment, gradient } = call;
  const { learningRate, beta1, beta2, epsilon, weightDecay, step } = call;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  const most = Math.sqrt(LARGEST_FLOAT / (1 - beta2));
  for (let i = 0; i < parameter.length; i++) {
    const given = gradient[i]!;
    const slope = Number.isFinite(given) ? Math.min(Math.max(given, -most), most) : NaN;
    firstMoment[i] = beta1 * firstMoment[i]! + (1 - beta1) * slope;
    secondMoment[i] = Math.min(beta2 * secondMoment[i]! + (1 - beta2) * slope * slope, LARGEST_FLOAT);
    const direction = firstMoment[i]! / correction1 / (Math.sqrt(secondMoment[i]! / correction2) + epsilon);
    parameter[i] = parameter[i]! - learningRate * (direction + weightDecay * parameter[i]!);
  }
}

/** `out[i, :] = table[indices[i], :]`. */
export function referenceGatherRows(table: Float32Array, indices: Int32Array, out: Float32Array, width: number): void {
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * width;
    const to = i * width;
    for (let c = 0; c < width; c++) out[to + c] = table[from + c]!;
  }
}

/** `table[indices[i], :] += rows[i, :]`. */
export function referenceScatterAddRows(
  rows: Float32Array,
  indices: Int32Array,
  table: Float32Array,
  width: number,
): void {
  for (let i = 0; i < indices.length; i++) {
    const from = i * width;
    const to = indices[i]! * width;
    for (let c = 0; c < width; c++) table[to + c]! += rows[from + c]!;
  }
}
