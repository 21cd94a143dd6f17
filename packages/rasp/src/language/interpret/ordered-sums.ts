/** Sums from left to right over the rows of boxes, for floats whose sum depends on the order in which they are added. */
import type { SignedBox } from "./box-sums.js";
import type { Box } from "./box.js";
import { countUp, sortedBy } from "./counting-sort.js";
import type { Capacity } from "../limits.js";
import { RoundedSums } from "./rounded-sums.js";

/** About how many steps it is to include a position. */
const SET_STEPS = 20;

/**
 * Each row's sum in the order of positions, starting from 0; `undefined` where the boxes give no such order or visiting every row's
 * positions is less work. The boxes may have one range besides their lists, of positions, which must be the same for all of them.
 */
export function leftToRightSums(
  boxes: readonly SignedBox[],
  values: Float64Array,
  capacity: Capacity,
): Float64Array | undefined {
  const [{ box: first } = { box: undefined }, ...others] = boxes;
  if (!first || !values.every(Number.isFinite)) return undefined;
  if (others.length === 0 && first.ranges.length === 0 && ascends(first)) return sharedWalks(first, values);
  return samePositions(boxes.map(({ box }) => box)) ? movingRows(boxes, values, capacity) : undefined;
}

/** Whether positions ascend in every row. */
function ascends({ order, start, end }: Box): boolean {
  /** For each place, where the run of ascending positions around it ends. */
  const runEnd = new Int32Array(order.length + 1);
  runEnd[order.length] = order.length;
  for (let i = order.length - 1; i >= 0; i--) {
    runEnd[i] = i + 1 < order.length && order[i]! < order[i + 1]! ? runEnd[i + 1]! : i + 1;
  }
  return start.every((from, q) => end[q]! <= from || end[q]! <= runEnd[from]!);
}

/** Rows that begin at the same place of the sorted list share one walk along it. */
function sharedWalks({ order, start, end }: Box, values: Float64Array): Float64Array {
  const sums = new Float64Array(start.length);
  const rows = byPlaces(start, end, order.length);
  let [from, to, sum] = [-1, 0, 0];
  for (const q of rows) {
    if (start[q]! >= end[q]!) continue;
    if (start[q] !== from) [from, to, sum] = [start[q]!, start[q]!, 0];
    for (; to < end[q]!; to++) sum += values[order[to]!]!;
    sums[q] = sum;
  }
  return sums;
}

/** Rows by start, and by end where they start alike. */
const byPlaces = (start: Int32Array, end: Int32Array, length: number): Int32Array =>
  sortedBy(start, length + 1, sortedBy(end, length + 1, countUp(start.length)));

/** Whether all boxes have the same range of positions, or all have none. */
function samePositions(boxes: readonly Box[]): boolean {
  const [range, ...more] = boxes[0]!.ranges;
  if (more.length > 0 || range?.ranking.isIdentity === false) return false;
  return boxes.every(({ ranges }) => {
    const [other, ...rest] = ranges;
    if (rest.length > 0 || !range || !other) return rest.length === 0 && range === other;
    return same(range.low, other.low) && same(range.high, other.high) && other.ranking.isIdentity;
  });
}

const same = (a: Int32Array, b: Int32Array): boolean => a === b || a.every((value, i) => value === b[i]);

/**
 * Goes from row to row in an order in which few positions come and go, and includes those of the row in a `RoundedSums`: n log² n steps
 * for a comparison alone or with equalities, whose rows grow or shrink, and what the moves are for others.
 */
function movingRows(boxes: readonly SignedBox[], values: Float64Array, capacity: Capacity): Float64Array | undefined {
  const length = values.length;
  const orders = boxes.map(({ box: { start, end, order } }) => byPlaces(start, end, order.length));
  const costs = orders.map((rows) => boxes.reduce((sum, { box }) => sum + movesAlong(rows, box), 0));
  const least = Math.min(...costs);
  if (least * SET_STEPS > length * length) return undefined;
  capacity.work(least * SET_STEPS);
  return sumsAlong(orders[costs.indexOf(least)]!, boxes, values, capacity);
}

/** How many positions come and go along the rows. */
function movesAlong(rows: Int32Array, { start, end }: Box): number {
  let [moves, from, to] = [0, 0, 0];
  for (const q of rows) {
    const [low, high] = [start[q]!, Math.max(start[q]!, end[q]!)];
    moves += low >= to || high <= from ? to - from + high - low : Math.abs(low - from) + Math.abs(high - to);
    [from, to] = [low, high];
  }
  return moves;
}

function sumsAlong(
  rows: Int32Array,
  boxes: readonly SignedBox[],
  values: Float64Array,
  capacity: Capacity,
): Float64Array {
  const length = values.length;
  const sums = new Float64Array(length);
  const tree = new RoundedSums(values);
  /** In how many boxes a position is, counted with their signs: 0 or 1 in each row. */
  const times = new Int8Array(length);
  const isIncluded = new Uint8Array(length);
  const changed: number[] = [];
  const windows = boxes.map(() => ({ from: 0, to: 0 }));
  const positions = boxes[0]!.box.ranges[0];
  const add = (order: Int32Array, from: number, to: number, sign: number): void => {
    for (let place = from; place < to; place++) {
      times[order[place]!]! += sign;
      changed.push(order[place]!);
    }
  };
  let [lastLow, lastHigh, sum] = [-1, -1, 0];
  for (const q of rows) {
    for (const [b, { box, sign }] of boxes.entries()) {
      const window = windows[b]!;
      const [low, high] = [box.start[q]!, Math.max(box.start[q]!, box.end[q]!)];
      if (low >= window.to || high <= window.from) {
        add(box.order, window.from, window.to, -sign);
        [window.from, window.to] = [low, low];
      }
      add(box.order, window.from, low, -sign);
      add(box.order, low, window.from, sign);
      add(box.order, high, window.to, -sign);
      add(box.order, window.to, high, sign);
      [window.from, window.to] = [low, high];
    }
    const [low, high] = positions ? [positions.low[q]!, positions.high[q]!] : [0, length];
    const isSame = low === lastLow && high === lastHigh && changed.length === 0;
    for (const position of changed) {
      if (times[position] === isIncluded[position]) continue;
      isIncluded[position] = times[position]!;
      tree.set(position, times[position] === 1);
    }
    changed.length = 0;
    if (!isSame) {
      const before = tree.steps;
      sum = low < high ? tree.sum(low, high) : 0;
      capacity.work(tree.steps - before);
    }
    [lastLow, lastHigh] = [low, high];
    sums[q] = sum;
  }
  return sums;
}
