/** What swaps between two inputs tell of a program and a model. */
import type { Share } from "./share.js";

/** A variable that no site follows at least so often is fitted, and not found in the model. */
export const LEAST_FOLLOWED = 0.8;

/** How a model follows a variable of its program. */
export interface Followed {
  /** The variable's text, as in the program, with the texts of what it reads. */
  readonly variable: string;
  /** The sites that carry it, by the names that the model's documentation gives; the best ones found where none does. */
  readonly sites: readonly string[];
  /** Whether they are whole sites, or a linear subspace of one of so many dimensions. */
  readonly dimensions: number | undefined;
  /**
   * Interchange accuracy: where the program changes its decision if the variable is taken from another input, the share of decisions that
   * the model with the sites taken from that input shares with it. Each pair of inputs counts once.
   */
  readonly accuracy: Share;
  /** The same share where the program does not change its decision. */
  readonly unchanged: Share;
  /** Whether the sites carry the variable: an accuracy of `LEAST_FOLLOWED` or more. */
  readonly isFound: boolean;
  /** Of a subspace, what the same search gives where there is nothing to be found. */
  readonly controls?: Controls | undefined;
}

/** The accuracy of subspaces that were looked for in the same way for a variable of random values, and in a model without training. */
export interface Controls {
  readonly randomLabels: Share;
  readonly untrained: Share;
}

/** A site that matters and that no variable explains. */
export interface Unexplained {
  readonly site: string;
  /** The share of decisions that change where the site is taken from another input. */
  readonly changed: number;
}

/** What swaps tell of a whole program. */
export interface Interchange {
  readonly variables: readonly Followed[];
  readonly unexplained: readonly Unexplained[];
  /** The pairs of inputs on which sites were looked for, and as many others that the figures are of. */
  readonly pairs: number;
}
