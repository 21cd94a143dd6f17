/**
 * Root mean square normalisation of the last axis with a learnt gain ("weight", initially 1): Zhang & Sennrich 2019, arXiv 1910.07467,
 * equation 4, epsilon added to the mean square under the root. Without mean and bias it is what models of the Llama kind have.
 */
import { checks, ShapeError, type Tensor } from "@selectron/core";
import { checkScope, type ParameterScope } from "../parameters.js";

/** x [..., width] / √(mean of its squares + epsilon) · gain [width]. Throws a ShapeError if the gain does not fit. */
export function rmsNorm(x: Tensor, gain: Tensor, epsilon = 1e-5): Tensor {
  checks.check("rmsNorm: x", x, checks.aTensor);
  checks.check("rmsNorm: gain", gain, checks.aTensor);
  checks.check("rmsNorm: epsilon", epsilon, checks.anAmount);
  if (gain.rank !== 1 || gain.shape[0] !== x.shape.at(-1)) {
    throw new ShapeError(
      `rmsNorm: gain is [${gain.shape.join(", ")}] and x is [${x.shape.join(", ")}]; the gain has one axis, as long as x's last.`,
    );
  }
  const meanSquare = x.mul(x).mean(-1, true);
  return x.div(meanSquare.add(epsilon).sqrt()).mul(gain);
}

/** The norm with its parameter. */
export class RmsNorm {
  static {
    checks.guardMethods(this);
  }

  /** [width]. */
  readonly weight: Tensor;
  readonly #epsilon: number | undefined;

  /** @param epsilon - added to the mean square; 1e-5 by default */
  constructor(scope: ParameterScope, width: number, epsilon?: number) {
    checkScope("RmsNorm", scope);
    checks.check("RmsNorm: width", width, checks.anInteger(0));
    checks.checkGiven("RmsNorm: epsilon", epsilon, checks.anAmount);
    this.weight = scope.parameter("weight", [width], 1);
    this.#epsilon = epsilon;
  }

  /** [..., width] → [..., width]. */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, this.#epsilon);
  }
}
