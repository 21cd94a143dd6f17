/** Position-wise feed-forward sublayer with one hidden layer (Vaswani et al. 2017, section 3.3), ReLU by default. */
import { checks, type Activation, type Tensor } from "@selectron/core";
import { anActivation } from "../checks.js";
import { Linear } from "./linear.js";
import { checkScope, type ParameterScope } from "../parameters.js";

/** Options of a feed-forward layer. */
export interface FeedForwardOptions {
  /** "relu" by default; "gelu" is the tanh form, "geluExact" the definition. */
  readonly activation?: Activation | undefined;
  /** Whether both maps have a bias; true by default. */
  readonly bias?: boolean | undefined;
  /** Width of the result, dModel by default. */
  readonly outputs?: number | undefined;
}

const optionKinds = { activation: anActivation, bias: checks.aFlag, outputs: checks.anInteger(0) };

/** activation(x · W₁ + b₁) · W₂ + b₂. */
export class FeedForward {
  static {
    checks.guardMethods(this);
  }

  readonly #hidden: Linear;
  readonly #output: Linear;
  readonly #activation: Activation;

  constructor(scope: ParameterScope, dModel: number, dFf: number, options: FeedForwardOptions = {}) {
    checkScope("FeedForward", scope);
    checks.check("FeedForward: dModel", dModel, checks.anInteger(0));
    checks.check("FeedForward: dFf", dFf, checks.anInteger(0));
    checks.checkOptions("FeedForward", options, optionKinds);
    this.#hidden = new Linear(scope.child("hidden"), dModel, dFf, options.bias);
    this.#output = new Linear(scope.child("output"), dFf, options.outputs ?? dModel, options.bias);
    this.#activation = options.activation ?? "relu";
  }

  /**
   * [..., D] → [..., outputs].
   *
   * @param patch - called with the hidden layer after its activation [..., F]; its result is used instead
   */
  forward(x: Tensor, patch: (hidden: Tensor) => Tensor = (hidden) => hidden): Tensor {
    checks.check("FeedForward.forward: patch", patch, checks.aFunction("a function of a tensor"));
    return this.#output.forward(patch(this.#hidden.forward(x, this.#activation)));
  }
}
