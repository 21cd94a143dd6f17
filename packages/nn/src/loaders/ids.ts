/** Ids and logits of models that are read from files. */
import { checks, elementsOf, Tensor } from "@selectron/core";
import type { Fail } from "./load-error.js";

/**
 * Rows of ids as a tensor [B, n].
 *
 * @param what - such as "token"
 * @param limit - ids are less
 * @throws RangeError for an id out of range, and rows of unequal length
 */
export function idTensor(
  operation: string,
  what: string,
  rows: readonly (readonly number[])[],
  limit: number,
  batch: number,
  length: number,
): Tensor {
  if (rows.length !== batch || rows.some((row) => row.length !== length)) {
    throw new RangeError(`${operation}: ${what}s must be ${batch} rows of ${length}, as the tokens are.`);
  }
  const ids = rows.flatMap((row) => Array.from(row));
  const wrong = ids.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= limit);
  if (wrong >= 0) {
    throw new RangeError(
      `${operation}: ${what} ${checks.describeValue(ids[wrong])} in row ${Math.floor(wrong / length)} is not in 0 to ${limit - 1}.`,
    );
  }
  return new Tensor(Float32Array.from(ids), [batch, length]);
}

/** Throws a LoadError if a logit is not finite: weights that are finite, but too large, can still make infinity and NaN on the way. */
export function checkFinite({ data }: Tensor, parameters: ReadonlyMap<string, Tensor>, fail: Fail): void {
  // A difference that is not 0 is NaN, of NaN or an infinity.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]! - data[i]!;
  if (sum === 0) return;
  let [largest, where] = [0, ""];
  for (const [name, value] of parameters) {
    for (const weight of elementsOf(value)) if (Math.abs(weight) > largest) [largest, where] = [Math.abs(weight), name];
  }
  throw fail(
    `the logits are not finite, though the weights are; the largest is ${largest}, in ${where}. Is the file damaged?`,
  );
}
