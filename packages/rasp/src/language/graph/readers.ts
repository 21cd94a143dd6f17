import type { Span } from "../source.js";
import { operands, type GraphNode } from "./node.js";

/** How often each node is an operand of one of `nodes`. */
export function countReaders(nodes: Iterable<GraphNode>): Map<GraphNode, number> {
  const readers = new Map<GraphNode, number>();
  for (const node of nodes) {
    for (const operand of operands(node)) readers.set(operand, (readers.get(operand) ?? 0) + 1);
  }
  return readers;
}

/**
 * Where a node's value is first used: the place of a node that reads it, or one that reads that. Nodes of built-in names have no place
 * of their own.
 *
 * @param nodes - in which operands come first
 */
export function placeOfReader(node: GraphNode, nodes: readonly GraphNode[]): Span | undefined {
  const readers = new Set([node]);
  for (const other of nodes) {
    if (!operands(other).some((operand) => readers.has(operand))) continue;
    if (other.span) return other.span;
    readers.add(other);
  }
  return undefined;
}
