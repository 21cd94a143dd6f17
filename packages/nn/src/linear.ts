/** Affine map of the last axis: y = x · W + b. */
import type { Activation, Tensor } from "@selectron/core";
import type { ParameterScope } from "./parameters.js";

export class Linear {
  /** [inputs, outputs]. */
  readonly weight: Tensor;
  /** [outputs]. */
  readonly bias: Tensor;

  constructor(scope: ParameterScope, inputs: number, outputs: number) {
    this.weight = scope.parameter("weight", [inputs, outputs]);
    this.bias = scope.parameter("bias", [outputs]);
  }

  /** [..., inputs] → [..., outputs], through an activation if one is given. */
  forward(x: Tensor, activation?: Activation): Tensor {
    return x.matmul(this.weight, { bias: this.bias, activation });
  }
}
