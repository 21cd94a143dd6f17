/** Position-wise feed-forward sublayer with one ReLU hidden layer. */
import type { Tensor } from "@selectron/core";
import { Linear } from "./linear.js";
import type { ParameterScope } from "./parameters.js";

export class FeedForward {
  readonly #hidden: Linear;
  readonly #output: Linear;

  constructor(scope: ParameterScope, dModel: number, dFf: number) {
    this.#hidden = new Linear(scope.child("hidden"), dModel, dFf);
    this.#output = new Linear(scope.child("output"), dFf, dModel);
  }

  /**
   * [..., D] → output [..., D] and the hidden layer after its ReLU [..., F].
   *
   * @param patch - gives the hidden layer that is used in place of the one that was computed
   */
  forward(x: Tensor, patch: (hidden: Tensor) => Tensor = (hidden) => hidden): { output: Tensor; hidden: Tensor } {
    const hidden = patch(this.#hidden.forward(x, "relu"));
    return { output: this.#output.forward(hidden), hidden };
  }
}
