/**
 * Rotary encoding with a continuous scaling of its frequencies (CLEX: Chen et al. 2023, arXiv 2310.16450): their logarithms z(t), for
 * sequences t times as long as those trained on, follow dz/dt = −(c + g(z, t)) / t from the frequencies of RoPE at t = 1. g is a learnt MLP
 * that begins at 0, and c[i] = 2i / (dHead − 2), so that at the beginning the scaling is the NTK-aware one by t. A model has one t, its
 * maximum length over the trained length, so that keys in a cache stay as they are. CLEX has SiLU for our tanh, and draws t in training.
 */
import { concat, full, tensor, type Tensor } from "@selectron/core";
import { Linear } from "../layers/linear.js";
import type { ParameterScope } from "../parameters.js";
import { rungeKutta } from "./ode.js";
import type { PositionSizes, Positions, RelativePositions } from "./positions.js";
import { checkPairs } from "./rotary.js";
import { divTerms } from "./sinusoidal.js";
import { turnPairs } from "./turn.js";

/** Of the solver, from t = 1 to the model's. */
const STEPS = 8;

export class ClexPositions implements Positions {
  readonly #first: Tensor;
  /** The NTK-aware slopes c, [1, pairs]. */
  readonly #slopes: Tensor;
  readonly #hidden: Linear;
  /** [hidden, pairs], initially 0. */
  readonly #output: Tensor;
  readonly #factor: number;

  /** @param hidden - width of the MLP's hidden layer. Throws a RangeError if dHead is odd. */
  constructor(
    scope: ParameterScope,
    { dHead, maxLength }: PositionSizes,
    base: number,
    trainedLength: number,
    hidden: number | undefined,
  ) {
    checkPairs(dHead);
    const pairs = dHead / 2;
    const width = hidden ?? 2 * pairs;
    this.#first = tensor(divTerms(dHead, base).map(Math.log), [1, pairs]);
    this.#slopes = tensor(
      Array.from({ length: pairs }, (_, i) => (dHead === 2 ? 0 : (2 * i) / (dHead - 2))),
      [1, pairs],
    );
    this.#hidden = new Linear(scope.child("hidden"), pairs + 1, width);
    this.#output = scope.parameter("output", [width, pairs], 0);
    this.#factor = Math.max(1, maxLength / trainedLength);
  }

  /** [1, pairs], in radians for each position. */
  #frequencies(): Tensor {
    const slope = (z: Tensor, t: number): Tensor => {
      const learnt = this.#hidden
        .forward(concat([z, full([1, 1], t)], 1))
        .tanh()
        .matmul(this.#output);
      return learnt.add(this.#slopes).mul(-1 / t);
    };
    const step = (this.#factor - 1) / STEPS;
    let z = this.#first;
    for (let s = 0; s < STEPS && step > 0; s++) z = rungeKutta(slope, z, 1 + s * step, step);
    return z.exp();
  }

  relative(): RelativePositions {
    return { rotate: (x, start) => turnPairs(x, start, this.#frequencies()) };
  }
}
