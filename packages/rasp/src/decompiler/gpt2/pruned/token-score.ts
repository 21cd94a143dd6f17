/** The scores of a head that compares tokens with tokens: the table that its weights give, rounded. */

import { exactExp as exp } from "@selectron/core";
import type { Task } from "../data/task.js";
import { decimal, dictText, nestedText } from "../text.js";
import type { Pattern } from "../variables/variable.js";

/** The step of the table. Rounding by half of it changes the ratio of two shares by a tenth at most. */
export const STEP = 0.2;

/** @param scores - [V, V], of a query's token with a key's */
export function tokenScore({ vocabulary }: Task, head: string, scores: Float64Array, step = STEP): Pattern {
  const size = vocabulary.length;
  const table = Float64Array.from(scores);
  for (let row = 0; row < size; row++) {
    // A softmax depends on differences alone, so the median score of a query can become 0.
    const own = [...table.subarray(row * size, (row + 1) * size)].map((x) => Math.round(x / step));
    const middle = [...own].sort((a, b) => a - b)[size >> 1]!;
    own.forEach((x, column) => (table[row * size + column] = Number(decimal((x - middle) * step))));
  }
  const rows = vocabulary.map((_, row) => table.subarray(row * size, (row + 1) * size));
  const isKeyOnly = rows.every((row) => row.every((x, column) => x === rows[0]![column]));
  const at = (row: number, column: number): number => table[row * size + column]!;
  return {
    key: `scores of head ${head}`,
    text: () =>
      isKeyOnly
        ? `key_score(tokens, ${dictText(vocabulary.map((token, column) => [token, at(0, column)]))})`
        : `score(tokens, tokens, ${nestedText(vocabulary, vocabulary, at)})`,
    reads: [],
    parameters: (isKeyOnly ? rows[0]! : table).filter((x) => x !== 0).length,
    tables: [
      { title: `scores of head ${head}`, rows: vocabulary, columns: vocabulary, values: rows.map((row) => [...row]) },
    ],
    shares: ({ ids }) => {
      const length = ids.length;
      const out = new Float32Array(length * length);
      const weights = Float64Array.from(table, exp);
      for (let i = 0; i < length; i++) {
        let total = 0;
        for (let j = 0; j <= i; j++) total += weights[ids[i]! * size + ids[j]!]!;
        for (let j = 0; j <= i; j++) out[i * length + j] = weights[ids[i]! * size + ids[j]!]! / total;
      }
      return out;
    },
  };
}
