/**
 * Relative bias: a learnt number per head and bucket of distances, added to the scores; one table for all layers (T5:
 * Raffel et al. 2020, arXiv 1910.10683, section 2.1). T5's buckets hold one distance each while it is small and then
 * widen with its logarithm; clipped buckets hold one distance each up to a maximum.
 */
import { checks, tensor, type Tensor } from "@selectron/core";
import { checkInteger } from "../checks.js";
import type { ParameterScope } from "../parameters.js";
import { byOffset, type PositionSizes, type Positions, type RelativePositions } from "./positions.js";

/**
 * The bucket, 0 to buckets − 1, of a key `offset` positions after its query (before it if negative). Bidirectional
 * models keep the upper half of the buckets for keys after the query; causal ones use all for keys before it.
 *
 * Bucket `exact` + k begins at the distance exact · (maxDistance / exact)^(k / (side − exact)). Integers of any size
 * compare with that exactly, where a quotient of logarithms would depend on their last bits.
 *
 * @throws RangeError if a number is no integer
 */
export function t5Bucket(offset: number, buckets: number, maxDistance: number, causal: boolean): number {
  checks.check("t5Bucket: offset", offset, checks.anInteger(Number.MIN_SAFE_INTEGER));
  checkInteger("t5Bucket: buckets", buckets, 1, 2 ** 20);
  checkInteger("t5Bucket: maxDistance", maxDistance, 1);
  checks.check("t5Bucket: causal", causal, checks.aFlag);
  const side = causal ? buckets : Math.floor(buckets / 2);
  const first = !causal && offset > 0 ? side : 0;
  const distance = causal ? Math.max(0, -offset) : Math.abs(offset);
  const exact = Math.floor(side / 2);
  if (distance < exact) return first + distance;
  if (distance >= maxDistance) return first + Math.max(0, side - 1);
  const wide = side - exact;
  const reaches = (k: number): boolean =>
    BigInt(distance) ** BigInt(wide) * BigInt(exact) ** BigInt(k) >=
    BigInt(maxDistance) ** BigInt(k) * BigInt(exact) ** BigInt(wide);
  let grown = 0;
  while (grown < wide - 1 && reaches(grown + 1)) grown++;
  return first + exact + grown;
}

/** The bucket of an offset clipped to ±maxDistance: 0 to 2 · maxDistance. */
export const clippedBucket = (offset: number, maxDistance: number): number =>
  maxDistance + Math.max(-maxDistance, Math.min(maxDistance, offset));

export class BucketPositions implements Positions {
  /** [buckets, heads]. */
  readonly #bias: Tensor;
  readonly #bucket: (offset: number) => number;

  readonly #scale: number;

  /** @param scale - factor on the bias */
  constructor(
    scope: ParameterScope,
    { heads }: PositionSizes,
    buckets: number,
    bucket: (offset: number) => number,
    scale = 1,
  ) {
    this.#bias = scope.parameter("bias", [buckets, heads]);
    this.#bucket = bucket;
    this.#scale = scale;
  }

  relative(): RelativePositions {
    return {
      scores: (query, keys) => {
        const queries = query.shape[2]!;
        const rows = tensor(byOffset(queries, keys, this.#bucket), [queries, keys]);
        const bias = this.#bias.gather(rows).permute([2, 0, 1]);
        return this.#scale === 1 ? bias : bias.mul(this.#scale);
      },
    };
  }
}
