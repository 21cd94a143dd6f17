/**
 * Layers and heads, counted as in the original (Weiss, Goldberg, Yahav 2021, section 3; github.com/tech-srl/RASP): elementwise work is
 * free; an aggregate is one layer after its value and after what its selector reads; every s-op is in the earliest layer possible; each
 * selector object that an aggregate of a layer reads is a head of that layer.
 */
import { operands, topological, type AggregateNode, type GraphNode, type Selector, type SOp } from "../graph/node.js";
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

/** What a program costs as a Transformer, before any optimisation. */
export interface Cost {
  readonly layers: number;
  readonly headsPerLayer: readonly number[];
  /** Every head, by layer and then by age. */
  readonly reasons: readonly HeadCost[];
  /** A chain of aggregates that forces the number of layers, one for each layer. */
  readonly chain: readonly LayerReason[];
}

/** The layers and heads that an s-op needs. */
export function cost(sop: SOp): Cost {
  checkSOp("cost", sop);
  const known = depths(sop);
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
    reasons: byLayer.flatMap((layer, i) =>
      layer
        .sort(([a], [b]) => a.id - b.id)
        .map(([head, aggregates]) => ({ layer: i + 1, head, aggregates, span: head.span ?? aggregates[0]?.span })),
    ),
  };
}

/** The layer in which each node that `sop` needs has its value: 0 before any attention. Operands come first. */
export function depths(sop: SOp): ReadonlyMap<GraphNode, number> {
  const known = new Map<GraphNode, number>();
  for (const node of topological(sop)) {
    known.set(
      node,
      depthOf(node, (operand) => known.get(operand)!),
    );
  }
  return known;
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
  let roots: readonly GraphNode[] = [sop];
  for (let layer = depths.get(sop)!; layer > 0; layer--) {
    const aggregate = oldestAggregate(roots, layer, depths);
    chain.push({ layer, aggregate, span: aggregate.span });
    roots = [aggregate.selector, aggregate.value];
  }
  return chain.reverse();
}

/** The oldest aggregate of a layer that the roots need. Only nodes of this layer and later ones are looked at: a node needs no later one. */
function oldestAggregate(
  roots: readonly GraphNode[],
  layer: number,
  depths: ReadonlyMap<GraphNode, number>,
): AggregateNode {
  let oldest: AggregateNode | undefined;
  const seen = new Set<GraphNode>();
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    const depth = depths.get(node)!;
    if (seen.has(node) || depth < layer) continue;
    seen.add(node);
    if (node.kind !== "aggregate" || depth > layer) stack.push(...operands(node));
    else if (!oldest || node.id < oldest.id) oldest = node;
  }
  return oldest!;
}
