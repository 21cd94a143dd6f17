/** Operations on all gradients together, between `backward` and the optimiser's step. */
import { checks, elementsOf } from "@selectron/core";
import { aLimit, checkParameters } from "../checks.js";
import type { Parameters } from "./optimizers.js";

/** The Euclidean norm of all gradients as one vector, in float64. */
export function gradientNorm(parameters: Parameters): number {
  checkParameters("gradientNorm", parameters);
  let sum = 0;
  for (const { grad } of parameters.values()) {
    if (!grad) continue;
    const slopes = elementsOf(grad);
    const { length } = slopes;
    for (let i = 0; i < length; i++) sum += slopes[i]! * slopes[i]!;
  }
  return Math.sqrt(sum);
}

/** Multiplies all gradients by a factor. */
export function scaleGradients(parameters: Parameters, factor: number): void {
  checkParameters("scaleGradients", parameters);
  checks.check("scaleGradients: factor", factor, checks.aFinite);
  for (const parameter of parameters.values()) {
    // A new tensor: the storage of a gradient may be shared with another one.
    if (parameter.grad) parameter.grad = parameter.grad.mul(factor);
  }
}

/**
 * Scales all gradients down together so that their norm is at most `most` (Pascanu et al. 2013, arXiv 1211.5063,
 * algorithm 1).
 *
 * @returns the norm before
 */
export function clipGradients(parameters: Parameters, most: number): number {
  checkParameters("clipGradients", parameters);
  checks.check("clipGradients: most", most, aLimit);
  const norm = gradientNorm(parameters);
  if (norm > most) scaleGradients(parameters, most / norm);
  return norm;
}
