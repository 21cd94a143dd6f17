/** Rows of a selector that are alike because their queries compare alike: each is looked at once. */
import type { Selector } from "../graph/node.js";
import { combined, type RowContext } from "./row-writer.js";

/** For each row the first one whose queries compare with all keys as its own do; itself where that is not known. */
export function firstAlike(root: Selector, context: RowContext): Int32Array {
  const { length } = context;
  const each = Int32Array.from({ length }, (_, q) => q);
  let first = new Int32Array(length);
  let count = 1;
  const leaves = new Set<Selector>([root]);
  for (const node of leaves) for (const operand of combined(node)) leaves.add(operand);
  for (const node of leaves) {
    if (combined(node).length > 0) continue;
    const code = codes(node, context);
    if (!code) return each;
    const known = new Map<number, number>();
    const next = new Int32Array(length);
    for (let q = 0; q < length; q++) {
      const key = first[q]! * (2 * length + 2) + code(q);
      const alike = known.get(key) ?? q;
      if (alike === q) known.set(key, q);
      next[q] = alike;
    }
    [first, count] = [next, known.size];
    if (count === length) return each;
  }
  return first;
}

/** Numbers from 0 to 2 n + 1 that tell the rows of a comparison apart; `undefined` if its values have no order. */
function codes(node: Selector, context: RowContext): ((q: number) => number) | undefined {
  if (node.kind === "best") {
    const choice = context.choice(node);
    return (q) => choice[q]! + 1;
  }
  if (node.kind !== "select") throw new Error(`${node.kind} combines selectors`);
  const placement = context.ranking(context.values(node.keys))?.place(context.values(node.queries));
  return placement && ((q) => placement.below[q]! + placement.upTo[q]!);
}
