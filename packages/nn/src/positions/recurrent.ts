/** Recurrent encoding: h_t = LSTM(x_t, h_{t−1}), P(t) = W · h_t. The embeddings are read once, from the first to the last. */
import type { Tensor } from "@selectron/core";
import { Linear } from "../layers/linear.js";
import type { ParameterScope } from "../parameters.js";
import { Recurrent } from "../recurrent/recurrent.js";
import type { PositionContext, PositionSizes, Positions } from "./positions.js";

export class RecurrentPositions implements Positions {
  readonly #lstm: Recurrent;
  readonly #output: Linear;
  readonly #slot: string;

  /** @param hidden - width of the state */
  constructor(scope: ParameterScope, { dModel }: PositionSizes, hidden: number) {
    this.#lstm = new Recurrent(scope.child("lstm"), "lstm", dModel, hidden);
    this.#output = new Linear(scope.child("output"), hidden, dModel, false);
    this.#slot = scope.name("state");
  }

  absolute(x: Tensor, { cache, hiddenKeys }: PositionContext): Tensor {
    const names = ["output", "cell"].map((part) => `${this.#slot}.${part}`);
    const before = names.map((name) => cache?.get(name));
    const state = before.every((each) => each !== undefined) ? before : undefined;
    const { outputs, state: after } = this.#lstm.forward(x, { state, hiddenKeys });
    names.forEach((name, i) => cache?.set(name, after[i]!));
    return this.#output.forward(outputs);
  }
}
