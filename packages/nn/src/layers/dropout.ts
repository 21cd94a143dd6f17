/**
 * Dropout (Srivastava et al. 2014): each element becomes 0 with probability `rate`, and the others are divided by 1 −
 * rate, which keeps their expected values. There is no training mode: a pass drops elements if it is given an Rng.
 */
import { checks, tensor, type Rng, type Tensor } from "@selectron/core";
import { checkRate } from "../checks.js";

/** Dropout of a fixed rate. */
export class Dropout {
  static {
    checks.guardMethods(this);
  }

  /** Probability that an element is dropped. */
  readonly rate: number;

  /** Throws a RangeError if the rate is not in [0, 1). */
  constructor(rate: number) {
    checkRate("Dropout: rate", rate);
    this.rate = rate;
  }

  /** Factors for `length` elements, 0 or 1 / (1 − rate) each. */
  factors(length: number, rng: Rng): Float32Array {
    checks.check("Dropout.factors: length", length, checks.anInteger(0, 2 ** 30));
    checks.check("Dropout.factors: rng", rng, checks.anRng);
    const kept = 1 / (1 - this.rate);
    const threshold = this.rate * 2 ** 32;
    return Float32Array.from({ length }, () => (rng.next() < threshold ? 0 : kept));
  }

  /** x, of any shape, with elements dropped as the Rng draws them; x itself without an Rng or at rate 0. */
  forward(x: Tensor, rng: Rng | undefined): Tensor {
    checks.check("Dropout.forward: x", x, checks.aTensor);
    checks.checkGiven("Dropout.forward: rng", rng, checks.anRng);
    if (!rng || this.rate === 0) return x;
    return x.mul(tensor(this.factors(x.size, rng), x.shape));
  }
}
