/** What naming a part of a model takes from the naming of the whole. */
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
  /** Whether it lists values because no shorter form was found. */
  readonly tabular: boolean;
}

/** Where a model holds the value of a line: coordinates of the residual stream after the attention of a layer. */
export interface LinePlace {
  readonly layer: number;
  readonly coordinates: readonly number[];
}

/** A line and where its value is, if heads write it. */
export interface PlacedLine extends Line {
  readonly place?: LinePlace;
}

/** The cases in which some subspaces can be, by the names of what they depend on; and a place of the sample for each. */
export interface Situation {
  readonly cases: Cases;
  readonly places: readonly number[];
}

export interface Naming {
  readonly weights: CompiledWeights;
  readonly sample: Sample;
  readonly run: SharpRun;
  /** The names of a subspace's values, if an output reads nothing else. */
  readonly labels: ReadonlyMap<Subspace, readonly Atom[]>;
  /** The cases of some subspaces: the joint states of the named subspaces that they depend on, with one input for each name. */
  situation(subspaces: readonly Subspace[]): Situation;
  /** Adds a line. @returns its name: the kind and a number */
  define(kind: string, text: string, tabular: boolean): string;
}
