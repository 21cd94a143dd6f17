/**
 * The s-op graph, which every other part of Selectron builds or reads: text and combinators build it; the interpreter, `cost` and
 * the compiler read it. Nodes are immutable and compared by identity, since the original language counts heads by selector *object*
 * (Weiss, Goldberg, Yahav 2021, section 3). Nothing here merges equal nodes; the compiler's simplification does.
 *
 * A vector reads s-ops and an s-op can read a vector, and a loop is made of s-ops, so this file imports types of `soft.ts` and
 * `loop.ts`, as they do of it.
 */
import { checks } from "@selectron/core";
import type { Atom, Comparison } from "../atom/atom.js";
import { base, type NodeBase, type valueType } from "./base.js";
import type { FinalNode, StateNode } from "./loop.js";
import { softLeaves, type Vector } from "./soft.js";
import type { Span } from "../source.js";

export type { Atom, Comparison } from "../atom/atom.js";

/** How the input's elements become `tokens`: `tokens_str`, `tokens_int`, `tokens_float`, `tokens_bool`, `tokens_asis`. */
export type TokenConversion = "str" | "int" | "float" | "bool" | "asis";

/** A function applied at each position. Two functions with equal `key` compute the same. */
export interface Elementwise {
  /** The operator as the language writes it: `+`, `round`, `if`, `in`, `[]`, … */
  readonly name: string;
  /** The name together with every constant that the function carries. */
  readonly key: string;
  /** Called by `applyMap`. @throws RaspError where the operator has no value for these operands */
  readonly apply: (args: readonly Atom[]) => Atom;
  /** Set if it handles null operands itself; otherwise a null operand makes the result null. */
  readonly seesNull?: true;
  /** Set if it may tell True from 1: a function from TypeScript. */
  readonly seesTypes?: true;
  /** The list, string or dict that it looks into. */
  readonly container?: Container;
}

/** Data that an elementwise function holds. Items that are no atoms are `undefined`; the keys of a dict are `atomKey`s. */
export type Container =
  | { readonly kind: "list" | "string"; readonly items: readonly (Atom | undefined)[] }
  | { readonly kind: "dict"; readonly entries: ReadonlyMap<string, Atom | undefined> };

/** The input, converted. */
export interface TokensNode extends NodeBase {
  readonly kind: "tokens";
  readonly conversion: TokenConversion;
}

/** 0, 1, 2, … along the input. */
export interface IndicesNode extends NodeBase {
  readonly kind: "indices";
}

/** The position of each element in a longer text: its index plus the number of elements before the input. */
export interface PositionsNode extends NodeBase {
  readonly kind: "positions";
}

/** One component of a vector; if `component` is absent, the atom of the largest one (of equal ones the first in the basis). */
export interface ReadNode extends NodeBase {
  readonly kind: "read";
  readonly vector: Vector;
  readonly component: Atom | undefined;
}

/** The same atom at every position. */
export interface ConstantNode extends NodeBase {
  readonly kind: "constant";
  readonly value: Atom;
}

/** An elementwise function of other s-ops: a feed-forward sublayer in a Transformer. */
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly fn: Elementwise;
  readonly args: readonly SOp[];
}

/** The mean of `value` over the selected positions of each row: an attention head in a Transformer. */
export interface AggregateNode extends NodeBase {
  readonly kind: "aggregate";
  readonly selector: Selector;
  readonly value: SOp;
  /** The value of a row that selects nothing. */
  readonly default: Atom;
  /** A description of the program's default where it is no atom: a row that selects nothing is then an error. */
  readonly noDefault?: string;
}

/** A sequence operator. `T` is the type of its values, number, string or boolean, where TypeScript can know it. */
export type SOp<T = unknown> = (
  TokensNode | IndicesNode | PositionsNode | ConstantNode | MapNode | AggregateNode | ReadNode | StateNode | FinalNode
) & {
  readonly [valueType]?: T;
};

/** `matrix[query][key] = keys[key] op queries[query]`. */
export interface SelectNode extends NodeBase {
  readonly kind: "select";
  readonly keys: SOp;
  readonly queries: SOp;
  readonly op: Comparison;
}

/** Selects the positions that a selector does not select. */
export interface SelectorNotNode extends NodeBase {
  readonly kind: "not";
  readonly arg: Selector;
}

/** Selects the positions that both of two selectors select, or at least one of them. */
export interface SelectorPairNode extends NodeBase {
  readonly kind: "and" | "or";
  readonly left: Selector;
  readonly right: Selector;
}

/** Selects in each row the position with the highest score of those that `selector` selects; of equal scores the earliest. */
export interface BestNode extends NodeBase {
  readonly kind: "best";
  readonly selector: Selector;
  readonly score: SOp;
}

/** A node that selects, for each position as query, positions as keys. */
export type Selector = SelectNode | SelectorNotNode | SelectorPairNode | BestNode;

