/**
 * Multi-scale convolutional encoding: P(i) = Σₖ wₖ · x[i + k], depthwise, with kernels of several sizes side by side:
 * P = Concat(Conv₃(x), Conv₅(x)), each on its share of the channels. A position is known by its neighbours, above all
 * near the edges. In a causal model the taps are i − 2K to i, so that nothing looks ahead.
 */
import { concat, zeros, type Tensor } from "@selectron/core";
import type { ParameterScope } from "../parameters.js";
import type { PositionContext, PositionSizes, Positions } from "./positions.js";

export class ConvolutionalPositions implements Positions {
  /** One depthwise kernel [size, channels] per scale. */
  readonly #kernels: readonly Tensor[];
  readonly #causal: boolean;
  readonly #slot: string;

  /**
   * @param sizes - odd numbers of taps, one per scale; channels are split evenly, the first scales take the remainder
   */
  constructor(scope: ParameterScope, { dModel, causal }: PositionSizes, sizes: readonly number[]) {
    this.#causal = causal;
    this.#slot = scope.name("tail");
    this.#kernels = sizes.map((size, index) => {
      const channels = Math.floor(dModel / sizes.length) + (index < dModel % sizes.length ? 1 : 0);
      return scope.parameter(`kernel${index}`, [size, channels], "xavier");
    });
  }

  absolute(x: Tensor, { cache, hiddenKeys }: PositionContext): Tensor {
    const [batch, length, width] = x.shape as [number, number, number];
    const longest = Math.max(...this.#kernels.map(({ shape }) => shape[0]!));
    const before = this.#causal ? longest - 1 : (longest - 1) / 2;
    const real = hiddenKeys ? x.maskedFill(hiddenKeys.reshape([batch, length, 1]), 0) : x;
    const tail = cache?.get(this.#slot) ?? zeros([batch, before, width]);
    const around = concat(this.#causal ? [tail, real] : [tail, real, zeros([batch, before, width])], 1);
    cache?.set(this.#slot, around.slice(around.shape[1]! - before, undefined, 1));
    let channel = 0;
    const scales = this.#kernels.map((kernel) => {
      const [size, channels] = kernel.shape as [number, number];
      const own = around.slice(channel, channel + channels, 2);
      channel += channels;
      const first = this.#causal ? longest - size : (longest - size) / 2;
      const taps = Array.from({ length: size }, (_, k) =>
        own.slice(first + k, first + k + length, 1).mul(kernel.slice(k, k + 1)),
      );
      return taps.reduce((sum, tap) => sum.add(tap));
    });
    return concat(scales, 2);
  }
}
