/**
 * Continuous encoding: dh/dt = f(h(t), t) from a learnt h(0), and P(t) = ∫₀ᵗ f(h(τ), τ) dτ = h(t) − h(0) (FLOATER: Liu et al. 2020, arXiv
 * 2003.09229; neural ordinary differential equations: Chen et al. 2018, arXiv 1806.07366). f is an MLP of h and t with one hidden layer of
 * tanh. The solver is the classical Runge–Kutta method with fixed steps, so that gradients pass through it as through any function.
 */
import { concat, full, stack, type Tensor } from "@selectron/core";
import { Linear } from "../layers/linear.js";
import type { ParameterScope } from "../parameters.js";
import type { PositionContext, PositionSizes, Positions } from "./positions.js";

/** One step of the classical Runge–Kutta method: y(t) → y(t + step) where dy/dt = f(y, t). */
export function rungeKutta(f: (y: Tensor, t: number) => Tensor, y: Tensor, t: number, step: number): Tensor {
  const k1 = f(y, t);
  const k2 = f(y.add(k1.mul(step / 2)), t + step / 2);
  const k3 = f(y.add(k2.mul(step / 2)), t + step / 2);
  const k4 = f(y.add(k3.mul(step)), t + step);
  return y.add(
    k1
      .add(k2.add(k3).mul(2))
      .add(k4)
      .mul(step / 6),
  );
}

export class OdePositions implements Positions {
  /** [1, D]. */
  readonly #start: Tensor;
  readonly #hidden: Linear;
  readonly #output: Linear;
  readonly #interval: number;
  readonly #steps: number;
  readonly #slot: string;

  /**
   * @param hidden - width of the MLP's hidden layer
   * @param interval - the time between two positions
   * @param steps - of the solver, between two positions
   */
  constructor(scope: ParameterScope, { dModel }: PositionSizes, hidden: number, interval: number, steps: number) {
    this.#start = scope.parameter("start", [1, dModel], "embedding");
    this.#hidden = new Linear(scope.child("hidden"), dModel + 1, hidden);
    this.#output = new Linear(scope.child("output"), hidden, dModel);
    this.#interval = interval;
    this.#steps = steps;
    this.#slot = scope.name("reached");
  }

  absolute(x: Tensor, { start, cache }: PositionContext): Tensor {
    const [batch, length, width] = x.shape as [number, number, number];
    const step = this.#interval / this.#steps;
    const slope = (h: Tensor, t: number): Tensor =>
      this.#output.forward(this.#hidden.forward(concat([h, full([h.shape[0]!, 1], t)], 1)).tanh());
    const onePosition = (h: Tensor, position: number): Tensor => {
      let y = h;
      for (let s = 0; s < this.#steps; s++) y = rungeKutta(slope, y, position * this.#interval + s * step, step);
      return y;
    };
    // The state at `start`, a row for each of the batch, since what a cache keeps has the batch first.
    const kept = cache?.get(this.#slot);
    let h = kept ?? this.#start;
    if (!kept) for (let position = 0; position < start; position++) h = onePosition(h, position);
    const states: Tensor[] = [];
    for (let i = 0; i < length; i++) {
      states.push(h);
      if (i < length - 1 || cache) h = onePosition(h, start + i);
    }
    cache?.set(this.#slot, h.broadcastTo([batch, width]));
    return stack(states, 1).sub(this.#start.reshape([1, 1, width]));
  }
}
