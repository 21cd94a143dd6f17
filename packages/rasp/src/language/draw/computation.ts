/**
 * A computation layer by layer, as nodes of the graph: which selectors are the heads of each layer and what they read, and which
 * steps follow. `flow.ts` gives it values on an input; a picture that answers questions needs the nodes themselves.
 */
import { checks } from "@selectron/core";
import { describeAtom } from "../atom/text.js";
import { cost, depths, type HeadCost } from "../cost/cost.js";
import { aNode, checkSOp } from "../graph/kinds.js";
import { Copier } from "../graph/copy.js";
import type { Loop } from "../graph/loop.js";
import {
  isSelector,
  operands,
  topological,
  type AggregateNode,
  type GraphNode,
  type Selector,
  type SOp,
} from "../graph/node.js";
import { position, textOf, type Span } from "../source.js";

/** A selector in a layer, with what it reads there. */
export interface ComputedHead {
  readonly selector: Selector;
  /** Where the selector was written; where that is not known, the first of the aggregates. */
  readonly span: Span | undefined;
  /** The s-ops that it compares, each once, without constants; none if it compares constants only. The scores of `best` are keys. */
  readonly keys: readonly SOp[];
  readonly queries: readonly SOp[];
  /** The aggregates of this layer that use it, at least one. */
  readonly aggregates: readonly AggregateNode[];
}

/** One layer of the Transformer that a program is. */
export interface ComputedLayer {
  /** Layer 0 has the steps that need no attention. */
  readonly number: number;
  readonly heads: readonly ComputedHead[];
  /** Elementwise s-ops that have a name, or that a head reads, operands first. */
  readonly steps: readonly SOp[];
}

/**
 * The heads and steps of an s-op, layer by layer, layer 0 first. Layers and heads are those that `cost` counts.
 * @throws TypeError where `sop` is no s-op
 */
export function computation(sop: SOp): readonly ComputedLayer[] {
  checkSOp("computation", sop);
  const depth = depths(sop);
  const { reasons } = cost(sop);
  const heads = reasons.map(headOf);
  const read = new Set(
    heads.flatMap(({ keys, queries, aggregates }) => [...keys, ...queries, ...aggregates.map(valueOf)]),
  );
  const steps = [...depth.keys()]
    .filter((node) => node.kind === "map")
    .filter((node) => node === sop || node.name !== undefined || read.has(node));
  return Array.from({ length: depth.get(sop)! + 1 }, (_, number) => ({
    number,
    heads: heads.filter((_, i) => reasons[i]!.layer === number),
    steps: steps.filter((node) => depth.get(node) === number),
  }));
}

const valueOf = ({ value }: AggregateNode): SOp => value;

const headOf = ({ head, aggregates, span }: HeadCost): ComputedHead => ({
  selector: head,
  span,
  keys: compared(head, "keys"),
  queries: compared(head, "queries"),
  aggregates,
});

/** The s-ops of one side that a selector compares. */
function compared(selector: Selector, side: "keys" | "queries"): SOp[] {
  const sops = new Set<SOp>();
  // Selectors can share parts: each is visited once.
  const seen = new Set<Selector>();
  const stack: Selector[] = [selector];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === "select") sops.add(node[side]);
    if (node.kind === "best" && side === "keys") sops.add(node.score);
    stack.push(...operands(node).filter(isSelector));
  }
  return [...sops].filter(({ kind }) => kind !== "constant").sort((a, b) => a.id - b.id);
}

/**
 * A short description of a node: its name, or its source text on one line if it has none.
 * @throws TypeError where `node` is no s-op or selector
 */
export function nodeLabel(node: GraphNode): string {
  checks.check("nodeLabel: node", node, aNode);
  if (node.kind === "tokens") return node.conversion === "str" ? "tokens" : `tokens_${node.conversion}`;
  if (node.name !== undefined) return node.name;
  if (node.kind === "constant") return describeAtom(node.value);
  return node.span ? sourceText(node.span) : node.kind;
}

const sourceText = (span: Span): string => textOf(span).replace(/\s+/g, " ");

/** The text of a node and its place, such as "line 5"; "library" for what the library's text makes, and nothing where it is not known. */
export function placeOf({ span }: Pick<GraphNode, "span">): { readonly text: string; readonly place: string } {
  if (!span) return { text: "", place: "" };
  const isLibrary = span.source.file.startsWith("<rasplib");
  return {
    text: sourceText(span),
    place: isLibrary ? "library" : `line ${position(span.source, span.start).line}`,
  };
}

/** What became of the nodes of a computation in which loops take their first step only. */
export interface FirstSteps {
  sop(node: SOp): SOp;
  selector(node: Selector): Selector;
}

/**
 * What is inside the loops of an s-op as it is in their first steps, where states are what they begin with: nodes that have values of
 * their own. What is in no loop stays as it is.
 * @throws TypeError where `sop` is no s-op
 */
export function firstSteps(sop: SOp): FirstSteps {
  checkSOp("firstSteps", sop);
  const copier = new FirstStepCopier();
  copier.copyAll(topological(sop));
  return copier;
}

class FirstStepCopier extends Copier {
  protected override loop(loop: Loop, span: Span | undefined): readonly SOp[] {
    const finals = super.loop(loop, span);
    for (const state of loop.states) this.images.set(state, this.sop(state.init));
    this.copyAll([...loop.asking, ...loop.body]);
    return finals;
  }
}
