/** Copies of graphs in which some nodes are others. What reads none of these stays the same node. */
import { finalNodes, makeLoop, stateNode, type FinalNode, type Loop } from "./loop.js";
import {
  aggregateNode,
  bestNode,
  mapNode,
  selectNode,
  selectorNotNode,
  selectorPairNode,
  type GraphNode,
  type Selector,
  type SOp,
} from "./node.js";
import { getOrInsert } from "../maps.js";

export class Copier {
  /** What became of each node; those that are not here stay as they are. */
  readonly images = new Map<GraphNode, GraphNode>();
  /** What became of each loop, the last copy of one inside another. */
  readonly loopImages = new Map<Loop, Loop>();
  /** The loops of the nodes that are being copied. */
  #loops = new Map<Loop, readonly SOp[]>();

  /** Copies nodes, operands first. Names and places are kept. */
  copyAll(nodes: readonly GraphNode[]): void {
    const around = this.#loops;
    // A loop inside another is copied again with it.
    this.#loops = new Map();
    for (const node of nodes) {
      const copy = this.copy(node);
      const name = this.nameOf(node);
      if (name !== undefined) copy.name ??= name;
      this.images.set(node, copy);
    }
    this.#loops = around;
  }

  sop(node: SOp): SOp {
    return (this.images.get(node) ?? node) as SOp;
  }

  selector(node: Selector): Selector {
    return (this.images.get(node) ?? node) as Selector;
  }

  /** The name of a node's copy. */
  protected nameOf(node: GraphNode): string | undefined {
    return node.name;
  }

  /** The selector that an aggregate or `best` reads in place of this one. */
  protected used(node: Selector): Selector {
    return this.selector(node);
  }

  /** The values of a loop's states after the last step, in place of its own. */
  protected loop(loop: Loop, span: FinalNode["span"]): readonly SOp[] {
    const states = loop.states.map((state) => {
      const copy = stateNode(this.sop(state.init), state.span);
      this.images.set(state, copy);
      if (state.name !== undefined) copy.name = state.name;
      return copy;
    });
    this.copyAll([...loop.asking, ...loop.body]);
    const steps = loop.steps.map((step) => this.sop(step));
    const copy = makeLoop({ ...loop, states, steps, ...this.ending(loop) });
    this.loopImages.set(loop, copy);
    return finalNodes(copy, span);
  }

  /** What ends the copy of a loop. */
  protected ending({ condition, together }: Loop): Pick<Loop, "condition" | "together"> {
    return { condition: this.sop(condition), together };
  }

  /** Long: a case for each kind of node. */
  protected copy(node: GraphNode): GraphNode {
    switch (node.kind) {
      case "tokens":
      case "indices":
      case "positions":
      case "constant":
      case "read":
        return node;
      case "state":
        return this.sop(node);
      case "final":
        return getOrInsert(this.#loops, node.loop, () => this.loop(node.loop, node.span))[node.index]!;
      case "map": {
        const args = node.args.map((arg) => this.sop(arg));
        return args.every((arg, i) => arg === node.args[i]) ? node : mapNode(node.fn, args, node.span);
      }
      case "aggregate": {
        const [selector, value] = [this.used(node.selector), this.sop(node.value)];
        if (selector === node.selector && value === node.value) return node;
        return aggregateNode(selector, value, node.default, node.span, node.noDefault);
      }
      case "select": {
        const [keys, queries] = [this.sop(node.keys), this.sop(node.queries)];
        return keys === node.keys && queries === node.queries ? node : selectNode(keys, queries, node.op, node.span);
      }
      case "not": {
        const arg = this.selector(node.arg);
        return arg === node.arg ? node : selectorNotNode(arg, node.span);
      }
      case "and":
      case "or": {
        const [left, right] = [this.selector(node.left), this.selector(node.right)];
        if (left === node.left && right === node.right) return node;
        return selectorPairNode(node.kind, left, right, node.span);
      }
      case "best": {
        const [selector, score] = [this.used(node.selector), this.sop(node.score)];
        return selector === node.selector && score === node.score ? node : bestNode(selector, score, node.span);
      }
    }
  }
}
