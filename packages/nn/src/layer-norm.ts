/** Layer normalisation of the last axis with a learnt gain ("weight", initially 1) and bias (initially 0). */
import type { Tensor } from "@selectron/core";
import type { ParameterScope } from "./parameters.js";

export class LayerNorm {
  /** [width]. */
  readonly weight: Tensor;
  /** [width]. */
  readonly bias: Tensor;

  constructor(scope: ParameterScope, width: number) {
    this.weight = scope.parameter("weight", [width], 1);
    this.bias = scope.parameter("bias", [width]);
  }

  /** [..., width] → [..., width]. */
  forward(x: Tensor): Tensor {
    return x.layerNorm(this.weight, this.bias);
  }
}
