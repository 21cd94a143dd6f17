/** Affine map of the last axis: y = x · W + b. */
import type { Activation, Tensor } from "@selectron/core";
import { checkScope, type ParameterScope } from "../parameters.js";

/** A linear map with its parameters. */
export class Linear {
  /** [inputs, outputs]. */
  readonly weight: Tensor;
  /** [outputs]; absent in a map without bias. */
  readonly bias: Tensor | undefined;

  constructor(scope: ParameterScope, inputs: number, outputs: number, bias = true) {
    checkScope("Linear", scope);
    this.weight = scope.parameter("weight", [inputs, outputs], "xavier");
    this.bias = bias ? scope.parameter("bias", [outputs]) : undefined;
  }

  /** [..., inputs] → [..., outputs], through an activation if one is given. */
  forward(x: Tensor, activation?: Activation): Tensor {
    return x.matmul(this.weight, { bias: this.bias, activation });
  }
}
