/** Sums from left to right over the rows of a box, for floats whose sum depends on the order in which they are added. */
import { countUp, type Box } from "./box.js";

/**
 * Each row's sum in the order of positions, starting from 0. Rows that begin at the same place of the sorted list share one walk
 * along it while positions ascend; a row in which they do not is added up by itself.
 */
export function leftToRightSums({ order, start, end }: Box, values: Float64Array): Float64Array {
  const sums = new Float64Array(start.length);
  const rows = countUp(start.length).sort((a, b) => start[a]! - start[b]! || end[a]! - end[b]!);
  let [from, to, sum, ascending] = [-1, 0, 0, true];
  for (const q of rows) {
    if (start[q]! >= end[q]!) continue;
    if (start[q] !== from || !ascending) [from, to, sum, ascending] = [start[q]!, start[q]!, 0, true];
    for (; to < end[q]! && ascending; to++) {
      ascending = to === from || order[to]! > order[to - 1]!;
      sum += values[order[to]!]!;
    }
    sums[q] = ascending ? sum : sumOf(order.slice(start[q], end[q]).sort(), values);
  }
  return sums;
}

const sumOf = (positions: Int32Array, values: Float64Array): number =>
  positions.reduce((sum, position) => sum + values[position]!, 0);
