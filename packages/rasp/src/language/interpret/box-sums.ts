/**
 * Sums over the rows of a box: prefix sums of the sorted list; for one more range a walk along the list with a Fenwick tree; for each
 * further range the same in all nodes of a tree over its ranks: n log^(r + 1) n steps for r ranges.
 */
import type { Box, Interval } from "./box.js";
import { countUp } from "./counting-sort.js";

/** Among so few positions each is looked at. */
const FEW = 8;

/** About how many steps the sums of a box with more than one range are; 0 for others, which are few. */
export function stepsOfSums({ order, ranges }: Box): number {
  if (ranges.length < 2) return 0;
  const levels = ranges.map(({ ranking }) => Math.log2(ranking.size + 1));
  return 3 * levels.reduce((product, level) => product * level, order.length);
}

/** A box whose sums count with a sign. */
export interface SignedBox {
  readonly box: Box;
  readonly sign: number;
}

/** How many positions each row selects. */
export function countsOfBoxes(boxes: readonly SignedBox[], length: number): Float64Array {
  const ones = new Float64Array(length).fill(1);
  const counts = new Float64Array(length);
  for (const { box, sign } of boxes) {
    if (box.ranges.length > 0) addSums(box, ones, sign, counts);
    else for (let q = 0; q < length; q++) counts[q]! += sign * (box.end[q]! - box.start[q]!);
  }
  return counts;
}

/** The position that each row selects, where it selects one. */
export function positionsOfBoxes(boxes: readonly SignedBox[], length: number): Float64Array {
  const [first, ...others] = boxes;
  if (!first || others.length > 0 || first.box.ranges.length > 0) {
    return sumsOfBoxes(boxes, Float64Array.from(countUp(length)));
  }
  const { order, start } = first.box;
  const positions = new Float64Array(length);
  for (let q = 0; q < length; q++) positions[q] = order[start[q]!] ?? 0;
  return positions;
}

/** Each row's sum of `weights` over boxes with their signs. Exact if every sum of weights is. */
export function sumsOfBoxes(boxes: readonly SignedBox[], weights: Float64Array): Float64Array {
  const totals = new Float64Array(weights.length);
  for (const { box, sign } of boxes) addSums(box, weights, sign, totals);
  return totals;
}

/** Adds `sign` times each row's sum of `weights` to `totals`. Exact if every sum of weights is. */
export function addSums(box: Box, weights: Float64Array, sign: number, totals: Float64Array): void {
  if (box.ranges.length > 0) {
    new RangeSums(box, weights, sign, totals).add();
    return;
  }
  const sums = new Float64Array(box.order.length + 1);
  for (let i = 0; i < box.order.length; i++) sums[i + 1] = sums[i]! + weights[box.order[i]!]!;
  for (let q = 0; q < totals.length; q++) totals[q]! += sign * (sums[box.end[q]!]! - sums[box.start[q]!]!);
}

/**
 * The sum of a row is the sum over its ranges when a walk along the list reaches the row's end, minus that sum when it reached the row's
 * start. An event is a row's start, 2 q, or its end, 2 q + 1.
 */
class RangeSums {
  readonly #order: Int32Array;
  readonly #ranges: readonly Interval[];
  readonly #weights: Float64Array;
  readonly #sign: number;
  readonly #totals: Float64Array;
  /** The place in the list of each event. */
  readonly #placeOf: Int32Array;
  /** A Fenwick tree over the ranks of the last range, empty between walks. */
  readonly #tree: Float64Array;

  constructor({ order, start, end, ranges }: Box, weights: Float64Array, sign: number, totals: Float64Array) {
    this.#order = order;
    this.#ranges = ranges;
    this.#weights = weights;
    this.#sign = sign;
    this.#totals = totals;
    this.#placeOf = new Int32Array(2 * start.length);
    for (let q = 0; q < start.length; q++) {
      this.#placeOf[2 * q] = start[q]!;
      this.#placeOf[2 * q + 1] = end[q]!;
    }
    this.#tree = new Float64Array(ranges.at(-1)!.ranking.size + 1);
  }

