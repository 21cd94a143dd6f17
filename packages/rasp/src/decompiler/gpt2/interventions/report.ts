/** What interventions tell about a model. */
import type { Component, Path } from "./components.js";

/** What an intervention on one part leaves of the decisions. */
export interface Effect {
  /** A layer norm `h.0.ln_1`, or a component. */
  readonly part: string;
  /** The share of sequences with the same decisions at every scored position. */
  readonly match: number;
}

/** What all cuts together leave: of the decisions, and of the model. */
export interface Pruned {
  readonly match: number;
  readonly components: readonly Component[];
  readonly paths: readonly Path[];
  /** The numbers of components and paths before any cut. */
  readonly of: { readonly components: number; readonly paths: number };
  /** Whether the time was enough to try every path. */
  readonly complete: boolean;
}

/** Which readers have linear norms: all, or all but the feed-forward sublayers, or none. */
export type LinearNorms = "all" | "all but those before feed-forward sublayers" | "none";

export interface Interventions {
  /** Each layer norm with one scale for all positions, the others as they are. */
  readonly norms: readonly Effect[];
  /** All layer norms with one scale each. */
  readonly allLinear: number;
  /** Each head and feed-forward sublayer replaced by its mean, the others as they are. */
  readonly components: readonly Effect[];
  /** Cut greedily, with every layer norm as it is and means for what is cut. */
  readonly pruned: Pruned;
  /** Cut by gradient, with tuned constants and as many linear layer norms as leave enough of the decisions. */
  readonly tuned: Pruned & {
    readonly linear: LinearNorms;
    /** What is left with these layer norms before any cut. */
    readonly wholeMatch: number;
    /** Products of a query's and a key's components in the scores of all heads; undefined if norms are not linear. */
    readonly products: number | undefined;
  };
  /** The number of sequences that each share is of. */
  readonly sequences: number;
}
