import { operands, type GraphNode } from "./node.js";

/** How often each node is an operand of one of `nodes`. */
export function countReaders(nodes: Iterable<GraphNode>): Map<GraphNode, number> {
  const readers = new Map<GraphNode, number>();
  for (const node of nodes) {
    for (const operand of operands(node)) readers.set(operand, (readers.get(operand) ?? 0) + 1);
  }
  return readers;
}
