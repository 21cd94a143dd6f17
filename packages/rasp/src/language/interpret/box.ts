/**
 * A conjunction of comparisons as a sorted list of positions, of which each row selects a run. Equalities split the positions into
 * groups, one range sorts each group, and others are left for `box-sums.ts`. O(n log n) time, O(n) memory.
 */
import { countUp, sortedBy, starts } from "./counting-sort.js";
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
  const low = first && placesOf(first.ranking, first.low, groups, groupStart);
  const high = first && placesOf(first.ranking, first.high, groups, groupStart);
  const start = new Int32Array(length);
  const end = new Int32Array(length);
  for (let q = 0; q < length; q++) {
    const group = groups.ofQuery[q]!;
    if (group < 0 || queries?.[q] === 0) continue;
    start[q] = low ? low[q]! : groupStart[group]!;
    end[q] = high ? Math.max(start[q]!, high[q]!) : groupStart[group + 1]!;
  }
  return keys ? among(keys, { order, start, end, ranges }) : { order, start, end, ranges };
}

/** For each row the place of the first position of its group whose rank is not below the row's. */
function placesOf(
  { ranks, size }: Ranking,
  rankOfQuery: Int32Array,
  { ofKey, ofQuery }: Groups,
  groupStart: Int32Array,
): Int32Array {
  const places = new Int32Array(rankOfQuery.length);
  if (groupStart.length === 2) {
    const rankStart = starts(ranks, size);
    for (let q = 0; q < places.length; q++) places[q] = rankStart[rankOfQuery[q]!]!;
    return places;
  }
  const keys = sortedBy(ranks, size, countUp(ranks.length));
  const rows = sortedBy(rankOfQuery, size + 1, countUp(places.length));
  // The place behind the positions of each group that have been passed.
  const next = groupStart.slice();
  for (let i = 0, k = 0; i < rows.length; i++) {
    const q = rows[i]!;
    while (k < keys.length && ranks[keys[k]!]! < rankOfQuery[q]!) next[ofKey[keys[k++]!]!]!++;
    if (ofQuery[q]! >= 0) places[q] = next[ofQuery[q]!]!;
  }
  return places;
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
    const position = order[i]!;
    const before = i > 0 ? order[i - 1]! : position;
    if (i === 0 || ranks[position] !== ranks[before] || groups.ofKey[position] !== groups.ofKey[before]) count++;
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
