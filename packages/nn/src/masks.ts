/** Attention masks: 1 hides a key, 0 shows it. */
import { tensor, type Tensor } from "@selectron/core";
import { checkRows } from "./rows.js";

/** Hides later keys: [n, n], rows = queries. */
export function causalMask(length: number): Tensor {
  const hidden = Float32Array.from({ length: length * length }, (_, at) =>
    at % length > Math.floor(at / length) ? 1 : 0,
  );
  return tensor(hidden, [length, length]);
}

/**
 * Hides padded keys from every query.
 *
 * @param padding - [B][n], true where the token is real
 * @returns [B, n]
 * @throws RangeError if the rows are not `batch` rows of `length`
 */
export function paddingMask(padding: readonly (readonly boolean[])[], batch: number, length: number): Tensor {
  if (padding.length !== batch) {
    throw new RangeError(`padding: ${padding.length} rows, but ${batch} rows of tokens; pass one row for each.`);
  }
  checkRows("padding", padding, length, "Pass one flag for each token.");
  const hidden = Float32Array.from(padding.flat(), (real) => (real ? 0 : 1));
  return tensor(hidden, [batch, length]);
}
