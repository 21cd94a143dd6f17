/** The error of what heads write, where reads are approximate. */
import { exactExp } from "@selectron/core";
import { getOrInsert } from "../../language/maps.js";
import { FLOAT32 } from "../plan/ir/arithmetic.js";
import type { Head, HeadValue, OneHotScores } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import { total, type Held, type ReadBounds } from "./read-errors.js";
import { copyError, expm1, gamma, softmaxError, U } from "./rounding.js";

/** What heads write to one coordinate so far. */
interface Written extends Held {
  readonly products: number;
  /** The part of the error that grows with what is counted: heads that count for one coordinate share it. */
  readonly ofCount: number;
  readonly size: number;
}

const NOTHING: Written = { error: 0, zero: 0, atBos: 0, products: 0, ofCount: 0, size: 0 };

/** What the heads of one layer write. */
export function approximateHeads(heads: readonly Head[], bounds: ReadBounds, maxLength: number): void {
  const found = new Map<Subspace, Written[]>();
  for (const head of heads) {
    const score = scoreError(head, bounds);
    for (const value of head.values) {
      const { target, coordinate } = value;
      const coordinates = getOrInsert(found, target, () => target.names.map(() => NOTHING));
      coordinates[coordinate] = added(coordinates[coordinate]!, writtenBy(head, value, score, bounds, maxLength));
    }
  }
  bounds.set([...found].map(([subspace, coordinates]) => [subspace, together(coordinates)] as const));
}

const added = (before: Written, own: Written): Written => ({
  error: before.error + own.error,
  zero: before.zero + own.zero,
  atBos: before.atBos + own.atBos,
  products: before.products + own.products,
  ofCount: Math.max(before.ofCount, own.ofCount),
  size: own.ofCount > 0 ? Math.max(before.size, own.size) : before.size + own.size,
});

function together(coordinates: readonly Written[]): Held {
  const most = (of: (written: Written) => number): number => coordinates.reduce((max, c) => Math.max(max, of(c)), 0);
  return {
    error: most(({ error, ofCount, products, size }) => error + ofCount + gamma(products - 1) * size),
    zero: most(({ zero, ofCount, products, size }) => zero + ofCount + gamma(products - 1) * size),
    atBos: most(({ atBos }) => atBos),
  };
}

/** What one value column adds. */
function writtenBy(head: Head, value: HeadValue, score: number, bounds: ReadBounds, maxLength: number): Written {
  const { read, atBos, scale, target } = value;
  const error = bounds.error(read);
  const ofBos = bounds.errorAtBos(read, atBos);
  // Of what no other key but BOS itself should add at BOS.
  const leak = maxLength * exactExp(-(FLOAT32.selfScore + Math.max(0, head.bosScore)) + 2 * score);
  const largest = Math.max(target.largest, Math.abs(atBos));
  const own = { atBos: scale * (ofBos + 2 * leak * largest) + softmaxError(maxLength) * Math.abs(atBos), products: 1 };
  if (head.purpose === "count") {
    // The score counts the errors of a key and of BOS, each once.
    const shares = expm1(score) + softmaxError(maxLength);
    const unit = head.blocks.reduce((least, block) => Math.min(least, block.unit), Infinity);
    const counted = head.counted * exactExp(-unit + 2 * score) + maxLength * error + scale * ofBos;
    const ofCount = head.counted * (shares + maxLength / scale + gamma(2));
    return { ...own, error: counted, zero: counted, ofCount, size: head.counted };
  }
  const { purpose, selectedScore, bosScore, ranking, oneKey } = head;
  const gap = Math.min(selectedScore - bosScore, ranking ? FLOAT32.rankScore : Infinity);
  const others = maxLength * exactExp(-gap + 2 * score);
  const ofShares = (purpose === "copy" ? 0 : expm1(2 * score)) + softmaxError(maxLength);
  const mixed = Math.min(
    (2 * others + ofShares) * 2 * largest,
    oneKey ? copyError(others, maxLength, largest) : Infinity,
  );
  // Of a vector that is copied, a component that should be 0 is what the key has there, and what leaks of the others.
  const isVector = target.oneHot && oneKey;
  const zero = isVector
    ? Math.max(bounds.fromZero(read), ofBos) * (1 + softmaxError(maxLength)) + 4 * others * largest
    : Infinity;
  const whole = Math.max(error, ofBos) + mixed;
  return { ...own, error: whole, zero: Math.min(zero, whole), ofCount: 0, size: target.largest };
}

/** How far scores can be off. */
function scoreError(head: Head, bounds: ReadBounds): number {
  const { blocks, ranking, selectedScore, bosScore } = head;
  let carried = 0;
  let size = selectedScore + Math.abs(bosScore) + (ranking?.highest ?? 0);
  let products = 2;
  for (const block of blocks) {
    if (block.kind === "one-hot") {
      const { error, small } = ofClasses(block, bounds);
      carried += error + small;
      products += 1;
      continue;
    }
    for (const { key, query, largestKey, largestQuery } of block.dimensions) {
      const [e, f] = [bounds.error(key), bounds.error(query)];
      const atBos = bounds.errorAtBos(key, 0) + bounds.errorAtBos(query, 0);
      carried += largestQuery * (e + atBos) + (largestKey + e + atBos) * (f + atBos);
      size += largestKey * largestQuery;
      products += 1;
    }
  }
  for (const [d, key] of (ranking?.keys ?? []).entries()) {
    carried += ranking!.queries[d]! * (bounds.error(key) + bounds.errorAtBos(key, 0));
    // The query is a constant.
    carried += relative(bounds) * ranking!.highest;
    products += 1;
  }
  // BOS is found by a weight that is a constant on both sides, and 0 at other keys.
  carried += 2 * relative(bounds) * (Math.abs(bosScore) + 1);
  // The weights of queries are multiplied by √d_head, and scores divided by it: rounded weights and products, four roundings of the
  // factors, and two that a softmax may take where it multiplies scores before it takes their differences.
  return carried + (gamma(products) + 8 * U) * (size + carried);
}

/** How far a read of 1 is off that reads a constant. */
const relative = (bounds: ReadBounds): number => total(bounds.parts({ constant: 1, terms: new Map() }));

/**
 * A block over classes: at most one dimension of one side is 1. `small` is what products add that should be 0, at keys of the input and
 * at BOS; they may be rounded away one by one.
 */
function ofClasses(
  { unit, oneHot, other, maxActive }: OneHotScores,
  bounds: ReadBounds,
): { error: number; small: number } {
  const fromZero = oneHot.reduce((most, read) => Math.max(most, bounds.fromZero(read)), 0);
  const [e, f] = [bounds.largest(oneHot), bounds.largest(other)];
  const both = oneHot.reduce((sum, read, d) => sum + bounds.fromZero(read) * bounds.fromZero(other[d]!), 0);
  const small = unit * (maxActive - 1) * fromZero + both + oneHot.length * e * f;
  const atBos = (reads: readonly { readonly read: OneHotScores["oneHot"][number] }[]): number =>
    reads.reduce((most, { read }) => Math.max(most, bounds.errorAtBos(read, 0)), 0);
  const [eBos, fBos] = [oneHot, other].map((reads) => atBos(reads.map((read) => ({ read })))) as [number, number];
  const ofBos = unit * maxActive * eBos + fBos + oneHot.length * (eBos * f + fBos * e);
  return { error: unit * Math.max(e, fromZero) + f + ofBos, small: 2 * small };
}
