/**
 * Attention with linear biases (ALiBi; Press et al. 2021, arXiv 2108.12409): scores fall by slope · distance, each head
 * with its own slope; nothing is learnt, and nothing is added to the embeddings.
 */
import { checks, keep, leastPowerOfTwo, tensor, type Tensor } from "@selectron/core";
import { byOffset, type PositionSizes, type Positions, type RelativePositions } from "./positions.js";

/**
 * The slope of each head: 2^(−8/H), 2^(−16/H), ... for a power of two H. For other H those of the next smaller power,
 * followed by every other slope of the next larger one (the authors' code).
 */
export function alibiSlopes(heads: number): number[] {
  checks.check("alibiSlopes: heads", heads, checks.anInteger(0, 2 ** 20));
  const least = leastPowerOfTwo(heads);
  const power = least > heads ? least / 2 : least;
  const slopes = (count: number): number[] => Array.from({ length: count }, (_, h) => 2 ** ((-8 * (h + 1)) / count));
  const between = slopes(2 * power).filter((_, index) => index % 2 === 0);
  return [...slopes(power), ...between.slice(0, heads - power)];
}

export class AlibiPositions implements Positions {
  readonly #slopes: readonly number[];
  #last: Tensor | undefined;

  constructor({ heads }: PositionSizes) {
    this.#slopes = alibiSlopes(heads);
  }

  relative(): RelativePositions {
    return { scores: (query, keys) => this.#scores(query.shape[2]!, keys) };
  }

  /** [H, queries, keys]; all layers of a pass ask for the same one. */
  #scores(queries: number, keys: number): Tensor {
    if (this.#last?.shape[1] !== queries || this.#last.shape[2] !== keys) {
      const distances = tensor(
        byOffset(queries, keys, (offset) => -Math.abs(offset)),
        [queries, keys],
      );
      // The next pass may be in another scope.
      this.#last = keep(tensor(Float32Array.from(this.#slopes), [this.#slopes.length, 1, 1]).mul(distances));
    }
    return this.#last;
  }
}
