/**
 * The plan: what the residual stream has to hold, and which heads and hidden units write it. It is the compiler's intermediate
 * representation, before anything has coordinates; craft is its counterpart in Tracr (Lindner et al. 2023). `planner.ts` makes it,
 * `certify` bounds its error in float32, `layout` gives it coordinates and weights.
 */
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import type { Arithmetic, Purpose } from "./arithmetic.js";
import type { Decoding } from "./decoding.js";
import type { Read, Subspace } from "./read.js";

export interface Plan {
  readonly arithmetic: Arithmetic;
  readonly embeddings: Embeddings;
  readonly heads: readonly Head[];
  readonly features: readonly Feature[];
  readonly anchors: Anchors;
  /** In the order of their columns in the logits. */
  readonly outputs: readonly Output[];
  readonly readbacks: readonly Readback[];
}

/** What is in the residual stream before the first layer. */
export interface Embeddings {
  readonly tokens: Subspace;
  readonly indices: Subspace;
  /** What the layers before have left there, such as the states of a loop. */
  readonly given: ReadonlyMap<NormalSOp, Subspace>;
}

/**
 * One attention head. The score of a key is sum_d query_d·key_d, and bosScore for the key at BOS; each value column is written to
 * one coordinate.
 */
export interface Head extends Scores {
  /** Heads of a layer with equal patterns attend alike and are merged. */
  readonly pattern: string;
  readonly purpose: Purpose;
  /** Whether every row's attention goes to one key or to BOS. Of a copy several keys can have the same value. */
  readonly oneKey: boolean;
  readonly label: string;
  readonly layer: number;
  readonly bosScore: number;
  /** An upper bound on the sum of the absolute values of what is counted; 0 unless the purpose is to count. */
  readonly counted: number;
  readonly values: readonly HeadValue[];
}

/** The query and key dimensions of a head, a pair of reads for each; the score is the sum of their products. */
export interface Scores {
  readonly keys: readonly Read[];
  readonly queries: readonly Read[];
  /** The score where all blocks hold. */
  readonly selectedScore: number;
  readonly blocks: readonly BlockScores[];
  /** What `best` adds to the score of every key, from 0 to `highest`. */
  readonly ranking?: Ranking;
}

/** The dimensions of ranks: each key is multiplied by a query that is the same everywhere. */
export interface Ranking {
  readonly keys: readonly Read[];
  readonly queries: readonly number[];
  readonly highest: number;
}

/** The dimensions of one block, as `certify` needs to know them. */
export type BlockScores = OneHotScores | NumberScores;

/** A block over classes: one dimension for each class of one side. */
export interface OneHotScores {
  readonly kind: "one-hot";
  /** How much lower a key scores where the block does not hold. */
  readonly unit: number;
  /** The side that is one-hot, a read for each dimension, and the other side. */
  readonly oneHot: readonly Read[];
  readonly other: readonly Read[];
  /** How many dimensions of the other side can differ from 0 at once. */
  readonly maxActive: number;
}

/** A block that compares a number with a number: `plan/heads/number-match.ts`. */
export interface NumberScores {
  readonly kind: "numbers";
  /** A key of another number scores lower by at least this. */
  readonly unit: number;
  readonly dimensions: readonly NumberDimension[];
}

/** The product of a key and a query that are whole multiples of powers of two. */
export interface NumberDimension {
  readonly key: Read;
  readonly query: Read;
  readonly largestKey: number;
  readonly largestQuery: number;
  /** A power of two of which all products are multiples. */
  readonly grid: number;
}

/** One value column of a head: `scale` times the mean of `read` over the keys goes to a coordinate of `target`. */
export interface HeadValue {
  readonly read: Read;
  /** The value at BOS: what an empty row receives. */
  readonly atBos: number;
  readonly scale: number;
  readonly target: Subspace;
  readonly coordinate: number;
}

