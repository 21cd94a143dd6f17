/**
 * The proof that the weights compute the plan in float32, for every input over the vocabulary and every length. Sublayer by
 * sublayer it bounds how far each subspace can be from the value that it should hold, and compares that with the margin of every
 * decision on the way: each rounding to an anchor, each step of a step function, and the decoding. `docs/numerics.md` has the
 * argument. A tighter bound goes where its error is: `rounding.ts` for sums and softmax, `bounds.ts` for reads, `head-errors.ts` and
 * `unit-errors.ts` for the sublayers.
 */
import { describeAtom } from "../../language/atom/text.js";
import type { Atom } from "../../language/graph/node.js";
import { leastDistance } from "../plan/ir/decoding.js";
import type { Output, Plan, Twins } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import { Bounds } from "./bounds.js";
import { boundHeads } from "./head-errors.js";
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

/**
 * Certifies a plan. It never fails: a plan that cannot be proved has a certificate that says so.
 *
 * @param maxLength - the longest input, without BOS
 */
export function certify(plan: Plan, vocabulary: readonly Atom[], maxLength: number): Certificate {
  const { heads, features, anchors, outputs } = plan;
  const bounds = new Bounds(anchors);
  const margins = new Margins();
  const depth = Math.max(0, ...[...heads, ...features.map(({ subspace }) => subspace)].map(({ layer }) => layer));
  for (let layer = 1; layer <= depth; layer++) {
    const ofLayer = heads.filter((head) => head.layer === layer);
    boundHeads(ofLayer, bounds, margins, { anchors, maxLength });
    boundUnits(
      features.filter(({ subspace }) => subspace.layer === layer),
      bounds,
      margins,
    );
  }
  for (const output of outputs) checkDecoding(output, bounds, margins);
  checkRange(plan, margins);
  const { margin, where } = margins.tightest;
  const twins = outputs.flatMap((output) => output.twins ?? []);
  const apart = twins.reduce((most, { apart }) => Math.max(most, apart), 0);
  const isWithin = twins.length > 0 && margin > 1 && Number.isFinite(apart);
  return {
    proved: margin > 1 && twins.length === 0,
    ...(isWithin ? { provedWithin: apart } : {}),
    provedFor: { vocabulary, lengths: [1, maxLength] },
    ...(twins.length > 0 ? { worstMargin: 0, where: describeTwins(twins[0]!) } : { worstMargin: margin, where }),
    bounds: [...bounds.entries()].map(([{ label, layer, writer }, { error }]) => ({ label, layer, writer, error })),
  };
}

const describeTwins = ({ example }: Twins): string =>
  `decoding: ${example.map(describeAtom).join(" and ")} are one number in float32`;

/** The choice of a class, by the largest logit or the nearest point. */
function checkDecoding({ classes, points, reads, twins }: Output, bounds: Bounds, margins: Margins): void {
  const room = points ? leastDistance(points, classes) / 2 - (twins?.apart ?? 0) : 1 / 2;
  if (classes.length > 1) margins.add(room, bounds.largestError(reads), "decoding");
}
