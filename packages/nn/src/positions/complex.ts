/**
 * Complex encoding: z(i) = r · e^(i·φ(i)) with φ(i) = ω · i + φ₀, one complex number for each pair of columns, its real part in the even
 * column and its imaginary part in the odd one. r, ω and φ₀ are learnt; as r does not depend on the position and φ is linear in it,
 * z(i + j) = z(i) · e^(iωj): a shift is a rotation.
 */
import { cos, sin, stack, tensor, type Tensor } from "@selectron/core";
import type { ParameterScope } from "../parameters.js";
import type { PositionContext, PositionSizes, Positions } from "./positions.js";
import { divTerms } from "./sinusoidal.js";
import { places } from "./turn.js";

export class ComplexPositions implements Positions {
  /** [pairs] each. The frequency is learnt as a factor on that of the sinusoidal encoding, so that all begin with 1 or 0. */
  readonly #magnitude: Tensor;
  readonly #frequency: Tensor;
  readonly #phase: Tensor;
  readonly #first: Tensor;

  /** Throws a RangeError if dModel is odd. */
  constructor(scope: ParameterScope, { dModel }: PositionSizes) {
    if (dModel % 2 !== 0) {
      throw new RangeError(`Complex positions fill pairs of columns; dModel is ${dModel}, and must be even.`);
    }
    const pairs = dModel / 2;
    this.#magnitude = scope.parameter("magnitude", [pairs], 1);
    this.#frequency = scope.parameter("frequency", [pairs], 1);
    this.#phase = scope.parameter("phase", [pairs]);
    this.#first = tensor(divTerms(dModel));
  }

  absolute(x: Tensor, { start }: PositionContext): Tensor {
    const [, length, width] = x.shape as [number, number, number];
    const angles = places(start, length).mul(this.#frequency.mul(this.#first)).add(this.#phase);
    const parts = [cos(angles), sin(angles)].map((part) => part.mul(this.#magnitude));
    return stack(parts, -1).reshape([length, width]);
  }
}