/** Any node. */
export type GraphNode = SOp | Selector;

/** A new node for the input. */
export const tokensNode = (conversion: TokenConversion, span?: Span): TokensNode => ({
  ...base(span),
  kind: "tokens",
  conversion,
});

/** A new node for the positions. */
export const indicesNode = (span?: Span): IndicesNode => ({ ...base(span), kind: "indices" });

/** A new node for the positions in a longer text. */
export const positionsNode = (span?: Span): PositionsNode => ({ ...base(span), kind: "positions" });

/** A new node for a component of a vector, or for the atom of the largest one. */
export const readNode = (vector: Vector, component: Atom | undefined, span?: Span): ReadNode => ({
  ...base(span),
  kind: "read",
  vector,
  component,
});

/** A new node for an atom. */
export const constantNode = (value: Atom, span?: Span): ConstantNode => ({ ...base(span), kind: "constant", value });

/** A new node for an elementwise function of s-ops. */
export const mapNode = (fn: Elementwise, args: readonly SOp[], span?: Span): MapNode => ({
  ...base(span),
  kind: "map",
  fn,
  args,
});

/** A new node for a mean over what a selector selects. */
export const aggregateNode = (
  selector: Selector,
  value: SOp,
  defaultValue: Atom,
  span?: Span,
  noDefault?: string,
): AggregateNode => ({
  ...base(span),
  kind: "aggregate",
  selector,
  value,
  default: defaultValue,
  ...(noDefault === undefined ? {} : { noDefault }),
});

/** A new node for a selector that compares keys with queries. */
export const selectNode = (keys: SOp, queries: SOp, op: Comparison, span?: Span): SelectNode => ({
  ...base(span),
  kind: "select",
  keys,
  queries,
  op,
});

/** A new node for the complement of a selector. */
export const selectorNotNode = (arg: Selector, span?: Span): SelectorNotNode => ({ ...base(span), kind: "not", arg });

/** A new node for two selectors combined. */
export const selectorPairNode = (
  kind: "and" | "or",
  left: Selector,
  right: Selector,
  span?: Span,
): SelectorPairNode => ({ ...base(span), kind, left, right });

/** A new node for the selected position with the highest score. */
export const bestNode = (selector: Selector, score: SOp, span?: Span): BestNode => ({
  ...base(span),
  kind: "best",
  selector,
  score,
});

/** Whether a node is a selector. */
export const isSelector = (node: GraphNode): node is Selector =>
  node.kind === "select" || node.kind === "not" || node.kind === "and" || node.kind === "or" || node.kind === "best";

/** What JavaScript callers give where an s-op or a selector belongs. */
function noNode(place: string, value: unknown): TypeError {
  const { kind, node } = (value ?? {}) as { readonly kind?: unknown; readonly node?: unknown };
  const remedy =
    node !== undefined && typeof kind === "string"
      ? 'it is a value of the language; take environment.sop("name") or environment.selector("name"), or its .node'
      : 'take one from load(text).sop("name"), or from combinators such as tokens';
  return new TypeError(`${place}: ${checks.describeValue(value)} is no s-op and no selector; ${remedy}.`);
}

/** Throws a TypeError unless a value is an s-op or a selector. */
export function checkNode(place: string, value: unknown): asserts value is GraphNode {
  const { id, kind } = (value ?? {}) as { readonly id?: unknown; readonly kind?: unknown };
  if (typeof id !== "number" || typeof kind !== "string") throw noNode(place, value);
}

/** Throws a TypeError unless a value is a selector. */
export function checkSelector(place: string, value: unknown): asserts value is Selector {
  checkNode(place, value);
  if (isSelector(value)) return;
  throw new TypeError(`${place}: an s-op was given where a selector belongs; make one with select(keys, queries, eq).`);
}

/** The nodes that `node` reads, operands first. Of a loop what it reads from outside. Throws a TypeError on what is no node. */
export function operands(node: GraphNode): readonly GraphNode[] {
  switch (node.kind) {
    case "tokens":
    case "indices":
    case "positions":
    case "constant":
    case "state":
      return [];
    case "final":
      return node.loop.reads;
    case "read":
      return softLeaves(node.vector);
    case "map":
      return node.args;
    case "aggregate":
      return [node.selector, node.value];
    case "select":
      return [node.keys, node.queries];
    case "not":
      return [node.arg];
    case "and":
    case "or":
      return [node.left, node.right];
    case "best":
      return [node.selector, node.score];
    default:
      throw noNode("the graph", node);
  }
}

/** Every node that `roots` reach, each once, operands before the nodes that read them. Iterative, since graphs can be deep. */
export function topological(...roots: readonly GraphNode[]): GraphNode[] {
  const seen = new Set<GraphNode>();
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...operands(node));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
