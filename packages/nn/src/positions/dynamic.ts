/**
 * Dynamic encoding: P(i) = MLP(i, context). The position is given by its sinusoidal features, the context by the mean
 * of the embeddings that position i may see: all real tokens, or those up to i in a causal model.
 */
import { concat, elementsOf, tensor, type Tensor } from "@selectron/core";
import { FeedForward } from "../layers/feed-forward.js";
import type { ParameterScope } from "../parameters.js";
import type { PositionContext, PositionSizes, Positions } from "./positions.js";
import { sinusoidalTable } from "./sinusoidal.js";

export class DynamicPositions implements Positions {
  readonly #position: FeedForward;
  readonly #causal: boolean;
  readonly #slot: string;

  /** @param hidden - width of the MLP's hidden layer */
  constructor(scope: ParameterScope, { dModel, causal }: PositionSizes, hidden: number) {
    this.#position = new FeedForward(scope, 2 * dModel, hidden, { outputs: dModel });
    this.#causal = causal;
    this.#slot = scope.name("seen");
  }

  absolute(x: Tensor, context: PositionContext): Tensor {
    const features = sinusoidalTable(context.start, x.shape[1]!, x.shape[2]!).broadcastTo(x.shape);
    return this.#position.forward(concat([features, this.#context(x, context)], 2));
  }

  /** The mean of what each position sees: [B, n, D]. */
  #context(x: Tensor, { cache, hiddenKeys }: PositionContext): Tensor {
    const seen = cache ? cache.append(this.#slot, x, 1) : x;
    const [batch, keys] = seen.shape as [number, number, number];
    const queries = x.shape[1]!;
    const hidden = hiddenKeys && elementsOf(hiddenKeys);
    const weights = new Float32Array(batch * queries * keys);
    for (let b = 0; b < batch; b++) {
      for (let i = 0; i < queries; i++) {
        const row = weights.subarray((b * queries + i) * keys, (b * queries + i + 1) * keys);
        const last = this.#causal ? i + keys - queries : keys - 1;
        let count = 0;
        for (let j = 0; j <= last; j++) if (!hidden || hidden[b * keys + j] === 0) count += row[j] = 1;
        for (let j = 0; j <= last; j++) row[j]! /= Math.max(1, count);
      }
    }
    return tensor(weights, [batch, queries, keys]).matmul(seen);
  }
}
