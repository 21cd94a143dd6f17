/** What naming one part of a model needs of the naming of the whole. */
import type { Atom } from "../../../language/graph/node.js";
import type { Cases } from "../expressions/cases.js";
import type { SharpRun } from "../run/sharp-run.js";
import type { Sample } from "../run/sample.js";
import type { Subspace } from "../run/subspace.js";
import type { CompiledWeights } from "../run/weights.js";

/** A line of the program. */
export interface Line {
  readonly name: string;
  readonly text: string;
  /** Whether lists of values stand in it because no shorter form was found. */
  readonly tabular: boolean;
}

/** The cases of some subspaces as the names before them tell them apart, and a place of the sample for each. */
export interface Situation {
  readonly cases: Cases;
  readonly places: readonly number[];
}

export interface Naming {
  readonly weights: CompiledWeights;
  readonly sample: Sample;
  readonly run: SharpRun;
  /** What the values of a subspace are called, where an output reads nothing else. */
  readonly labels: ReadonlyMap<Subspace, readonly Atom[]>;
  /** The joint states of what the subspaces rest on, with one input for each name. */
  situation(subspaces: readonly Subspace[]): Situation;
  /** Adds a line. @returns its name: the wish and a number */
  define(wish: string, text: string, tabular: boolean): string;
}
