/** Attention masks: 1 hides a key, 0 shows it. `scores.maskedFill(mask, -Infinity)` applies one. */
import { tensor, type Tensor } from "@selectron/core";
import { byOffset } from "../positions/positions.js";
import { checkRows, plainRows } from "../checks.js";

/**
 * Hides padded keys from every query.
 *
 * @param padding - [B][n], true where the token is real
 * @returns [B, n]; as a mask of scores [B, H, n, n] it is `.reshape([B, 1, 1, n])`
 * @throws RangeError if the rows are not `batch` rows of `length`
 */
export function paddingMask(rows: readonly (readonly boolean[])[], batch: number, length: number): Tensor {
  const padding = plainRows("padding", rows);
  if (padding.length !== batch) {
    throw new RangeError(`padding: ${padding.length} rows, but ${batch} rows of tokens; pass one row for each.`);
  }
  checkRows("padding", padding, length, "Pass one flag for each token.");
  const hidden = Float32Array.from(padding.flat(), (real) => (real ? 0 : 1));
  return tensor(hidden, [batch, length]);
}

/**
 * Hides later keys: 1 above the diagonal. With fewer queries than keys, the last query is at the last key's position.
 *
 * @returns [queries, keys]
 */
export function causalMask(queries: number, keys = queries): Tensor {
  return tensor(
    byOffset(queries, keys, (offset) => (offset > 0 ? 1 : 0)),
    [queries, keys],
  );
}

/** Hides what either mask hides; shapes broadcast. */
export function eitherMask(a: Tensor, b: Tensor): Tensor {
  return a.add(b).where(1, 0);
}
