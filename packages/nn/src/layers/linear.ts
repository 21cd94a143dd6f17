/** Affine map of the last axis: y = x · W + b. */
import { checks, type Activation, type Tensor } from "@selectron/core";
import { checkScope, type ParameterScope } from "../parameters.js";

/** A linear map with its parameters. */
export class Linear {
  static {
    checks.guardMethods(this);
  }

  /** [inputs, outputs]. */
  readonly weight: Tensor;
  /** [outputs]; absent in a map without bias. */
  readonly bias: Tensor | undefined;

  constructor(scope: ParameterScope, inputs: number, outputs: number, bias = true) {
    checkScope("Linear", scope);
    checks.check("Linear: inputs", inputs, checks.anInteger(0));
    checks.check("Linear: outputs", outputs, checks.anInteger(0));
    checks.check("Linear: bias", bias, checks.aFlag);
    this.weight = scope.parameter("weight", [inputs, outputs], "xavier");
    this.bias = bias ? scope.parameter("bias", [outputs]) : undefined;
  }

  /** [..., inputs] → [..., outputs], through an activation if one is given. */
  forward(x: Tensor, activation?: Activation): Tensor {
    checks.check("Linear.forward: x", x, checks.aTensor);
    return x.matmul(this.weight, { bias: this.bias, activation });
  }
}
