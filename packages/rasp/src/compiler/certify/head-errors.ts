/** The error of what heads write: of their scores, of the shares that softmax gives, and of the rounding to an anchor's step. */
import { BOS_SCORE, COUNT_SCALE, RANK_SCORE, type Anchors, type Head } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import type { Bound, Bounds } from "./bounds.js";
import type { Margins } from "./margins.js";
import { gamma, softmaxError, U } from "./rounding.js";

/** How far scores can be off. */
interface ScoreError {
  /** Against each other, of keys for which all blocks hold. */
  readonly selected: number;
  /** Against any other. */
  readonly any: number;
}

type Errors = Pick<Bound, "error" | "atBos">;

/** Bounds what the heads of one layer write; the rounding of anchored subspaces is a decision. */
export function boundHeads(
  heads: readonly Head[],
  bounds: Bounds,
  margins: Margins,
  { anchors, maxLength }: { readonly anchors: Anchors; readonly maxLength: number },
): void {
  const found = new Map<Subspace, Errors>();
  for (const head of heads) {
    const scores = scoreError(head, bounds);
    const isCount = head.purpose === "count";
    const errors = isCount ? countErrors(head, scores, bounds, maxLength) : meanErrors(head, scores, bounds, maxLength);
    for (const [v, value] of head.values.entries()) {
      const before = found.get(value.target) ?? { error: 0, atBos: 0 };
      // A count can have several heads, whose results add up; the values of a mean have a coordinate each.
      const error = isCount ? before.error + errors[v]! : Math.max(before.error, errors[v]!);
      const leak = maxLength * Math.exp(-(BOS_SCORE + Math.max(0, head.bosScore)) + 2 * scores.any);
      const atBos = Math.abs(value.atBos) * 8 * U + leak * 2 * value.scale * value.target.largest;
      found.set(value.target, { error, atBos: Math.max(before.atBos, atBos) });
    }
  }
  for (const [subspace, errors] of found) bounds.set(subspace, anchored(subspace, errors, anchors, margins));
}

/** The sum with an anchor is rounded to its step: to what the subspace should hold, if that is near enough and a multiple. */
function anchored(subspace: Subspace, { error, atBos }: Errors, anchors: Anchors, margins: Margins): Bound {
  const anchor = anchors.get(subspace);
  if (!anchor) return { error, atBos, grid: 0 };
  const half = anchor.step / 2;
  const exact = subspace.grid >= anchor.step && error < half;
  if (exact) margins.add(half, error, `${subspace.label}, layer ${subspace.layer}, rounding`);
  const exactAtBos = atBos < half && subspace.atBos.every((value) => Number.isInteger(value / anchor.step));
  return {
    error: exact ? 0 : error + half,
    atBos: exactAtBos ? 0 : atBos + half,
    grid: exact ? subspace.grid : anchor.step,
  };
}

function scoreError({ blocks, selectedScore, bosScore, keys, ranking }: Head, bounds: Bounds): ScoreError {
  const sides = blocks.map(({ oneHot, other }) => [bounds.largestError(oneHot), bounds.largestError(other)] as const);
  const carried = blocks.reduce((sum, { unit, oneHot, maxActive }, b) => {
    const [e, f] = sides[b]!;
    return sum + unit * maxActive * e + f + oneHot.length * e * f;
  }, 0);
  const atBos = blocks.reduce(
    (sum, { unit, oneHot, other }) => sum + unit * oneHot.length * bounds.largestErrorAtBos([...oneHot, ...other]),
    0,
  );
  const ranks = ranking ? RANK_SCORE * bounds.error(ranking.key) : 0;
  const exact = ranks === 0 && sides.every(([e, f]) => e === 0 && f === 0);
  // Where queries and keys are exact, one product in each block is not zero. The factor √d_head is rounded four times.
  const terms = exact ? blocks.length + (ranking ? 2 : 1) : keys.length + 1;
  const size = selectedScore + Math.abs(bosScore) + (ranking?.highest ?? 0);
  const any = carried + ranks + atBos + (gamma(terms) + 4 * U) * size;
  // All products that are not zero are then the same number, and up to three of them have the same sum in any order.
  return { selected: exact && !ranking && blocks.length <= 3 ? 0 : any, any };
}

/** A count of w selected keys comes out as w / (1 + w / COUNT_SCALE), with the relative errors of the shares. */
function countErrors(
  { values, blocks, counted }: Head,
  scores: ScoreError,
  bounds: Bounds,
  maxLength: number,
): number[] {
  const shares = Math.expm1(2 * scores.any) + softmaxError(maxLength);
  const unit = blocks.reduce((least, block) => Math.min(least, block.unit), Infinity);
  const unselected = Math.exp(-unit + 2 * scores.any);
  const relative = shares + maxLength / COUNT_SCALE + unselected + gamma(2);
  return values.map(({ read }) => counted * relative + maxLength * bounds.error(read));
}

function meanErrors(
  { values, purpose, selectedScore, bosScore, ranking }: Head,
  scores: ScoreError,
  bounds: Bounds,
  maxLength: number,
): number[] {
  // The score of BOS is this far below that of a selected key, and that of an unselected key as far below BOS.
  const gap = Math.min(selectedScore - bosScore, ranking ? RANK_SCORE : Infinity);
  const leak = maxLength * Math.exp(-gap + 2 * scores.any);
  // A copy has one selected key, whose share is compared with no other.
  const shares = (purpose === "copy" ? 0 : Math.expm1(2 * scores.selected)) + softmaxError(maxLength);
  return values.map(({ read, atBos, target }) => {
    const value = Math.max(bounds.error(read), Math.abs(atBos) * 2 * U);
    return value + (2 * leak + shares) * 2 * Math.max(target.largest, Math.abs(atBos));
  });
}
