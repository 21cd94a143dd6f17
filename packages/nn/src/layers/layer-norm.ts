/**
 * Layer normalisation of the last axis with a learnt gain ("weight", initially 1) and bias (initially 0): Ba, Kiros &
 * Hinton 2016, arXiv 1607.06450, equations 3 and 4, the variance plus epsilon under the root; or, as some texts print it, with epsilon added to the deviation:
 * gain · (x − μ) / (σ + ε) + bias.
 */
import { checks, type Tensor } from "@selectron/core";
import { checkScope, type ParameterScope } from "../parameters.js";

/** Options of a layer norm. */
export interface LayerNormOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number | undefined;
  /** Whether there is a bias; true by default. */
  readonly bias?: boolean | undefined;
  /** Whether epsilon is added to the deviation, after the root, instead of to the variance; false by default. */
  readonly epsilonOnDeviation?: boolean | undefined;
}

const EPSILON = 1e-5;
const optionKinds = { epsilon: checks.anAmount, bias: checks.aFlag, epsilonOnDeviation: checks.aFlag };

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
  readonly #onDeviation: boolean;

  constructor(scope: ParameterScope, width: number, options: LayerNormOptions = {}) {
    checkScope("LayerNorm", scope);
    checks.check("LayerNorm: width", width, checks.anInteger(0));
    checks.checkOptions("LayerNorm", options, optionKinds);
    const { epsilon, bias = true, epsilonOnDeviation = false } = options;
    this.weight = scope.parameter("weight", [width], 1);
    this.bias = bias ? scope.parameter("bias", [width]) : undefined;
    this.#epsilon = epsilon;
    this.#onDeviation = epsilonOnDeviation;
  }

  /** [..., width] → [..., width]. */
  forward(x: Tensor): Tensor {
    checks.check("LayerNorm.forward: x", x, checks.aTensor);
    if (!this.#onDeviation) return x.layerNorm(this.weight, this.bias, this.#epsilon);
    const centred = x.sub(x.mean(-1, true));
    const deviation = centred.mul(centred).mean(-1, true).sqrt();
    const scaled = centred.div(deviation.add(this.#epsilon ?? EPSILON)).mul(this.weight);
    return this.bias ? scaled.add(this.bias) : scaled;
  }
}
