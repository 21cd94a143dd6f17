/** The error of what heads write: of their scores, of the shares that softmax gives, and of the rounding to an anchor's step. */
import { exactExp } from "@selectron/core";
import { getOrInsert } from "../../language/maps.js";
import { FLOAT32 } from "../plan/ir/arithmetic.js";
import { gridOf, MANTISSA } from "../plan/ir/exact-sum.js";
import type { Anchors, Head } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import type { Bound, Bounds } from "./bounds.js";
import type { Margins } from "./margins.js";
import { copyError, expm1, gamma, softmaxError, U } from "./rounding.js";

/** How far scores can be off. */
interface ScoreError {
  /** Against each other, of keys for which all blocks hold. */
  readonly selected: number;
  /** Against any other. */
  readonly any: number;
}

/** What heads write to one coordinate: the sum of a product for each of their value columns. */
interface Written extends Pick<Bound, "error" | "atBos"> {
  /** The part of the error that grows with what is counted. Heads that count for one coordinate share it: no key counts twice. */
  readonly ofCount: number;
  readonly products: number;
  /** The largest sum of the absolute values of the products. */
  readonly size: number;
  /** Each product should be a multiple of this power of two; 0 where nothing is known. */
  readonly grid: number;
}

const NOTHING: Written = { error: 0, ofCount: 0, atBos: 0, products: 0, size: 0, grid: Infinity };

/** Bounds what the heads of one layer write; the rounding of anchored subspaces is a decision. */
export function boundHeads(
  heads: readonly Head[],
  bounds: Bounds,
  margins: Margins,
  { anchors, maxLength }: { readonly anchors: Anchors; readonly maxLength: number },
): void {
  const found = new Map<Subspace, Written[]>();
  const hasExactRoot = heads.some(({ blocks }) => blocks.some(({ kind }) => kind === "numbers"));
  for (const head of heads) {
    const scores = scoreError(head, bounds, hasExactRoot);
    const isCount = head.purpose === "count";
    const ofCount = isCount ? countError(head, scores, maxLength) : 0;
    const errors = isCount
      ? carriedErrors(head, scores, bounds, maxLength)
      : meanErrors(head, scores, bounds, maxLength);
    for (const [v, { read, atBos, scale, target, coordinate }] of head.values.entries()) {
      const coordinates = getOrInsert(found, target, () => target.names.map(() => NOTHING));
      const before = coordinates[coordinate]!;
      const leak = maxLength * exactExp(-(FLOAT32.selfScore + Math.max(0, head.bosScore)) + 2 * scores.any);
      coordinates[coordinate] = {
        error: before.error + errors[v]!,
        ofCount: Math.max(before.ofCount, ofCount),
        atBos: before.atBos + Math.abs(atBos) * 8 * U + leak * 2 * scale * target.largest,
        products: before.products + 1,
        size: isCount ? Math.max(before.size, head.counted) : before.size + target.largest,
        grid: Math.min(before.grid, head.purpose === "mean" ? 0 : bounds.grid(read)),
      };
    }
  }
  for (const [subspace, coordinates] of found) {
    const bounded = coordinates.map((written) => anchored(subspace, written, anchors, margins));
    bounds.set(subspace, {
      error: Math.max(...bounded.map(({ error }) => error)),
      atBos: Math.max(...bounded.map(({ atBos }) => atBos)),
      grid: Math.min(...bounded.map(({ grid }) => grid)),
    });
  }
}

/**
 * The sum with an anchor is rounded to its step: to what the coordinate should hold, if that is near enough and a multiple. A runtime
 * may start the sum of products from the anchor instead of adding the sum to it. With one product that is the same addition. With
 * more, each is rounded on its own, and to what it should be where that is a multiple of the step too.
 */
function anchored(subspace: Subspace, written: Written, anchors: Anchors, margins: Margins): Bound {
  const { ofCount, atBos, products, size, grid } = written;
  const error = written.error + ofCount;
  const anchor = anchors.get(subspace);
  if (!anchor) return { error, atBos, grid: 0 };
  const half = anchor.step / 2;
  const inAnyOrder = products === 1 || (grid >= anchor.step && size + products * half < anchor.room);
  const exact = subspace.grid >= anchor.step && error < half && inAnyOrder;
  if (exact) margins.add(half, error, `${subspace.label}, layer ${subspace.layer}, rounding`);
  const exactAtBos = atBos < half && subspace.atBos.every((value) => Number.isInteger(value / anchor.step));
  return {
    error: exact ? 0 : error + products * half,
    atBos: exactAtBos ? 0 : atBos + products * half,
    grid: exact ? subspace.grid : anchor.step,
  };
}

