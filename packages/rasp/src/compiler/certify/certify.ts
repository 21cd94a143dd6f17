/**
 * The proof that the weights compute the plan in its arithmetic, for every input over the vocabulary and every length. Sublayer by
 * sublayer it bounds how far each subspace can be from the value that it should hold, and compares that with the margin of every
 * decision on the way: each rounding to an anchor, each step of a step function, and the decoding. `docs/numerics.md` has the
 * argument. A tighter bound goes where its error is: `rounding.ts` for sums and softmax, `bounds.ts` for reads, `head-errors.ts` and
 * `unit-errors.ts` for the sublayers. `low-precision.ts` is the proof for bfloat16 and TF32.
 */
import { roundTo, type Precision } from "@selectron/core";
import { describeAtom } from "../../language/atom/text.js";
import type { Atom } from "../../language/graph/node.js";
import { leastDistance } from "../plan/ir/decoding.js";
import { isApproximate, isLow } from "../plan/ir/arithmetic.js";
import type { Feature, Head, Output, Plan, Twins } from "../plan/ir/plan.js";
import type { Read, Subspace } from "../plan/ir/read.js";
import { layOut } from "../layout/layout.js";
import { writeHeads } from "./any-basis/heads.js";
import { Noise, ROTATED, type BasisBounds } from "./any-basis/noise.js";
import { writeUnits } from "./any-basis/units.js";
import { Approximate } from "./approximate.js";
import { Bounds } from "./bounds.js";
import { boundHeads } from "./head-errors.js";
import { LowPrecision } from "./low-precision.js";
import { Margins } from "./margins.js";
import { checkRange } from "./range.js";
import { boundUnits } from "./unit-errors.js";

/** The bound that shows that a compiled model cannot differ from its program. */
export interface Certificate {
  /** Whether every decision has a margin that no rounding can use up. */
  readonly proved: boolean;
  readonly provedFor: { readonly vocabulary: readonly Atom[]; readonly lengths: readonly [from: number, to: number] };
  /**
   * Where values of the program are one number in float32, so that it is not proved: the most by which an answer can differ from the
   * program's, if that much is proved.
   */
  readonly provedWithin?: number;
  /** Where it is not proved for the longest inputs: the length up to which inputs are, if any are. */
  readonly provedUpTo?: number;
  /** Margin over possible error at the tightest decision: more than 1 is a proof. */
  readonly worstMargin: number;
  /** Where that is. */
  readonly where: string;
  /** For each subspace the largest error of its coordinates, after the sublayer that writes it. */
  readonly bounds: readonly SubspaceBound[];
}

/** How far the values of one subspace can be off. */
export interface SubspaceBound {
  readonly label: string;
  readonly layer: number;
  readonly writer: Subspace["writer"];
  readonly error: number;
}

/** How the errors of one arithmetic are bounded, sublayer by sublayer. */
interface Bounding {
  heads(ofLayer: readonly Head[]): void;
  units(ofLayer: readonly Feature[]): void;
  /** How far logits can be off. */
  error(reads: readonly Read[]): number;
  errors(): Iterable<readonly [Subspace, number]>;
}

/**
 * Certifies a plan. It never fails: a plan that cannot be proved has a certificate that says so.
 *
 * @param maxLength - the longest input, without BOS
 */
export const certify = (
  plan: Plan,
  vocabulary: readonly Atom[],
  maxLength: number,
  basis: BasisBounds = ROTATED,
): Certificate => certifyGiven(plan, vocabulary, maxLength, basis).certificate;

/** The certificate of a plan, and how far reads after its last layer can be off. What is given to it is exact. */
export function certifyGiven(
  plan: Plan,
  vocabulary: readonly Atom[],
  maxLength: number,
  basis: BasisBounds = ROTATED,
): { readonly certificate: Certificate; readonly errorOf: (reads: readonly Read[]) => number } {
  const { features, outputs } = plan;
  // What a head counts grows with the length. The plan is made for inputs with a position for each row of its embedding.
  const part = maxLength / plan.embeddings.indices.names.length;
  const heads = plan.heads.map((head) => (part < 1 ? { ...head, counted: head.counted * part } : head));
  const margins = new Margins();
  const bounding = boundingOf(plan, margins, maxLength, basis);
  const depth = Math.max(0, ...[...heads, ...features.map(({ subspace }) => subspace)].map(({ layer }) => layer));
  for (let layer = 1; layer <= depth; layer++) {
    bounding.heads(heads.filter((head) => head.layer === layer));
    bounding.units(features.filter(({ subspace }) => subspace.layer === layer));
  }
  for (const output of outputs) checkDecoding(output, bounding, margins);
  checkRange(plan, margins);
  const { margin, where } = margins.tightest;
  const twins = outputs.flatMap((output) => output.twins ?? []);
  const apart = twins.reduce((most, { apart }) => Math.max(most, apart), 0);
  const isWithin = twins.length > 0 && margin > 1 && Number.isFinite(apart);
  const certificate: Certificate = {
    proved: margin > 1 && twins.length === 0,
    ...(isWithin ? { provedWithin: apart } : {}),
    provedFor: { vocabulary, lengths: [1, maxLength] },
    ...(twins.length > 0 ? { worstMargin: 0, where: describeTwins(twins[0]!) } : { worstMargin: margin, where }),
    bounds: [...bounding.errors()].map(([{ label, layer, writer }, error]) => ({
      label,
      layer,
      writer,
      // A file has no infinity, and no number that is none.
      error: error < Infinity ? error : Number.MAX_VALUE,
    })),
  };
  return { certificate, errorOf: (reads) => bounding.error(reads) };
}

