/** What is reported of a program that was found. */
import type { Interchange } from "./interchange.js";
import type { FrontPoint } from "./front.js";
import type { Headline } from "./headline.js";
import type { Heatmap } from "./heatmap.js";
import type { Origin } from "./origin.js";
import type { LengthMatch, Share } from "./share.js";
import type { Renamed } from "./writable.js";

/** A program that matches the model on a smaller share of the report set is refused. */
export const LEAST_MATCH = 0.9;
/** A program of more lines is refused. */
export const MOST_LINES = 20;

/** An operation of the program, and the head whose attention is most like it. */
export interface Operation {
  readonly key: string;
  /** A selector or a function with a name, or scores with fitted numbers. */
  readonly kind: "named" | "tabular";
  /** The head whose pattern is nearest, and the total variation distance to it; absent for what is no attention. */
  readonly nearest?: NearestHead;
}

export interface NearestHead {
  readonly layer: number;
  readonly head: number;
  /** Mean total variation distance of the attention, 0 to 1. */
  readonly distance: number;
}

/** How a head was read: the text of its score, and how far the head's attention is from it. */
export interface HeadReport extends NearestHead {
  readonly score: string;
}

/** The report on the best program that a search found. */
export interface ProgramReport {
  /** The program; absent if it is refused. */
  readonly source: string | undefined;
  /** Why there is no program. */
  readonly refusal: string | undefined;
  /** The best program found, even if it is refused. */
  readonly best: string;
  /** The tokens and classes that no literal of RASP can have, and their names in the program. */
  readonly renamed: readonly Renamed[];
  readonly lines: number;
  readonly origin: Origin;
  /** The numbers that stand in the text, keys of tables included. */
  readonly parameters: number;
  readonly operations: readonly Operation[];
  /** The share of the report set on which the text, run by the interpreter, decides as the model does, by a uniform mix of lengths. */
  readonly match: Share;
  /** What the match is worth: by class, and beside tables that know nothing of a mechanism. */
  readonly headline: Headline;
  /** The shortest and the longest sequence of the report set, in tokens. Every length between them counts the same in `match`. */
  readonly lengths: readonly [number, number];
  /** The same share for a table of tokens alone. */
  readonly tokenTableMatch: number;
  /** The shares on which the model and the text are right, where the data give the answers. */
  readonly taskAccuracy: { readonly model: number | undefined; readonly program: number | undefined };
  readonly byLength: readonly LengthMatch[];
  readonly heads: readonly HeadReport[];
  /** Whether the model follows each variable of the program where both are swapped between inputs; absent where it was not measured. */
  readonly interchange?: Interchange;
  /** The share of random strings, most of them outside of the language, on which the text decides as the model does. */
  readonly randomStrings?: Share;
  /** The program's score tables and projections. */
  readonly tables: readonly Heatmap[];
  /** The programs found that no smaller one matches, smallest first. */
  readonly front: readonly FrontPoint[];
}

/** Why a program of so many lines is refused whatever it matches; undefined if it is not. */
export const refusalOfSize = (lines: number): string | undefined =>
  lines > MOST_LINES ? `the smallest program found has ${lines} lines, more than ${MOST_LINES}` : undefined;
