/** A program as a decoder computes it: the same graph, in which no row selects a position after its own. */
import { errors } from "../diagnostic.js";
import { getOrInsert } from "../maps.js";
import {
  aggregateNode,
  bestNode,
  indicesNode,
  isSelector,
  mapNode,
  selectNode,
  selectorNotNode,
  selectorPairNode,
  topological,
  type GraphNode,
  type Selector,
  type SOp,
} from "./node.js";

/**
 * The graph in which every selector is intersected with key ≤ query. Names and places are kept. The intersection is made where a
 * selector is used: combining selectors and then leaving out later keys selects the same as leaving them out of each.
 */
export function causal(root: SOp): SOp;
export function causal(root: Selector): Selector;
export function causal(root: GraphNode): GraphNode;
export function causal(root: GraphNode): GraphNode {
  const indices = indicesNode();
  const upToSelf = selectNode(indices, indices, "<=");
  const known = new Map<GraphNode, GraphNode>();
  const seen = new Map<Selector, Selector>();
  const sop = (node: SOp): SOp => known.get(node) as SOp;
  const selector = (node: Selector): Selector => known.get(node) as Selector;
  // One selector gives one intersection, since the count of heads depends on it.
  const visible = (node: Selector): Selector =>
    getOrInsert(seen, node, () => (node.kind === "best" ? selector(node) : intersected(selector(node), upToSelf)));
  for (const node of topological(root)) {
    const copy = rebuilt(node, sop, selector, visible);
    if (node.name !== undefined && copy !== node) copy.name = node.name;
    known.set(node, copy);
  }
  return isSelector(root) ? visible(root) : known.get(root)!;
}

function intersected(selector: Selector, upToSelf: Selector): Selector {
  const both = selectorPairNode("and", selector, upToSelf, selector.span);
  if (selector.name !== undefined) both.name = selector.name;
  return both;
}

function rebuilt(
  node: GraphNode,
  sop: (node: SOp) => SOp,
  selector: (node: Selector) => Selector,
  visible: (node: Selector) => Selector,
): GraphNode {
  switch (node.kind) {
    case "tokens":
    case "indices":
    case "positions":
    case "constant":
      return node;
    case "read":
      // Vectors attend to earlier positions only, but an aggregate that they read may look further.
      if (topological(node).some(({ kind }) => kind === "aggregate")) {
        throw errors.wrongKind("vectors that rest on an aggregate have no causal reading", {
          ...(node.span ? { span: node.span } : {}),
          suggestion: "intersect the aggregate's selector with select(indices, indices, <=)",
        });
      }
      return node;
    case "map":
      return mapNode(node.fn, node.args.map(sop), node.span);
    case "aggregate":
      return aggregateNode(visible(node.selector), sop(node.value), node.default, node.span, node.noDefault);
    case "select":
      return selectNode(sop(node.keys), sop(node.queries), node.op, node.span);
    case "not":
      return selectorNotNode(selector(node.arg), node.span);
    case "and":
    case "or":
      return selectorPairNode(node.kind, selector(node.left), selector(node.right), node.span);
    case "best":
      return bestNode(visible(node.selector), sop(node.score), node.span);
  }
}
