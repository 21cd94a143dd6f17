/** A selector's matrix row by row, for pictures and for selectors without boxes: O(n) time for each row, O(n) memory. */
import { compareAtoms } from "../atom/compare.js";
import type { Atom, BestNode, SelectNode, Selector, SOp } from "../graph/node.js";
import type { Choice } from "./best.js";
import type { Ranking } from "./ranking.js";
import { ABOVE, BELOW, EQUAL, RELATIONS } from "./disjoint-form.js";

/** Overwrites `row` with a row of a selector: 1 where it selects, 0 elsewhere. */
export type RowWriter = (query: number, row: Uint8Array) => void;

/** The part of an evaluation that a writer needs. */
export interface RowContext {
  readonly length: number;
  readonly values: (node: SOp) => readonly Atom[];
  ranking(values: readonly Atom[]): Ranking | undefined;
  choice(node: BestNode): Choice;
}

export function rowWriter(node: Selector, context: RowContext): RowWriter {
  switch (node.kind) {
    case "select":
      return comparisonWriter(node, context);
    case "best": {
      const choice = context.choice(node);
      return (q, row) => {
        row.fill(0);
        if (choice[q]! >= 0) row[choice[q]!] = 1;
      };
    }
    case "not": {
      const write = rowWriter(node.arg, context);
      return (q, row) => {
        write(q, row);
        for (let k = 0; k < row.length; k++) row[k]! ^= 1;
      };
    }
    case "and":
    case "or": {
      const [left, right, and] = [rowWriter(node.left, context), rowWriter(node.right, context), node.kind === "and"];
      const other = new Uint8Array(context.length);
      return (q, row) => {
        left(q, row);
        right(q, other);
        if (and) for (let k = 0; k < row.length; k++) row[k]! &= other[k]!;
        else for (let k = 0; k < row.length; k++) row[k]! |= other[k]!;
      };
    }
  }
}

function comparisonWriter(node: SelectNode, context: RowContext): RowWriter {
  const [keys, queries] = [context.values(node.keys), context.values(node.queries)];
  const ranking = context.ranking(keys);
  const placement = ranking?.place(queries);
  if (!ranking || !placement) {
    return (q, row) => {
      for (let k = 0; k < row.length; k++) row[k] = compareAtoms(node.op, keys[k]!, queries[q]!) ? 1 : 0;
    };
  }
  const { ranks } = ranking;
  const [below, equal, above] = [BELOW, EQUAL, ABOVE].map((bit) => ((RELATIONS[node.op] & bit) === 0 ? 0 : 1)) as [
    number,
    number,
    number,
  ];
  return (q, row) => {
    const [first, end] = [placement.below[q]!, placement.upTo[q]!];
    for (let k = 0; k < row.length; k++) row[k] = ranks[k]! < first ? below : ranks[k]! < end ? equal : above;
  };
}
