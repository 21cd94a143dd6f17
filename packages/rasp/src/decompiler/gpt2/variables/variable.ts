/**
 * The parts of a program: variables are vectors at each position, patterns say how attention moves them. Each knows its RASP text and its
 * values on a sequence. The types refer to each other, since attention with a pattern makes a variable and a pattern may compare variables.
 */
import { getOrInsert } from "../../../language/maps.js";
import type { Heatmap } from "../../common/heatmap.js";
import type { Observed } from "../data/observe.js";

/** A vector at each position. */
export interface Variable {
  /** Different for different variables. */
  readonly key: string;
  /** The names of the components, as RASP literals. */
  readonly basis: readonly string[];
  /** Whether the components are the vocabulary's tokens. */
  readonly ofTokens: boolean;
  /** The number of layers of attention that it takes. */
  readonly depth: number;
  /** Its RASP text; `names` gives the names of what it reads. */
  readonly text: (names: Names) => string;
  /** The variables that must be defined before it. */
  readonly reads: readonly Variable[];
  /** Whether its text is written wherever it is used; otherwise it has a line of its own. */
  readonly isInline: boolean;
  /** The pattern of the attention that makes it, if attention does. */
  readonly pattern: Pattern | undefined;
  /** What it computes at one position, if it is such a function. */
  readonly function?: string;
  /** [n, basis]. */
  values(observed: Observed): Float32Array;
}

/** How attention distributes a query's share among keys. */
export interface Pattern {
  /** Different for different patterns. */
  readonly key: string;
  /** The selector or score in RASP. */
  readonly text: (names: Names) => string;
  readonly reads: readonly Variable[];
  /** Fitted numbers in its text that are not 0; a pattern with a name has none. */
  readonly parameters: number;
  /** Whether its numbers are the model's own. */
  readonly isOfWeights?: boolean;
  /** Its score tables. */
  readonly tables?: readonly Heatmap[];
  /** [n, n]: query i's share for key j at i·n + j. */
  shares(observed: Observed): Float32Array;
}

/** The names of a program that is being written. */
export interface Names {
  /** The name of a variable, or the text of one that is inline. Defines it the first time. */
  variable(variable: Variable): string;
  /** The name of an s-op or table, which is defined on a line of its own the first time. */
  definition(name: string, expression: string): string;
}

/** Whether it has a name rather than fitted numbers. */
export const isNamed = ({ pattern }: Variable): boolean => pattern === undefined || pattern.parameters === 0;

/**
 * The values of a variable, computed once for each sequence. On a swapped run a variable that the swap carries has the values of the other
 * sequence.
 */
export function cached(
  key: string,
  compute: (observed: Observed) => Float32Array,
): (observed: Observed) => Float32Array {
  const known = new WeakMap<Observed, Float32Array>();
  const values = (observed: Observed): Float32Array =>
    getOrInsert(known, observed, () => {
      const { swapped, ids } = observed;
      if (!swapped?.carries(key)) return compute(observed);
      const other = values(swapped.from);
      return other.subarray(0, (other.length / swapped.from.ids.length) * ids.length);
    });
  return values;
}
