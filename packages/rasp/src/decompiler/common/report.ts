/** What a decompilation takes, and what it comes to. */
import type { Sequence } from "../gpt2/data/sequences.js";
import type { Interventions } from "../gpt2/interventions/index.js";
import type { Memo } from "../gpt2/search/memo.js";
import type { Heatmap } from "./pictures.js";
import type { Share } from "../gpt2/runnable-program.js";
import type { Clock, Progress } from "../gpt2/search/search.js";

export interface DecompileOptions {
  /** Of the splits and offsets; 0 by default. */
  readonly seed?: number;
  readonly progress?: Progress;
  readonly clock?: Clock;
  /** Sequences for the report alone; a third of the data by default. */
  readonly fresh?: readonly Sequence[];
  /** Whether to cut the model's parts also where a program is found; of GPT-2-style models. */
  readonly interventions?: boolean;
  /** Where fits are kept and found again. */
  readonly memo?: Memo;
}

/** A program below this match is refused. */
export const LEAST_MATCH = 0.9;
/** A program of more lines is refused. */
export const MOST_LINES = 20;

/** An operation of the program and how close the model comes to it. */
export interface Operation {
  readonly key: string;
  /** A selector or a function with a name, or scores with fitted numbers. */
  readonly kind: "named" | "tabular";
  /** The head whose pattern is nearest, and the total variation distance to it; absent for what is no attention. */
  readonly nearest?: { readonly layer: number; readonly head: number; readonly distance: number };
}

/** A program that was found on the way: its size, and its match on the selection set, 0 to 1. */
export interface FrontPoint {
  /** Selectors and projections, or selectors and leaves of a condition. */
  readonly size: number;
  readonly match: number;
}

export interface Decompiled {
  /** The program; absent where it is refused. */
  readonly source: string | undefined;
  /** Why there is no program. */
  readonly refusal: string | undefined;
  /** Where the best program of a GPT-2-style model was found: from the smallest program upwards, or from the pruned model. */
  readonly method?: "search" | "pruned model";
  /** The best program found, also if it is refused. */
  readonly best: string;
  readonly lines: number;
  readonly parameters: number;
  readonly operations: readonly Operation[];
  /** Of the text, on the report set. */
  readonly match: Share;
  /** Of a table of tokens alone. */
  readonly tokenTableMatch: number;
  /** Of the model and of the text, where the data say what is right. */
  readonly taskAccuracy: { readonly model: number | undefined; readonly program: number | undefined };
  /** Match by length: each part is longer than the one before, and at most `upTo`. */
  readonly byLength: readonly { readonly upTo: number; readonly match: Share }[];
  /** How each head was read. */
  readonly heads: readonly {
    readonly layer: number;
    readonly head: number;
    readonly score: string;
    readonly distance: number;
  }[];
  /** The program's score tables and projections. */
  readonly tables: readonly Heatmap[];
  /** What the model's decisions rest on; where there is no program, or it was asked for. */
  readonly interventions?: Interventions;
  /** The programs found that no smaller one matches, smallest first. */
  readonly front: readonly FrontPoint[];
}

/** Points that no smaller or equal one beats. */
export function paretoFront(points: readonly FrontPoint[]): FrontPoint[] {
  const sorted = [...points].sort((a, b) => a.size - b.size || b.match - a.match);
  let best = -1;
  return sorted.filter(({ match }) => match > best && (best = match) >= 0);
}
