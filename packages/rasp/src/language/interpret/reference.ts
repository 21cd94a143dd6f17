/**
 * Selection and aggregation as the language defines them: every cell of every matrix, row by row, left to right. The fast paths in this
 * folder compute the same, which `fast-paths.test.ts` checks.
 */
import { compareAtoms } from "../atom/compare.js";
import { aggregateRow, notNumbers } from "../atom/mean.js";
import type { Atom, Selector, SOp } from "../graph/node.js";
import type { Default } from "./aggregate.js";
import { checkScores } from "./best.js";
import type { Matrix } from "./matrix.js";
import { sequenceType } from "./sequence.js";

/** The matrix of a selector, from the values of the s-ops that it compares. @throws RaspError where two atoms have no order */
export function matrixReference(node: Selector, values: (sop: SOp) => readonly Atom[]): Matrix {
  switch (node.kind) {
    case "select": {
      const keys = values(node.keys);
      return values(node.queries).map((query) =>
        Uint8Array.from(keys, (key) => Number(compareAtoms(node.op, key, query))),
      );
    }
    case "not":
      return matrixReference(node.arg, values).map((row) => row.map((cell) => 1 - cell));
    case "and":
    case "or": {
      const [left, right] = [matrixReference(node.left, values), matrixReference(node.right, values)];
      const join = node.kind === "and" ? Math.min : Math.max;
      return left.map((row, q) => row.map((cell, k) => join(cell, right[q]![k]!)));
    }
    case "best":
      return bestReference(matrixReference(node.selector, values), values(node.score));
  }
}

/** The earliest selected position whose score no other selected one exceeds. @throws RaspError where scores are no numbers */
function bestReference(matrix: Matrix, scores: readonly Atom[]): Matrix {
  checkScores(scores);
  return matrix.map((row) => {
    const selected = [...row.keys()].filter((key) => row[key] === 1);
    const best = selected.find((key) => !selected.some((other) => compareAtoms(">", scores[other]!, scores[key]!)));
    return row.map((_, key) => Number(key === best));
  });
}

/** The mean of each row. @throws RaspError of class type for the mean of values that are no numbers */
export function aggregateReference(matrix: Matrix, values: readonly Atom[], otherwise: Default): readonly Atom[] {
  // Before it takes a mean, the original requires numbers of the whole sequence, not only of the selected values.
  const type = sequenceType(values);
  return matrix.map((row) => {
    const selected = values.filter((_, key) => row[key] === 1);
    if (selected.length > 1 && (type === "string" || type === "bool")) throw notNumbers(values[0]!);
    return selected.length === 0 ? otherwise() : aggregateRow(selected, 0n);
  });
}
