/** A program as a decoder computes it: the same graph, in which no row selects a position after its own. */
import { errors } from "../diagnostic.js";
import { getOrInsert } from "../maps.js";
import { Copier } from "./copy.js";
import { everywhere } from "./everywhere.js";
import type { Loop } from "./loop.js";
import {
  indicesNode,
  isSelector,
  selectNode,
  selectorPairNode,
  topological,
  type GraphNode,
  type Selector,
  type SOp,
} from "./node.js";

/**
 * The graph in which every selector is intersected with key ≤ query, also inside loops. Names and places are kept. The intersection is
 * made where a selector is used: combining selectors and then leaving out later keys selects the same as leaving them out of each. Where
 * all positions of a loop end together, a position ends with those before it: it halts when the condition holds there and at each of them.
 */
export function causal(root: SOp): SOp;
export function causal(root: Selector): Selector;
export function causal(root: GraphNode): GraphNode;
export function causal(root: GraphNode): GraphNode {
  const copier = new CausalCopier();
  copier.copyAll(topological(root));
  return isSelector(root) ? copier.used(root) : copier.sop(root);
}

/** Several s-ops, and which loops became which. */
export function causalCopies(roots: readonly SOp[]) {
  const copier = new CausalCopier();
  copier.copyAll(topological(...roots));
  return { roots: roots.map((root) => copier.sop(root)), loops: copier.loopImages };
}

class CausalCopier extends Copier {
  readonly #upToSelf: Selector;
  readonly #seen = new Map<Selector, Selector>();

  constructor() {
    super();
    const indices = indicesNode();
    this.#upToSelf = selectNode(indices, indices, "<=");
  }

  // One selector gives one intersection, since the count of heads depends on it.
  override used(node: Selector): Selector {
    const selector = this.selector(node);
    if (node.kind === "best") return selector;
    return getOrInsert(this.#seen, node, () => intersected(selector, this.#upToSelf));
  }

  protected override ending(loop: Loop): Pick<Loop, "condition" | "together"> {
    const { condition, together } = super.ending(loop);
    return together ? { condition: everywhere(condition, this.#upToSelf), together: false } : { condition, together };
  }

  protected override copy(node: GraphNode): GraphNode {
    // Vectors attend to earlier positions only, but an aggregate that they read may look further.
    if (node.kind === "read" && topological(node).some(({ kind }) => kind === "aggregate")) {
      throw errors.wrongKind("vectors that rest on an aggregate have no causal reading", {
        ...(node.span ? { span: node.span } : {}),
        suggestion: "intersect the aggregate's selector with select(indices, indices, <=)",
      });
    }
    return super.copy(node);
  }
}

function intersected(selector: Selector, upToSelf: Selector): Selector {
  const both = selectorPairNode("and", selector, upToSelf, selector.span);
  if (selector.name !== undefined) both.name = selector.name;
  return both;
}
