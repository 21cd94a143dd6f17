/**
 * Composite encoding: P = α · P_abs + β · P_rel with learnt α and β (both initially 1): one encoding of each kind. What is added to scores
 * is multiplied by β; a rotary encoding turns by β times its angles, so that it too is all there at 1 and gone at 0.
 */
import { tensor, type Tensor } from "@selectron/core";
import type { ParameterScope } from "../parameters.js";
import type { PositionContext, Positions, RelativePositions } from "./positions.js";
import { RotaryPositions } from "./rotary.js";
import { turnPairs } from "./turn.js";

export class CompositePositions implements Positions {
  readonly maxLength?: number;
  readonly #absolute: Positions;
  readonly #relative: Positions;
  readonly #alpha: Tensor;
  readonly #beta: Tensor;

  /** Throws a RangeError if the first adds nothing to the embeddings, or the second nothing to the scores. */
  constructor(scope: ParameterScope, absolute: Positions, relative: Positions) {
    if (!absolute.absolute || !relative.relative) {
      throw new RangeError(
        "Composite positions need an absolute encoding (sinusoidal, learned, interpolated, complex, convolutional, dynamic, " +
          "recurrent or ode) and a relative one (rope, ntk, shaw, t5, clipped or alibi).",
      );
    }
    if (absolute.maxLength !== undefined) this.maxLength = absolute.maxLength;
    this.#absolute = absolute;
    this.#relative = relative;
    this.#alpha = scope.parameter("alpha", [1], 1);
    this.#beta = scope.parameter("beta", [1], 1);
  }

  absolute(x: Tensor, context: PositionContext): Tensor {
    return this.#absolute.absolute!(x, context).mul(this.#alpha);
  }

  relative(scope: ParameterScope): RelativePositions {
    if (this.#relative instanceof RotaryPositions) {
      const angles = tensor([...this.#relative.frequencies]);
      return { rotate: (x, start) => turnPairs(x, start, angles.mul(this.#beta)) };
    }
    const { rotate, scores, values } = this.#relative.relative!(scope);
    if (rotate) {
      throw new RangeError("Composite positions weigh biases and the angles of rope and ntk; use one of those.");
    }
    return {
      ...(scores && { scores: (query: Tensor, keys: number) => scores(query, keys).mul(this.#beta) }),
      ...(values && { values: (pattern: Tensor) => values(pattern).mul(this.#beta) }),
    };
  }
}
