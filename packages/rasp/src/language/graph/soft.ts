/**
 * What trained Transformers do and hard selectors cannot express: real-valued scores, softmax attention, and vectors whose
 * components are named by atoms (histograms of tokens, logits). These nodes read s-ops and selectors; `argmax(vector)` and
 * `vector[atom]` make s-ops of them. Attention is causal: a query sees its own position and those before it.
 */
import type { Span } from "../source.js";
import type { Selector, SOp } from "./node.js";
import type { Table, Weights } from "./table.js";

/** The properties of every soft node. */
export interface SoftBase {
  readonly span: Span | undefined;
  /** The name that the program gave it first. For display only. */
  name?: string;
}

/** The weights of a feed-forward sublayer with its layer norm: output · gelu(input · layerNorm(x) + inputBias) + outputBias. */
export interface OpaqueWeights {
  /** Rows are the components of x, columns the hidden units; gain and bias of the layer norm are folded in. */
  readonly input: Table;
  readonly inputBias: Weights;
  readonly output: Table;
  readonly outputBias: Weights;
}

/** A vector at each position. */
export type Vector = SoftBase &
  (
    | { readonly kind: "one-hot"; readonly of: SOp }
    | { readonly kind: "fixed"; readonly weights: Weights }
    | { readonly kind: "project"; readonly of: Vector; readonly table: Table }
    | { readonly kind: "vector-sum"; readonly terms: readonly Vector[] }
    | { readonly kind: "vector-scale"; readonly of: Vector; readonly by: number }
    | { readonly kind: "attend"; readonly pattern: Score | Selector; readonly of: Vector }
    | { readonly kind: "layer-norm"; readonly of: Vector }
    | { readonly kind: "sharpen"; readonly of: Vector; readonly power: number }
    | { readonly kind: "combine"; readonly left: Vector; readonly right: Vector }
    | { readonly kind: "opaque"; readonly of: Vector; readonly weights: OpaqueWeights; readonly label: string }
  );

/** A real number for each query and key. */
export type Score = SoftBase &
  (
    | { readonly kind: "match"; readonly queries: Vector; readonly keys: Vector; readonly table: Table | undefined }
    | { readonly kind: "key"; readonly keys: Vector; readonly weights: Weights }
    | { readonly kind: "selected"; readonly selector: Selector }
    | { readonly kind: "numeric"; readonly of: SOp }
    | { readonly kind: "even" }
    | { readonly kind: "score-sum"; readonly terms: readonly Score[] }
    | { readonly kind: "score-scale"; readonly of: Score; readonly by: number }
  );

const SELECTORS: ReadonlySet<string> = new Set(["select", "not", "and", "or", "best"]);

/** Whether a pattern is a hard selector. */
export const isHard = (pattern: Score | Selector): pattern is Selector => SELECTORS.has(pattern.kind);

/** The soft nodes that a soft node reads. */
export function softOperands(node: Vector | Score): readonly (Vector | Score)[] {
  switch (node.kind) {
    case "one-hot":
    case "fixed":
    case "selected":
    case "numeric":
    case "even":
      return [];
    case "vector-sum":
    case "score-sum":
      return node.terms;
    case "attend":
      return isHard(node.pattern) ? [node.of] : [node.pattern, node.of];
    case "match":
      return [node.queries, node.keys];
    case "key":
      return [node.keys];
    case "combine":
      return [node.left, node.right];
    default:
      return [node.of];
  }
}

/** Every soft node that `root` reaches, each once, operands first. */
export function softTopological(root: Vector | Score): (Vector | Score)[] {
  const done = new Set<Vector | Score>();
  const visit = (node: Vector | Score): void => {
    if (done.has(node)) return;
    softOperands(node).forEach(visit);
    done.add(node);
  };
  visit(root);
  return [...done];
}

/** The s-ops and selectors that a soft node reads, directly or through other soft nodes. */
export function softLeaves(root: Vector | Score): (SOp | Selector)[] {
  const leaves = new Set<SOp | Selector>();
  for (const node of softTopological(root)) {
    if (node.kind === "one-hot" || node.kind === "numeric") leaves.add(node.of);
    else if (node.kind === "selected") leaves.add(node.selector);
    else if (node.kind === "attend" && isHard(node.pattern)) leaves.add(node.pattern);
  }
  return [...leaves];
}
