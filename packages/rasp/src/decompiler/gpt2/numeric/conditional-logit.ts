/**
 * The convex problem behind all fits here: each row chooses among options, an option's score is linear in its features, and the
 * shares are the softmax of the scores (McFadden 1974, conditional logit). Attention patterns choose keys, readouts choose symbols, a
 * sigmoid chooses between yes and no. Newton's method with a small ridge solves it, so the result is deterministic and does not depend on
 * a learning rate.
 */
import { exactExp as exp, exactLog as log } from "@selectron/core";

/** Rows of options, each with sparse features and the share that it should get. */
export class Choices {
  readonly rowStart: number[] = [0];
  readonly optionStart: number[] = [0];
  readonly target: number[] = [];
  readonly feature: number[] = [];
  readonly value: number[] = [];

  /** Adds a feature to the next option. */
  add(feature: number, value: number): void {
    if (value === 0) return;
    this.feature.push(feature);
    this.value.push(value);
  }

  /** Ends an option. @param target - its share, 0 to 1 */
  option(target: number): void {
    this.target.push(target);
    this.optionStart.push(this.feature.length);
  }

  /** Ends a row. */
  row(): void {
    this.rowStart.push(this.target.length);
  }

  get rows(): number {
    return this.rowStart.length - 1;
  }
}

export interface Fit {
  readonly weights: Float64Array;
  /** The mean cross-entropy less the entropy of the targets, in nats per row; 0 is perfect. */
  readonly divergence: number;
}

const MAX_STEPS = 40;

/** The weights of `size` features that fit the targets best. */
export function fitChoices(choices: Choices, size: number, ridge = 1e-4): Fit {
  const weights = new Float64Array(size);
  const problem = new Problem(choices, size, ridge);
  let loss = problem.loss(weights);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { gradient, hessian } = problem.derivatives(weights);
    const direction = solve(hessian, gradient, size);
    const slope = gradient.reduce((sum, g, k) => sum + g * direction[k]!, 0);
    if (slope < 1e-5 * (1e-2 + loss)) break;
    let rate = 1;
    for (; rate > 1e-4; rate /= 2) {
      const next = weights.map((w, k) => w - rate * direction[k]!);
      const nextLoss = problem.loss(next);
      if (nextLoss > loss - 1e-4 * rate * slope) continue;
      weights.set(next);
      loss = nextLoss;
      break;
    }
    if (rate <= 1e-4) break;
  }
  return { weights, divergence: problem.divergence(weights) };
}

class Problem {
  readonly #shares: Float64Array;
  readonly #entropy: number;

  readonly #choices: Choices;
  readonly #size: number;
  readonly #ridge: number;

  constructor(choices: Choices, size: number, ridge: number) {
    this.#choices = choices;
    this.#size = size;
    this.#ridge = ridge;
    this.#shares = new Float64Array(choices.target.length);
    this.#entropy = choices.target.reduce((sum, share) => sum - (share > 0 ? share * log(share) : 0), 0);
  }

  divergence(weights: Float64Array): number {
    return (this.#crossEntropy(weights) - this.#entropy) / Math.max(1, this.#choices.rows);
  }

  loss(weights: Float64Array): number {
    return this.#crossEntropy(weights) + 0.5 * this.#ridge * weights.reduce((sum, w) => sum + w * w, 0);
  }

  /** The cross-entropy, summed over rows. Leaves every option's share in `#shares`. */
  #crossEntropy(weights: Float64Array): number {
    const { rowStart, optionStart, target, feature, value } = this.#choices;
    const shares = this.#shares;
    let total = 0;
    for (let row = 0; row + 1 < rowStart.length; row++) {
      const [first, end] = [rowStart[row]!, rowStart[row + 1]!];
      let most = -Infinity;
      for (let o = first; o < end; o++) {
        let score = 0;
        for (let e = optionStart[o]!; e < optionStart[o + 1]!; e++) score += weights[feature[e]!]! * value[e]!;
        shares[o] = score;
        if (score > most) most = score;
      }
      let sum = 0;
      for (let o = first; o < end; o++) sum += exp(shares[o]! - most);
      const logSum = most + log(sum);
      for (let o = first; o < end; o++) {
        if (target[o]! > 0) total += target[o]! * (logSum - shares[o]!);
        shares[o] = exp(shares[o]! - logSum);
      }
    }
    return total;
  }

  derivatives(weights: Float64Array): { gradient: Float64Array; hessian: Float64Array } {
    this.#crossEntropy(weights);
    const { rowStart, optionStart, target, feature, value } = this.#choices;
    const shares = this.#shares;
    const size = this.#size;
    const gradient = weights.map((w) => w * this.#ridge);
    const hessian = new Float64Array(size * size);
    const mean = new Float64Array(size);
    for (let row = 0; row + 1 < rowStart.length; row++) {
      const touched: number[] = [];
      for (let o = rowStart[row]!; o < rowStart[row + 1]!; o++) {
        const share = shares[o]!;
        const difference = share - target[o]!;
        for (let e = optionStart[o]!; e < optionStart[o + 1]!; e++) {
          const [f, v] = [feature[e]!, value[e]!];
          gradient[f]! += difference * v;
          if (share < 1e-12) continue;
          if (mean[f] === 0) touched.push(f);
          mean[f]! += share * v;
          for (let d = optionStart[o]!; d < optionStart[o + 1]!; d++) {
            hessian[f * size + feature[d]!]! += share * v * value[d]!;
          }
        }
      }
      for (const f of touched) {
        const scaled = mean[f]!;
        if (scaled !== 0) for (const g of touched) hessian[f * size + g]! -= scaled * mean[g]!;
      }
      for (const f of touched) mean[f] = 0;
    }
    for (let k = 0; k < size; k++) hessian[k * size + k]! += this.#ridge;
    return { gradient, hessian };
  }
}

/** The solution of A x = b for a symmetric positive definite A [n, n], by Cholesky decomposition. Overwrites A. */
export function solve(a: Float64Array, b: Float64Array, n: number): Float64Array {
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) {
      const factor = a[j * n + k]!;
      if (factor !== 0) for (let i = j; i < n; i++) a[i * n + j]! -= factor * a[i * n + k]!;
    }
    const root = Math.sqrt(Math.max(a[j * n + j]!, 1e-12));
    for (let i = j; i < n; i++) a[i * n + j]! /= root;
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i * n + k]! * x[k]!;
    x[i]! /= a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= a[k * n + i]! * x[k]!;
    x[i]! /= a[i * n + i]!;
  }
  return x;
}