/**
 * The certificate with the length up to which the plan is proved, where that is not the longest. Bounds grow with the number of keys, so
 * that a search by halves finds it.
 */
export function withShorter(certificate: Certificate, plan: Plan): Certificate {
  const { vocabulary, lengths } = certificate.provedFor;
  if (certificate.proved || certificate.provedWithin !== undefined) return certificate;
  let [proved, unproved] = [0, lengths[1]];
  while (unproved - proved > 1) {
    const length = (proved + unproved) >> 1;
    if (certify(plan, vocabulary, length).proved) proved = length;
    else unproved = length;
  }
  return proved === 0 ? certificate : { ...certificate, provedUpTo: proved };
}

/** The certificate of a plan with these weights: one that the arithmetic does not hold takes the proof away. */
export function withWeights(
  certificate: Certificate,
  weights: Iterable<readonly [name: string, data: Float32Array]>,
  precision: Precision,
): Certificate {
  for (const [name, data] of weights) {
    const wrong = data.find((weight) => roundTo(precision, weight) !== weight);
    if (wrong === undefined) continue;
    const { provedFor, bounds } = certificate;
    const where = `${name}: the weight ${wrong} is no ${precision} number`;
    return { proved: false, provedFor, worstMargin: 0, where, bounds };
  }
  return certificate;
}

function boundingOf(plan: Plan, margins: Margins, maxLength: number, basis: BasisBounds): Bounding {
  const { arithmetic } = plan;
  if (!arithmetic.ownBasis) return inAnyBasis(plan, margins, maxLength, basis);
  if (isApproximate(arithmetic)) return new Approximate(plan, margins, maxLength);
  return isLow(arithmetic) ? inLowPrecision(plan, margins, maxLength) : inFloat32(plan, margins, maxLength);
}

function inAnyBasis(plan: Plan, margins: Margins, maxLength: number, basis: BasisBounds): Bounding {
  const { tokens, indices } = plan.embeddings;
  const noise = new Noise(basis, layOut(plan, false), [tokens, indices]);
  return {
    heads: (heads) => writeHeads(heads, noise, plan.arithmetic, maxLength),
    units: (features) => writeUnits(features, noise, margins),
    error: (reads) => reads.reduce((most, read) => Math.max(most, noise.error(read)), 0),
    errors: () => [...noise.errors].map(([subspace, { inputs }]) => [subspace, inputs + noise.perCoordinate] as const),
  };
}

function inFloat32({ anchors }: Plan, margins: Margins, maxLength: number): Bounding {
  const bounds = new Bounds(anchors);
  return {
    heads: (heads) => boundHeads(heads, bounds, margins, { anchors, maxLength }),
    units: (features) => boundUnits(features, bounds, margins),
    error: (reads) => bounds.largestError(reads),
    errors: () => [...bounds.entries()].map(([subspace, { error }]) => [subspace, error] as const),
  };
}

function inLowPrecision({ arithmetic }: Plan, margins: Margins, maxLength: number): Bounding {
  const exact = new LowPrecision(arithmetic, margins, maxLength);
  return {
    heads: (heads) => exact.heads(heads),
    units: (features) => exact.units(features),
    error: (reads) => Math.max(0, ...reads.map((read) => exact.logit(read))),
    errors: () => [...exact.leaks].map(([subspace, { inputs }]) => [subspace, inputs] as const),
  };
}

const describeTwins = ({ example }: Twins): string =>
  `decoding: ${example.map(describeAtom).join(" and ")} are one number in float32`;

/** The choice of a class, by the largest logit or the nearest point. */
function checkDecoding({ classes, points, reads, twins }: Output, bounding: Bounding, margins: Margins): void {
  const room = points ? leastDistance(points, classes) / 2 - (twins?.apart ?? 0) : 1 / 2;
  if (classes.length > 1) margins.add(room, bounding.error(reads), "decoding");
}
