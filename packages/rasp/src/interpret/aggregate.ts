/**
 * `aggregate` over a matrix. The plain reference gathers each row's values for `aggregateRow`; the fast path adds up floats in place,
 * where that is exact. `test/interpret/fast-paths.test.ts` holds one to the other.
 */
import { aggregateRow, notNumbers } from "../atom/mean.js";
import type { Atom } from "../graph/node.js";
import type { Matrix } from "./select.js";
import { sequenceType } from "./sequence.js";

/** What a row without a selected position gives, or throws. */
export type Default = () => Atom;

/** Row by row, left to right. @throws RaspError of class type for a mean of other things than numbers */
export function aggregateReference(matrix: Matrix, values: readonly Atom[], otherwise: Default): readonly Atom[] {
  // The original asks the whole sequence, not only what is selected, to be numbers before it takes a mean.
  const type = sequenceType(values);
  return matrix.map((row) => {
    const selected = values.filter((_, key) => row[key] === 1);
    if (selected.length > 1 && (type === "string" || type === "bool")) throw notNumbers(values[0]!);
    return selected.length === 0 ? otherwise() : aggregateRow(selected, 0n);
  });
}

/** The same, faster. @throws RaspError of class type for a mean of other things than numbers */
export function aggregate(matrix: Matrix, values: readonly Atom[], otherwise: Default): readonly Atom[] {
  const floats = exactFloats(values);
  if (!floats) return aggregateReference(matrix, values, otherwise);
  return matrix.map((row) => {
    let [count, sum, last] = [0, 0, 0];
    for (let key = 0; key < floats.length; key++) {
      if (row[key] === 0) continue;
      sum += floats[key]!;
      count++;
      last = key;
    }
    return count === 0 ? otherwise() : count === 1 ? values[last]! : sum / count;
  });
}

/** The values as floats, if a sum of them as floats is the sum that Python takes: every int small enough. Not for strings and bools. */
function exactFloats(values: readonly Atom[]): Float64Array | undefined {
  const type = sequenceType(values);
  if (type === "string" || type === "bool") return undefined;
  const floats = Float64Array.from(values, Number);
  const limit = Number.MAX_SAFE_INTEGER / values.length;
  const small = values.every((value, i) => typeof value === "number" || Math.abs(floats[i]!) <= limit);
  return small ? floats : undefined;
}