/** Hidden units that write one subspace: the sum of some branches. */
export interface Feature {
  readonly subspace: Subspace;
  /** Of the step functions of a branch one has open gates at a time. */
  readonly branches: readonly (readonly StepFunction[])[];
  /** The units of all the step functions. */
  readonly units: readonly Unit[];
}

/** A step function of one number behind gates: 0 unless all gates are open. `units/feed-forward.ts` has a sketch. */
export interface StepFunction {
  /** Each reads 1 where it is open and 0 where it is closed. */
  readonly gates: readonly Read[];
  /** The weighted input, a sum of arguments. */
  readonly input: Read;
  /** The largest absolute value of the input, whether the gates are open or closed. */
  readonly largestInput: number;
  /** The smallest and the largest input with the gates open. */
  readonly lowestInput: number;
  readonly highestInput: number;
  /** The outputs where no step is taken: below the first threshold if all go up. */
  readonly initial: readonly number[];
  readonly steps: readonly Step[];
  /** Where it is bent instead: the outputs go straight on from one to the next. */
  readonly bends: readonly Bend[];
}

/** One bend, relu(a) with a = input - from - gateBias·(number of closed gates). */
export interface Bend {
  readonly from: number;
  /** By how much a closed gate lowers the unit, a power of two; 0 without gates. */
  readonly gateBias: number;
  /** What it adds to the outputs for each 1 of the input. */
  readonly change: readonly number[];
}

/** One step, relu(a) - relu(a - 1) with a = slope·(input - threshold) + 1/2 - gateBias·(number of closed gates). */
export interface Step {
  /** A power of two; for another basis any number, below 0 where the step is taken below the threshold. */
  readonly slope: number;
  readonly threshold: number;
  /** How far a may be off at the inputs on both sides of the threshold, and the step still be 0 or 1; at least 7/16, or 0 in low precision. */
  readonly margin: number;
  /** By how much a closed gate lowers the step's units, a power of two; 0 without gates. */
  readonly gateBias: number;
  /** What the step adds to the outputs. */
  readonly change: readonly number[];
}

/** A hidden unit: relu(input), added to output coordinate j with weight output[j]. */
export interface Unit {
  readonly input: Read;
  readonly output: readonly number[];
  /** Added to the input at the BOS position so that the unit is silent there. */
  readonly bosWeight: number;
}

/** The constants that are added to what heads write, up to the feed-forward sublayer of the same layer: see `anchors.ts`. */
export type Anchors = ReadonlyMap<Subspace, Anchor>;

/** A large constant that makes float32 round a sum to multiples of `step`. */
export interface Anchor {
  /** ±3/4 · 2^24 · step: in the middle of the numbers whose last place is the step. */
  readonly value: number;
  /** A power of two. */
  readonly step: number;
  /** What can be added or subtracted, and the sum still has this step. */
  readonly room: number;
}

/** What is read at the end for one s-op, and how it is decoded. */
export interface Output extends Decoding {
  readonly reads: readonly Read[];
  readonly twins?: Twins;
}

/** Values that are one number in float32. The model answers the one that is shortest to write for all of them. */
export interface Twins {
  /** Two of them. */
  readonly example: readonly [Atom, Atom];
  /** The most by which a float differs from the answer for it; Infinity where values other than floats do. */
  readonly apart: number;
}

/** How to find an s-op's value in the residual stream again: the basis of `verify`'s diagnosis. */
export interface Readback {
  /** @internal */
  readonly sop: NormalSOp;
  readonly subspace: Subspace;
  /** All values that the s-op can have. */
  readonly values: readonly Atom[];
  /** What the subspace holds where the s-op has this value. */
  readonly expected: (value: Atom) => readonly number[] | undefined;
  /** A coordinate that is off by more than this belongs to another value. */
  readonly tolerance: number;
}

/** What an s-op is called in labels. */
export const labelOf = (sop: NormalSOp): string => sop.origin?.name ?? sop.kind;