  /** Walks over each part of the list that no row crosses: a row that begins with its part needs no sum there. */
  add(): void {
    const [places, events] = [countUp(this.#order.length), this.#events()];
    let [first, open] = [0, 0];
    for (let i = 0; i < events.length; i++) {
      open += events[i]! % 2 === 0 ? 1 : -1;
      if (open > 0) continue;
      const from = this.#placeOf[events[first]!]!;
      const part = places.subarray(from, this.#placeOf[events[i]!]);
      let begun = first;
      while (this.#placeOf[events[begun]!] === from) begun++;
      this.#inRanges(0, part, events.subarray(begun, i + 1));
      first = i + 1;
    }
  }

  /** The events of rows that are not empty, by place; of one place, ends before starts. */
  #events(): Int32Array {
    const next = new Int32Array(2 * this.#order.length + 3);
    const isEmpty = (q: number): boolean =>
      this.#placeOf[2 * q]! >= this.#placeOf[2 * q + 1]! || this.#ranges.some(({ low, high }) => low[q]! >= high[q]!);
    const rows = countUp(this.#placeOf.length / 2).filter((q) => !isEmpty(q));
    const classOf = (event: number): number => 2 * this.#placeOf[event]! + 1 - (event % 2);
    for (const q of rows) {
      next[classOf(2 * q) + 1]!++;
      next[classOf(2 * q + 1) + 1]!++;
    }
    for (let i = 1; i < next.length; i++) next[i]! += next[i - 1]!;
    const events = new Int32Array(2 * rows.length);
    for (const q of rows) {
      events[next[classOf(2 * q)]!++] = 2 * q;
      events[next[classOf(2 * q + 1)]!++] = 2 * q + 1;
    }
    return events;
  }

  /** Adds the sums over the places, in ascending order, that are in the ranges from `r` on. */
  #inRanges(r: number, places: Int32Array, events: Int32Array): void {
    if (places.length <= FEW) this.#each(r, places, events);
    else if (r === this.#ranges.length - 1) this.#walk(places, events);
    else this.#inNode(r, 0, this.#ranges[r]!.ranking.size, places, events);
  }

  /** The same for places that have ranks from `least` up to `most` in range `r`. */
  #inNode(r: number, least: number, most: number, places: Int32Array, events: Int32Array): void {
    if (places.length <= FEW) {
      this.#each(r, places, events);
      return;
    }
    const { low, high, ranking } = this.#ranges[r]!;
    const middle = (least + most) >>> 1;
    const [all, left, right] = [
      new Int32Array(events.length),
      new Int32Array(events.length),
      new Int32Array(events.length),
    ];
    let [alls, lefts, rights] = [0, 0, 0];
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!;
      const [from, to] = [low[event >>> 1]!, high[event >>> 1]!];
      if (from <= least && most <= to) {
        all[alls++] = event;
        continue;
      }
      if (from < middle && to > least) left[lefts++] = event;
      if (to > middle && from < most) right[rights++] = event;
    }
    if (alls > 0) this.#inRanges(r + 1, places, all.subarray(0, alls));
    if (lefts + rights === 0) return;
    const [below, above] = [new Int32Array(places.length), new Int32Array(places.length)];
    let [belows, aboves] = [0, 0];
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      if (ranking.ranks[this.#order[place]!]! < middle) below[belows++] = place;
      else above[aboves++] = place;
    }
    if (lefts > 0) this.#inNode(r, least, middle, below.subarray(0, belows), left.subarray(0, lefts));
    if (rights > 0) this.#inNode(r, middle, most, above.subarray(0, aboves), right.subarray(0, rights));
  }

  /** Looks at each place for each event. */
  #each(r: number, places: Int32Array, events: Int32Array): void {
    for (let i = 0; i < places.length; i++) {
      const position = this.#order[places[i]!]!;
      const weight = this.#sign * this.#weights[position]!;
      for (let e = events.length - 1; e >= 0; e--) {
        const event = events[e]!;
        if (this.#placeOf[event]! <= places[i]!) break;
        let isIn = true;
        for (let at = r; at < this.#ranges.length && isIn; at++) {
          const { low, high, ranking } = this.#ranges[at]!;
          const rank = ranking.ranks[position]!;
          isIn = low[event >>> 1]! <= rank && rank < high[event >>> 1]!;
        }
        if (isIn) this.#totals[event >>> 1]! += event % 2 === 0 ? -weight : weight;
      }
    }
  }

  /** Adds the weight of each place to the tree, at its rank in the last range, and to each event's row what is in its range. */
  #walk(places: Int32Array, events: Int32Array): void {
    const tree = this.#tree;
    const { low, high, ranking } = this.#ranges.at(-1)!;
    let i = 0;
    for (let e = 0; e < events.length; e++) {
      const event = events[e]!;
      for (; i < places.length && places[i]! < this.#placeOf[event]!; i++) {
        const position = this.#order[places[i]!]!;
        const weight = this.#weights[position]!;
        for (let node = ranking.ranks[position]! + 1; node < tree.length; node += node & -node) tree[node]! += weight;
      }
      let sum = 0;
      for (let node = high[event >>> 1]!; node > 0; node -= node & -node) sum += tree[node]!;
      for (let node = low[event >>> 1]!; node > 0; node -= node & -node) sum -= tree[node]!;
      this.#totals[event >>> 1]! += event % 2 === 0 ? -this.#sign * sum : this.#sign * sum;
    }
    if (8 * i > tree.length) {
      tree.fill(0);
      return;
    }
    for (i--; i >= 0; i--) {
      const rank = ranking.ranks[this.#order[places[i]!]!]!;
      for (let node = rank + 1; node < tree.length; node += node & -node) tree[node] = 0;
    }
  }
}
