/** Attention masks: 1 hides a key, 0 shows it. `scores.maskedFill(mask, -Infinity)` applies one. */
import { checks, tensor, type Tensor } from "@selectron/core";
import { byOffset } from "../positions/positions.js";
import { checkFlags, checkRows, plainRows } from "../checks.js";

/**
 * Hides padded keys from every query.
 *
 * @param rows - [B][n], true where the token is real
 * @returns [B, n]; as a mask of scores [B, H, n, n] it is `.reshape([B, 1, 1, n])`
 * @throws RangeError if the rows are not `batch` rows of `length`
 */
export function paddingMask(rows: readonly (readonly boolean[])[], batch: number, length: number): Tensor {
  const padding = plainRows("padding", rows);
  checks.check("paddingMask: batch", batch, checks.anInteger(0));
  checks.check("paddingMask: length", length, checks.anInteger(0));
  if (padding.length !== batch) {
    throw new RangeError(`padding: ${padding.length} rows, but ${batch} rows of tokens; pass one row for each.`);
  }
  checkRows("padding", padding, length, "Pass one flag for each token.");
  checkFlags(padding);
  const hidden = Float32Array.from(padding.flat(), (real) => (real ? 0 : 1));
  return tensor(hidden, [batch, length]);
}

/** The mask has the square of it. */
const MOST_POSITIONS = 2 ** 15;

/**
 * Hides later keys: 1 above the diagonal. With fewer queries than keys, the last query is at the last key's position.
 *
 * @returns [queries, keys]
 */
export function causalMask(queries: number, keys = queries): Tensor {
  checks.check("causalMask: queries", queries, checks.anInteger(1, MOST_POSITIONS));
  checks.check("causalMask: keys", keys, checks.anInteger(1, MOST_POSITIONS));
  return tensor(
    byOffset(queries, keys, (offset) => (offset > 0 ? 1 : 0)),
    [queries, keys],
  );
}

/** Hides what either mask hides; shapes broadcast. */
export function eitherMask(a: Tensor, b: Tensor): Tensor {
  checks.check("eitherMask: a", a, checks.aTensor);
  checks.check("eitherMask: b", b, checks.aTensor);
  return a.add(b).where(1, 0);
}