function scoreError(head: Head, bounds: Bounds, hasExactRoot: boolean): ScoreError {
  const { blocks, selectedScore, bosScore, keys, ranking } = head;
  const classes = blocks.filter((block) => block.kind === "one-hot");
  const numbers = blocks.filter((block) => block.kind === "numbers").flatMap(({ dimensions }) => dimensions);
  const sides = classes.map(({ oneHot, other }) => [bounds.largestError(oneHot), bounds.largestError(other)] as const);
  const carried = classes.reduce((sum, { unit, oneHot, maxActive }, b) => {
    const [e, f] = sides[b]!;
    return sum + unit * maxActive * e + f + oneHot.length * e * f;
  }, 0);
  // Both sides are 0 at BOS, up to their errors there: it meets keys and queries as any position has them, or itself.
  const atBos = classes.reduce((sum, { unit, oneHot, other, maxActive }, b) => {
    const [e, f] = sides[b]!;
    const [eBos, fBos] = [bounds.largestErrorAtBos(oneHot), bounds.largestErrorAtBos(other)];
    return sum + eBos * (unit * maxActive + oneHot.length * (f + fBos)) + fBos * (1 + oneHot.length * e);
  }, 0);
  const compared = numbers.reduce((sum, { key, query, largestKey, largestQuery }) => {
    const [e, f] = [bounds.error(key), bounds.error(query)];
    const [eBos, fBos] = [bounds.largestErrorAtBos([key]), bounds.largestErrorAtBos([query])];
    return sum + largestQuery * (e + eBos) + (largestKey + e + eBos) * (f + fBos);
  }, 0);
  const ranks = ranking ? ranking.keys.reduce((sum, key, d) => sum + ranking.queries[d]! * bounds.error(key), 0) : 0;
  const exact = ranks === 0 && compared === 0 && sides.every(([e, f]) => e === 0 && f === 0);
  // Beside a head that compares numbers all have a width whose root is exact: products add up without rounding, and one weight is rounded.
  if (hasExactRoot && exact && addsUpExactly(head, bounds)) {
    return { selected: 0, any: atBos + 2 * U * Math.abs(bosScore) };
  }
  // Where queries and keys are exact, one product in each block is not zero. The factor √d_head is rounded four times.
  const terms = exact && numbers.length === 0 ? blocks.length + (ranking ? 2 : 1) : keys.length + 1;
  const ofNumbers = numbers.reduce((sum, { largestKey, largestQuery }) => sum + largestKey * largestQuery, 0);
  const size = selectedScore + Math.abs(bosScore) + (ranking?.highest ?? 0) + ofNumbers;
  const any = carried + compared + ranks + atBos + (gamma(terms) + 4 * U) * size;
  // All products that are not zero are then the same number, and up to three of them have the same sum in any order.
  return { selected: exact && numbers.length === 0 && !ranking && blocks.length <= 3 ? 0 : any, any };
}

/** Whether float32 holds every partial sum of a key's products, in any order. BOS has a product of its own, and no other. */
function addsUpExactly({ blocks, ranking }: Head, bounds: Bounds): boolean {
  let size = ranking?.highest ?? 0;
  let grid = Math.min(
    Infinity,
    ...(ranking?.keys ?? []).map((key, d) => gridOf([ranking!.queries[d]!]) * bounds.grid(key)),
  );
  for (const block of blocks) {
    if (block.kind === "one-hot") {
      size += block.unit;
      grid = Math.min(grid, gridOf([block.unit]));
      continue;
    }
    for (const dimension of block.dimensions) {
      size += dimension.largestKey * dimension.largestQuery;
      grid = Math.min(grid, dimension.grid);
    }
  }
  return size <= MANTISSA * grid;
}

/** A count of w selected keys comes out as w / (1 + w / countScale), with the relative errors of the shares. */
function countError({ counted }: Head, scores: ScoreError, maxLength: number): number {
  const shares = expm1(2 * scores.any) + softmaxError(maxLength);
  return counted * (shares + maxLength / FLOAT32.countScale + gamma(2));
}

/** What keys that are not selected add to a count, and the errors of what is counted. */
function carriedErrors(
  { values, blocks, counted }: Head,
  scores: ScoreError,
  bounds: Bounds,
  maxLength: number,
): number[] {
  const unit = blocks.reduce((least, block) => Math.min(least, block.unit), Infinity);
  return values.map(({ read }) => counted * exactExp(-unit + 2 * scores.any) + maxLength * bounds.error(read));
}

function meanErrors(
  { values, purpose, oneKey, selectedScore, bosScore, ranking }: Head,
  scores: ScoreError,
  bounds: Bounds,
  maxLength: number,
): number[] {
  // The score of BOS is this far below that of a selected key, and that of an unselected key as far below BOS.
  const gap = Math.min(selectedScore - bosScore, ranking ? FLOAT32.rankScore : Infinity);
  const leak = maxLength * exactExp(-gap + 2 * scores.any);
  // A copy has one selected key, whose share is compared with no other.
  const shares = (purpose === "copy" ? 0 : expm1(2 * scores.selected)) + softmaxError(maxLength);
  return values.map(({ read, atBos, target }) => {
    const value = Math.max(bounds.error(read), Math.abs(atBos) * 2 * U);
    const largest = Math.max(target.largest, Math.abs(atBos));
    return value + Math.min((2 * leak + shares) * 2 * largest, oneKey ? copyError(leak, maxLength, largest) : Infinity);
  });
}
