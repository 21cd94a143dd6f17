/**
 * Learnt encoding: one row of a table per position; and the same table interpolated for sequences longer than those it
 * was trained on (position interpolation, Chen et al. 2023, arXiv 2306.15595, for a table instead of angles): P(i) =
 * P[⌊αi⌋] + (αi − ⌊αi⌋)(P[⌊αi⌋ + 1] − P[⌊αi⌋]), α = trained length / longest length.
 */
import { tensor, type Tensor } from "@selectron/core";
import { Embedding } from "../layers/embedding-table.js";
import type { ParameterScope } from "../parameters.js";
import type { PositionContext, PositionSizes, Positions } from "./positions.js";

export class LearnedPositions implements Positions {
  readonly maxLength: number;
  readonly #table: Embedding;

  constructor(scope: ParameterScope, { maxLength, dModel }: PositionSizes) {
    this.maxLength = maxLength;
    this.#table = new Embedding(scope, maxLength, dModel);
  }

  absolute(x: Tensor, { start }: PositionContext): Tensor {
    return this.#table.weight.slice(start, start + x.shape[1]!);
  }
}

export class InterpolatedPositions implements Positions {
  readonly maxLength: number;
  readonly #table: Embedding;
  readonly #trainedLength: number;

  /** The table has `trainedLength` rows, as a `LearnedPositions` of that length, whose weights it can take over. */
  constructor(scope: ParameterScope, { maxLength, dModel }: PositionSizes, trainedLength: number) {
    this.maxLength = maxLength;
    this.#trainedLength = trainedLength;
    this.#table = new Embedding(scope, trainedLength, dModel);
  }

  absolute(x: Tensor, { start }: PositionContext): Tensor {
    const alpha = Math.min(1, this.#trainedLength / this.maxLength);
    const places = Array.from({ length: x.shape[1]! }, (_, i) => alpha * (start + i));
    const below = places.map(Math.floor);
    const last = this.#trainedLength - 1;
    const rows = (indices: number[]): Tensor => this.#table.weight.gather(indices.map((i) => Math.min(i, last)));
    const share = tensor(
      Float32Array.from(places, (place, i) => place - below[i]!),
      [places.length, 1],
    );
    const low = rows(below);
    return low.add(
      rows(below.map((i) => i + 1))
        .sub(low)
        .mul(share),
    );
  }
}
