/**
 * A conjunction of comparisons as a sorted list of positions, of which each row selects a run. Equalities split the positions into
 * groups, one range sorts each group, and others are left for `box-sums.ts`. O(n log n) time, O(n) memory.
 */
import type { Ranking } from "./ranking.js";
import { ABOVE, BELOW, EQUAL, UNEQUAL, type Conjunction, type Factor, type Mask } from "./disjoint-form.js";

/** For each row the ranks from `low` up to, not including, `high`. */
export interface Interval {
  readonly ranking: Ranking;
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/**
 * Row q selects `order[start[q]]` to `order[end[q] - 1]`; of these only the ranks in all of `ranges`, which are ordered from few ranks to
 * many. Positions that no row selects may be left out of `order`.
 */
export interface Box {
  readonly order: Int32Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly ranges: readonly Interval[];
}

/** The interval of ranks that a factor admits in each row; `undefined` where values have no order. `UNEQUAL` would be two. */
export type IntervalOf = (factor: Factor) => Interval | undefined;

/**
 * The box of a conjunction over `length` positions; `undefined` if values have no order.
 *
 * @param positionsLast a range of positions is left in `ranges`, and no list is sorted by it
 */
export function boxOf(
  { factors, keys, queries }: Conjunction,
  length: number,
  intervalOf: IntervalOf,
  positionsLast = false,
): Box | undefined {
  const dimensions = new Map<Ranking, Interval & { single: boolean }>();
  for (const factor of factors) {
    if (factor.relation === UNEQUAL) return undefined;
    const interval = intervalOf(factor);
    if (!interval) return undefined;
    const known = dimensions.get(interval.ranking);
    const single = factor.relation === EQUAL || known?.single === true;
    dimensions.set(interval.ranking, { ...(known ? overlap(known, interval) : interval), single });
  }
  const ranges = [...dimensions.values()].filter(({ single }) => !single);
  ranges.sort((a, b) => a.ranking.size - b.ranking.size);
  const at = ranges.findLastIndex(({ ranking }) => !(positionsLast && ranking.isIdentity));
  const [first] = at < 0 ? [] : ranges.splice(at, 1);
  const groups = groupBy(
    [...dimensions.values()].filter(({ single }) => single),
    length,
  );

  let order = countUp(length);
  if (first) order = sortedBy(first.ranking.ranks, first.ranking.size, order);
  if (groups.count > 1) order = sortedBy(groups.ofKey, groups.count, order);
  const groupStart = starts(groups.ofKey, groups.count);
  const rankStart = first && groups.count === 1 ? starts(first.ranking.ranks, first.ranking.size) : undefined;
  const [start, end] = [new Int32Array(length), new Int32Array(length)];
  for (let q = 0; q < length; q++) {
    const group = groups.ofQuery[q]!;
    if (group < 0 || queries?.[q] === 0) continue;
    const [from, to] = [groupStart[group]!, groupStart[group + 1]!];
    const placeOf = (rank: number): number =>
      rankStart ? rankStart[rank]! : firstAtLeast(rank, first!.ranking.ranks, order, from, to);
    start[q] = first ? placeOf(first.low[q]!) : from;
    end[q] = first ? Math.max(start[q]!, placeOf(first.high[q]!)) : to;
  }
  return keys ? among(keys, { order, start, end, ranges }) : { order, start, end, ranges };
}

/** The box without the positions outside the mask. */
function among(keys: Mask, { order, start, end, ranges }: Box): Box {
  /** How many positions of the mask there are before each place of the order. */
  const before = new Int32Array(order.length + 1);
  for (let i = 0; i < order.length; i++) before[i + 1] = before[i]! + keys[order[i]!]!;
  const kept = order.filter((position) => keys[position] === 1);
  return { order: kept, start: start.map((place) => before[place]!), end: end.map((place) => before[place]!), ranges };
}

/** The interval of ranks that have a relation to each query. */
export function relationInterval(ranking: Ranking, relation: number, below: Int32Array, upTo: Int32Array): Interval {
  const low = relation & BELOW ? new Int32Array(below.length) : relation & EQUAL ? below : upTo;
  const high = relation & ABOVE ? new Int32Array(below.length).fill(ranking.size) : relation & EQUAL ? upTo : below;
  return { ranking, low, high };
}

const overlap = (a: Interval, b: Interval): Interval => ({
  ranking: a.ranking,
  low: a.low.map((low, q) => Math.max(low, b.low[q]!)),
  high: a.high.map((high, q) => Math.min(high, b.high[q]!)),
});

interface Groups {
  readonly count: number;
  readonly ofKey: Int32Array;
  /** -1 for a row that equals no key. */
  readonly ofQuery: Int32Array;
}

/** Positions that agree in every dimension share a group. Each interval holds at most one rank. */
function groupBy(dimensions: readonly Interval[], length: number): Groups {
  const [first, ...others] = dimensions;
  if (!first) return { count: 1, ofKey: new Int32Array(length), ofQuery: new Int32Array(length) };
  let groups: Groups = {
    count: first.ranking.size,
    ofKey: first.ranking.ranks,
    ofQuery: first.low.map((low, q) => (low < first.high[q]! ? low : -1)),
  };
  for (const interval of others) groups = subdivide(groups, interval);
  return groups;
}

/** Groups whose members agree in one more dimension: neighbours in an order by group, then by rank. */
function subdivide(groups: Groups, { ranking: { ranks, size }, low, high }: Interval): Groups {
  const length = ranks.length;
  const order = sortedBy(groups.ofKey, groups.count, sortedBy(ranks, size, countUp(length)));
  const start = starts(groups.ofKey, groups.count);
  const ofKey = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) {
    const [position, before] = [order[i]!, order[i - 1]];
    const isNew =
      before === undefined || ranks[position] !== ranks[before] || groups.ofKey[position] !== groups.ofKey[before];
    if (isNew) count++;
    ofKey[position] = count - 1;
  }
  const ofQuery = groups.ofQuery.map((group, q) => {
    if (group < 0 || low[q]! >= high[q]!) return -1;
    const end = start[group + 1]!;
    const first = firstAtLeast(low[q]!, ranks, order, start[group]!, end);
    return first < end && ranks[order[first]!] === low[q] ? ofKey[order[first]!]! : -1;
  });
  return { count, ofKey, ofQuery };
}

/** The first index of each class when the elements are sorted by class, and their number as a last entry. */
export function starts(classes: Int32Array, count: number): Int32Array {
  const start = new Int32Array(count + 1);
  for (let i = 0; i < classes.length; i++) start[classes[i]! + 1]!++;
  for (let c = 0; c < count; c++) start[c + 1]! += start[c]!;
  return start;
}

/** 0, 1, 2, … */
export function countUp(length: number): Int32Array<ArrayBuffer> {
  const numbers = new Int32Array(length);
  for (let i = 0; i < length; i++) numbers[i] = i;
  return numbers;
}

/** A stable counting sort of `order` by the class of each element. */
export function sortedBy(classes: Int32Array, count: number, order: Int32Array): Int32Array<ArrayBuffer> {
  const next = starts(classes, count);
  const sorted = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) sorted[next[classes[order[i]!]!]!++] = order[i]!;
  return sorted;
}

/** The first index of `order`, from `from` up to `to`, at which the rank is at least `rank`. */
function firstAtLeast(rank: number, ranks: Int32Array, order: Int32Array, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranks[order[middle]!]! < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}
