/**
 * Layers and heads, counted as in the original (Weiss, Goldberg, Yahav 2021, section 3; github.com/tech-srl/RASP): elementwise work is
 * free; an aggregate is one layer after its value and after what its selector reads; every s-op is in the earliest layer possible; each
 * selector object that an aggregate of a layer reads is a head of that layer. Of a loop the layers of one step count, once, as its
 * weights are there once: they come after all that the loop reads, and before all that reads it.
 */
import { loopsOf, nodesInside, type Loop } from "../graph/loop.js";
import {
  isSelector,
  operands,
  topological,
  type AggregateNode,
  type GraphNode,
  type Selector,
  type SOp,
} from "../graph/node.js";
import { groupBy } from "../maps.js";
import { checkSOp } from "../graph/kinds.js";
import type { Span } from "../source.js";

/** One head: a selector, in a layer, with the aggregates that use it there. */
export interface HeadCost {
  /** Counted from 1. */
  readonly layer: number;
  readonly head: Selector;
  readonly aggregates: readonly AggregateNode[];
  /** Where the selector was written; where that is not known, the first of the aggregates. */
  readonly span: Span | undefined;
}

/** A link of the chain of aggregates that forces the number of layers: each needs the one before. */
export interface LayerReason {
  readonly layer: number;
  readonly aggregate: AggregateNode;
  readonly span: Span | undefined;
}

/** The layers of a loop's body, of which an input takes as many steps as it needs. */
export interface LoopCost {
  readonly loop: Loop;
  /** The first and the last layer of a step, counted from 1; if a step needs no attention, `last` is the layer before `first`. */
  readonly first: number;
  readonly last: number;
  /** The most steps. */
  readonly limit: number;
  readonly span: Span | undefined;
}

/** What a program costs as a Transformer, before any optimisation. */
export interface Cost {
  readonly layers: number;
  readonly headsPerLayer: readonly number[];
  /** Every head, by layer and then by age. */
  readonly reasons: readonly HeadCost[];
  /** A chain of aggregates that forces the number of layers, one for each layer. */
  readonly chain: readonly LayerReason[];
  /** The loops, an outer one before those inside it. */
  readonly loops: readonly LoopCost[];
}

/** The layers and heads that an s-op needs. */
export function cost(sop: SOp): Cost {
  checkSOp("cost", sop);
  const { known, loops } = depthsOf(sop);
  const aggregates = [...known.keys()].filter((node) => node.kind === "aggregate");
  const byDepth = groupBy(aggregates, (node) => known.get(node)!);
  const layers = known.get(sop)!;
  const byLayer = Array.from({ length: layers }, (_, i) => [
    ...groupBy(byDepth.get(i + 1) ?? [], ({ selector }) => selector),
  ]);
  return {
    layers,
    headsPerLayer: byLayer.map((layer) => layer.length),
    chain: layerReasons(sop, known),
    loops: [...loops].map(([loop, layers]) => ({ loop, ...layers, limit: loop.limit, span: loop.span })),
    reasons: byLayer.flatMap((layer, i) =>
      layer
        .sort(([a], [b]) => a.id - b.id)
        .map(([head, aggregates]) => ({ layer: i + 1, head, aggregates, span: head.span ?? aggregates[0]?.span })),
    ),
  };
}

/**
 * The layer in which each node that `sop` needs has its value: 0 before any attention. Operands come first, and what is inside a loop
 * before the loop.
 */
export const depths = (sop: SOp): ReadonlyMap<GraphNode, number> => depthsOf(sop).known;

interface Depths {
  readonly known: ReadonlyMap<GraphNode, number>;
  readonly loops: ReadonlyMap<Loop, { readonly first: number; readonly last: number }>;
}

function depthsOf(sop: SOp): Depths {
  const known = new Map<GraphNode, number>();
  const loops = new Map<Loop, { first: number; last: number }>();
  const depth = (node: GraphNode): number => known.get(node)!;
  const addAll = (nodes: readonly GraphNode[]): void => {
    for (const node of nodes) {
      if (node.kind === "final" && !loops.has(node.loop)) addLoop(node.loop);
      known.set(node, node.kind === "final" ? loops.get(node.loop)!.last : depthOf(node, depth));
    }
  };
  const addLoop = (loop: Loop): void => {
    // What a selector compares is there a layer before it.
    const before = Math.max(0, ...loop.reads.map((node) => depth(node) - Number(isSelector(node))));
    const layers = { first: before + 1, last: before };
    loops.set(loop, layers);
    for (const state of loop.states) known.set(state, before);
    const inside = [...loop.asking, ...loop.body];
    addAll(inside);
    layers.last = Math.max(before, ...inside.map(depth));
  };
  addAll(topological(sop));
  return { known, loops };
}

function depthOf(node: GraphNode, depth: (operand: GraphNode) => number): number {
  const deepest = Math.max(0, ...operands(node).map(depth));
  switch (node.kind) {
    case "select":
      return 1 + deepest;
    case "aggregate":
      return Math.max(depth(node.selector), 1 + depth(node.value));
    case "best":
      // The score is read at the keys, like the s-ops that the selector compares, in the same head.
      return Math.max(depth(node.selector), 1 + depth(node.score));
    default:
      // A map, or a combination of selectors, which is a new selector over all that they read.
      return deepest;
  }
}

/** A longest chain of aggregates, the first layer's first. */
function layerReasons(sop: SOp, depths: ReadonlyMap<GraphNode, number>): LayerReason[] {
  const chain: LayerReason[] = [];
  const loops = new Map(loopsOf([...depths.keys()]).flatMap((loop) => nodesInside(loop).map((node) => [node, loop])));
  let roots: readonly GraphNode[] = [sop];
  for (let layer = depths.get(sop)!; layer > 0; layer--) {
    const aggregate = oldestAggregate(roots, layer, depths, (node) => needed(node, loops));
    // A selector can be read by `attend`, and by no aggregate.
    if (!aggregate) continue;
    chain.push({ layer, aggregate, span: aggregate.span });
    roots = [aggregate.selector, aggregate.value];
  }
  return chain.reverse();
}

/** What must be there before a node: of a loop its last step, and of a state what the loop reads. */
function needed(node: GraphNode, loops: ReadonlyMap<GraphNode, Loop>): readonly GraphNode[] {
  if (node.kind === "final") return nodesInside(node.loop);
  return node.kind === "state" ? loops.get(node)!.reads : operands(node);
}

/** The oldest aggregate of a layer that the roots need. Only nodes of this layer and later ones are looked at: a node needs no later one. */
function oldestAggregate(
  roots: readonly GraphNode[],
  layer: number,
  depths: ReadonlyMap<GraphNode, number>,
  neededBy: (node: GraphNode) => readonly GraphNode[],
): AggregateNode | undefined {
  let oldest: AggregateNode | undefined;
  const seen = new Set<GraphNode>();
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    const depth = depths.get(node)!;
    if (seen.has(node) || depth < layer) continue;
    seen.add(node);
    if (node.kind !== "aggregate" || depth > layer) stack.push(...neededBy(node));
    else if (!oldest || node.id < oldest.id) oldest = node;
  }
  return oldest;
}
