/**
 * What has to stand in the residual stream, and which head or hidden units write it: the compiler's result before anything
 * has coordinates. `planner.ts` makes it.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { Decoding } from "./decoding.js";
import type { NormalSOp } from "../../normalize/normal.js";
import type { Read, Subspace } from "./read.js";

/**
 * How far a key whose block does not hold scores below one whose blocks all hold, by what the head is for. e^-28 of a share is
 * nothing beside an integer count; where BOS stands half-way it is e^-20 for means and e^-32 for copies. Lower scores are more
 * robust: the error of a query or key is multiplied by them.
 */
export const SCORE = { count: 28, mean: 40, copy: 64 } as const;
/** How far the best of the selected keys scores above the second best. */
export const RANK_SCORE = 32;
/** How far BOS scores itself above everything else. */
export const BOS_SCORE = 64;
/** In a counting head BOS outweighs a selected key by this much, so that the share of the selected keys is linear in their number. */
export const COUNT_SCALE = 2 ** 26;

/** One pair of reads a dimension; the score of a pair of positions is the sum of their products. */
export interface Scores {
  readonly keys: readonly Read[];
  readonly queries: readonly Read[];
  /** The score where all blocks hold. */
  readonly selectedScore: number;
  readonly blocks: readonly BlockScores[];
  /** What `best` adds to every key, from 0 up: RANK_SCORE for each rank. */
  readonly ranking?: { readonly key: Read; readonly highest: number };
}

/** One block's dimensions, as `certify` needs to know them. */
export interface BlockScores {
  /** What a key loses where the block does not hold. */
  readonly unit: number;
  /** The side that stands one-hot, a read for each dimension, and the other side. */
  readonly oneHot: readonly Read[];
  readonly other: readonly Read[];
  /** The most dimensions that are not 0 at once on the other side. */
  readonly maxActive: number;
}

/** One attention head: scores are sum_d query_d·key_d + bosScore·[key is BOS]; each value column goes to one coordinate. */
export interface Head extends Scores {
  /** Heads of a layer with equal patterns attend alike and are merged. */
  readonly pattern: string;
  readonly purpose: keyof typeof SCORE;
  readonly label: string;
  readonly layer: number;
  readonly bosScore: number;
  /** The most that the absolute values of what is counted add up to; 0 unless the purpose is to count. */
  readonly counted: number;
  readonly values: readonly HeadValue[];
}

export interface HeadValue {
  readonly read: Read;
  /** The value at BOS: what an empty row receives. */
  readonly atBos: number;
  readonly scale: number;
  readonly target: Subspace;
  readonly coordinate: number;
}

/** A group of hidden units that writes one subspace. */
export interface Feature {
  readonly subspace: Subspace;
  readonly stepFunctions: readonly StepFunction[];
  readonly units: readonly Unit[];
}

/** A step of a staircase, relu(a) - relu(a - 1) with a = slope·(axis - place) + 1/2 + push·closed. */
export interface Step {
  readonly slope: number;
  readonly threshold: number;
  /** How far a may be off where the axis has its values beside the place: no less than 7/16. */
  readonly margin: number;
  /** How far a closed gate pushes the step's units down; 0 without gates. */
  readonly gateBias: number;
  /** What the step adds to the outputs. */
  readonly change: readonly number[];
}

/** A staircase inside a box of gates. */
export interface StepFunction {
  /** Each reads 1 where it is open, else 0. */
  readonly gates: readonly Read[];
  readonly input: Read;
  /** The largest absolute value of the axis anywhere, in this box or outside. */
  readonly largestInput: number;
  /** The outputs below the first step. */
  readonly initial: readonly number[];
  readonly steps: readonly Step[];
}

/** A hidden unit: relu(input), added to output coordinate j with weight output[j]. */
export interface Unit {
  readonly input: Read;
  readonly output: readonly number[];
  /** Added at the BOS position so that the unit is silent there. */
  readonly bosWeight: number;
}

export interface Anchor {
  /** 3/4 of the numbers that float32 has in these steps, so that the sum stays where its last place is the step. */
  readonly value: number;
  /** A power of two. */
  readonly step: number;
}

export type Anchors = ReadonlyMap<Subspace, Anchor>;

/** How to find an s-op's value in the residual stream again: the basis of `verify`'s diagnosis. */
export interface Readback {
  /** @internal */
  readonly sop: NormalSOp;
  readonly subspace: Subspace;
  /** All values that the s-op can have. */
  readonly values: readonly Atom[];
  /** What the subspace holds where the s-op has this value. */
  readonly expected: (value: Atom) => readonly number[] | undefined;
  /** A coordinate that is off by more says another value. */
  readonly tolerance: number;
}

/** What is read at the end for one s-op, and what it stands for. */
export interface Output extends Decoding {
  readonly reads: readonly Read[];
  /** Two values that are one number in float32, if there are such; the model answers the shorter one for both. */
  readonly twins?: readonly [Atom, Atom];
}

export interface Plan {
  readonly embeddings: { readonly tokens: Subspace; readonly indices: Subspace };
  readonly heads: readonly Head[];
  readonly features: readonly Feature[];
  readonly anchors: Anchors;
  /** In the order of their columns in the logits. */
  readonly outputs: readonly Output[];
  readonly readbacks: readonly Readback[];
}

/** What an s-op is called in labels. */
export const labelOf = (sop: NormalSOp): string => sop.origin?.name ?? sop.kind;

/** The smallest distance between different numbers of one coordinate; 1 where no coordinate has two. */
export function smallestStep(coordinates: readonly (readonly number[])[]): number {
  const steps = coordinates.flatMap((numbers) => {
    const ascending = [...new Set(numbers)].sort((a, b) => a - b);
    return ascending.slice(1).map((number, j) => number - ascending[j]!);
  });
  return steps.reduce((least, step) => Math.min(least, step), 1);
}
