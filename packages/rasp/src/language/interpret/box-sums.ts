/** Sums over the rows of a box: prefix sums of the sorted list, and a sweep with a Fenwick tree for a second range. */
import { countUp, sortedBy, starts, type Box, type Interval } from "./box.js";

/** Adds `sign` times each row's sum of `weights` to `totals`. Exact if every sum of weights is. */
export function addSums(box: Box, weights: Float64Array, sign: number, totals: Float64Array): void {
  if (box.second) {
    sweep(box, box.second, weights, sign, totals);
  } else {
    const sums = new Float64Array(box.order.length + 1);
    for (let i = 0; i < box.order.length; i++) sums[i + 1] = sums[i]! + weights[box.order[i]!]!;
    for (let q = 0; q < totals.length; q++) totals[q]! += sign * (sums[box.end[q]!]! - sums[box.start[q]!]!);
  }
}

/**
 * Walks along the list and adds the weight of each position to the tree, at its second rank. The sum of a row is the sum over its
 * second interval when the walk reaches the row's end, minus that sum when it reached the row's start.
 */
function sweep(
  { order, start, end }: Box,
  second: Interval,
  weights: Float64Array,
  sign: number,
  totals: Float64Array,
) {
  const length = order.length;
  const tree = new Float64Array(second.ranking.size + 1);
  const upTo = (rank: number): number => {
    let sum = 0;
    for (let node = rank; node > 0; node -= node & -node) sum += tree[node]!;
    return sum;
  };
  const rows = countUp(start.length);
  const [byStart, byEnd] = [start, end].map((places) => ({
    rows: sortedBy(places, length + 1, rows),
    from: starts(places, length + 1),
  })) as [Visits, Visits];
  for (let place = 0; place <= length; place++) {
    for (const [visits, direction] of [
      [byStart, -sign],
      [byEnd, sign],
    ] as const) {
      for (let i = visits.from[place]!; i < visits.from[place + 1]!; i++) {
        const q = visits.rows[i]!;
        if (start[q]! >= end[q]! || second.low[q]! >= second.high[q]!) continue;
        totals[q]! += direction * (upTo(second.high[q]!) - upTo(second.low[q]!));
      }
    }
    if (place === length) return;
    const position = order[place]!;
    for (let node = second.ranking.ranks[position]! + 1; node < tree.length; node += node & -node) {
      tree[node]! += weights[position]!;
    }
  }
}

/** Rows by the place at which the walk visits them: those of place p are `rows[from[p]]` to `rows[from[p + 1] - 1]`. */
interface Visits {
  readonly rows: Int32Array;
  readonly from: Int32Array;
}
