/**
 * Layer normalisation of the last axis with a learnt gain ("weight", initially 1) and bias (initially 0): Ba, Kiros &
 * Hinton 2016, arXiv 1607.06450, equations 3 and 4, the variance plus epsilon under the root.
 */
import { checks, type Tensor } from "@selectron/core";
import { checkScope, type ParameterScope } from "../parameters.js";

/** Options of a layer norm. */
export interface LayerNormOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number | undefined;
  /** Whether there is a bias; true by default. */
  readonly bias?: boolean | undefined;
}

/** A layer norm with its parameters. */
export class LayerNorm {
  static {
    checks.guardMethods(this);
  }

  /** [width]. */
  readonly weight: Tensor;
  /** [width]; absent in a norm without bias. */
  readonly bias: Tensor | undefined;
  readonly #epsilon: number | undefined;

  constructor(scope: ParameterScope, width: number, options: LayerNormOptions = {}) {
    checkScope("LayerNorm", scope);
    checks.check("LayerNorm: width", width, checks.anInteger(0));
    checks.checkOptions("LayerNorm", options, { epsilon: checks.anAmount, bias: checks.aFlag });
    const { epsilon, bias = true } = options;
    this.weight = scope.parameter("weight", [width], 1);
    this.bias = bias ? scope.parameter("bias", [width]) : undefined;
    this.#epsilon = epsilon;
  }

  /** [..., width] → [..., width]. */
  forward(x: Tensor): Tensor {
    checks.check("LayerNorm.forward: x", x, checks.aTensor);
    return x.layerNorm(this.weight, this.bias, this.#epsilon);
  }
}
