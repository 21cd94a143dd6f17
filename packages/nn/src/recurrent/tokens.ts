/** Rows of token ids as a tensor of indices. */
import { checks, tensor, type Tensor } from "@selectron/core";
import { checkRows, plainRows } from "../checks.js";

/** [B][n] → [B, n]. @throws RangeError on an id outside the vocabulary, rows of unequal length, or no rows */
export function tokensOf(name: string, given: readonly (readonly number[])[], vocabSize: number): Tensor {
  const rows = plainRows(name, given);
  if (rows.length === 0) throw new RangeError(`${name}: the batch is empty; pass one row of ids or more.`);
  const length = rows[0]!.length;
  if (length === 0) throw new RangeError(`${name}: the rows are empty; pass one token or more.`);
  checkRows(name, rows, length, "Pad the shorter rows and pass their padding.");
  rows.forEach((row, b) => {
    row.forEach((id, i) => {
      if (Number.isInteger(id) && id >= 0 && id < vocabSize) return;
      throw new RangeError(
        `${name}: id ${checks.describeValue(id)} at row ${b}, position ${i} is outside the vocabulary; use 0 to ${vocabSize - 1}.`,
      );
    });
  });
  return tensor(Float32Array.from(rows.flat()), [rows.length, length]);
}
