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

  /** [..., D] → output [..., D] and the hidden layer after its ReLU [..., F]. */
  forward(x: Tensor): { output: Tensor; hidden: Tensor } {
    const hidden = this.#hidden.forward(x, "relu");
    return { output: this.#output.forward(hidden), hidden };
  }
}
