/** A program in which an s-op has another value at one position: what the interpreter says of a patched model. */
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
  type Atom,
  type Elementwise,
  type GraphNode,
  type Selector,
  type SOp,
} from "@selectron/rasp";

/** Values by position that take the place of an s-op's own. */
export type Replacements = ReadonlyMap<number, Atom>;

/** The s-op as it would be with these values; nodes that nothing of this reaches stay. */
export function substitute(root: SOp, isReplaced: (node: SOp) => Replacements | undefined): SOp {
  const made = new Map<GraphNode, GraphNode>();
  const sop = (node: SOp): SOp => (made.get(node) ?? node) as SOp;
  const selector = (node: Selector): Selector => (made.get(node) ?? node) as Selector;
  for (const node of topological(root)) {
    const copy = copied(node, sop, selector);
    const values = isSelector(node) ? undefined : isReplaced(node);
    if (values) made.set(node, replacing(copy as SOp, values));
    else if (copy !== node) made.set(node, copy);
  }
  return sop(root);
}

/** The node over the operands as they have become; itself where none has changed. */
export function copied(node: GraphNode, sop: (node: SOp) => SOp, selector: (node: Selector) => Selector): GraphNode {
  switch (node.kind) {
    case "map": {
      const args = node.args.map(sop);
      return args.every((arg, i) => arg === node.args[i]) ? node : mapNode(node.fn, args, node.span);
    }
    case "aggregate": {
      const [over, value] = [selector(node.selector), sop(node.value)];
      if (over === node.selector && value === node.value) return node;
      return aggregateNode(over, value, node.default, node.span, node.noDefault);
    }
    case "select": {
      const [keys, queries] = [sop(node.keys), sop(node.queries)];
      return keys === node.keys && queries === node.queries ? node : selectNode(keys, queries, node.op, node.span);
    }
    case "not": {
      const arg = selector(node.arg);
      return arg === node.arg ? node : selectorNotNode(arg, node.span);
    }
    case "and":
    case "or": {
      const [left, right] = [selector(node.left), selector(node.right)];
      return left === node.left && right === node.right ? node : selectorPairNode(node.kind, left, right, node.span);
    }
    case "best": {
      const [over, score] = [selector(node.selector), sop(node.score)];
      return over === node.selector && score === node.score ? node : bestNode(over, score, node.span);
    }
    default:
      return node;
  }
}

let patches = 0;

/** The s-op with other values at some positions. */
function replacing(node: SOp, values: Replacements): SOp {
  const fn: Elementwise = {
    name: "patch",
    key: `patch ${patches++}`,
    seesNull: true,
    seesTypes: true,
    apply: ([value, position]) => {
      const other = values.get(Number(position));
      return other === undefined ? value! : other;
    },
  };
  return mapNode(fn, [node, indicesNode()]);
}
