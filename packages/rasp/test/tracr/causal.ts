/** tracr's causal mode: a program whose selectors select no position after the query. */
import { and, indices, le, select, type GraphNode, type Selector, type SOp } from "../../src/index.js";
import {
  aggregateNode,
  bestNode,
  isSelector,
  mapNode,
  selectNode,
  selectorNotNode,
  selectorPairNode,
  topological,
} from "../../src/language/graph/node.js";

const before = select(indices, indices, le);

export function causally(root: SOp | Selector): SOp | Selector {
  const made = new Map<GraphNode, GraphNode>();
  for (const node of topological(root)) {
    const copy = rebuilt(node, made);
    made.set(node, isSelector(copy) ? and(copy, before) : copy);
  }
  return made.get(root)!;
}

function rebuilt(node: GraphNode, made: ReadonlyMap<GraphNode, GraphNode>): GraphNode {
  const sop = (operand: GraphNode): SOp => made.get(operand) as SOp;
  const selector = (operand: GraphNode): Selector => made.get(operand) as Selector;
  switch (node.kind) {
    case "map":
      return mapNode(node.fn, node.args.map(sop));
    case "aggregate":
      return aggregateNode(selector(node.selector), sop(node.value), node.default);
    case "select":
      return selectNode(sop(node.keys), sop(node.queries), node.op);
    case "not":
      return selectorNotNode(selector(node.arg));
    case "and":
    case "or":
      return selectorPairNode(node.kind, selector(node.left), selector(node.right));
    case "best":
      return bestNode(selector(node.selector), sop(node.score));
    default:
      return node;
  }
}
