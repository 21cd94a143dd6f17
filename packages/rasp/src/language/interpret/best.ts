/**
 * `best(selector, score)`: of the positions that a row selects, the one with the highest score, and of equal scores the earliest, as
 * argmax does. So `best(s, indices)` is the latest position and `best(s, -score)` the lowest score. A row that selects nothing stays
 * empty.
 *
 * The fast path ranks the positions by preference once, and takes the smallest rank in each row of a box from a tree of minima.
 */
import { describeAtom } from "../atom/text.js";
import { errors } from "../diagnostic.js";
import type { Atom } from "../graph/node.js";
import type { Box } from "./box.js";
import { countUp, sortedBy } from "./counting-sort.js";
import type { Column } from "./columns.js";
import { Ranking } from "./ranking.js";

/** The chosen position of each row, -1 for an empty one. */
export type Choice = Int32Array;

/** @throws RaspError of class type for strings and null, of class value for nan */
export function checkScores(scores: readonly Atom[]): void {
  if (typeof scores[0] === "string") {
    throw errors.operandType(`the scores of best are numbers, not strings such as ${describeAtom(scores[0])}`, {
      suggestion: "tokens_int and tokens_float read numbers from tokens",
    });
  }
  if (scores.includes(null)) throw errors.operandType("the scores of best are numbers, not null");
  if (scores.some(Number.isNaN)) {
    throw errors.conversion("nan is no score: it is neither above nor below another number");
  }
}

/** The positions from the most to the least preferred. */
export function byPreference(scores: Column): Int32Array {
  const { ranks, size } = Ranking.of(scores)!;
  const descending = ranks.map((rank) => size - 1 - rank);
  return sortedBy(descending, size, countUp(scores.length));
}

/** The rank of each position in an order of preference; a smaller rank is preferred. */
export function preferences(order: Int32Array): Int32Array {
  const places = new Int32Array(order.length);
  for (const [place, position] of order.entries()) places[position] = place;
  return places;
}

/** Lowers each row of `smallest` to the smallest rank in that row of the box. The box must have no second range. */
export function lowerToBest({ order, start, end }: Box, preference: Int32Array, smallest: Int32Array): void {
  const n = order.length;
  // A complete tree: leaves at n and up, the minimum of two children in their parent.
  const tree = new Int32Array(2 * n);
  for (let i = 0; i < n; i++) tree[n + i] = preference[order[i]!]!;
  for (let i = n - 1; i > 0; i--) tree[i] = Math.min(tree[2 * i]!, tree[2 * i + 1]!);
  for (let q = 0; q < smallest.length; q++) {
    for (let [low, high] = [start[q]! + n, end[q]! + n]; low < high; low >>= 1, high >>= 1) {
      if (low & 1) smallest[q] = Math.min(smallest[q]!, tree[low++]!);
      if (high & 1) smallest[q] = Math.min(smallest[q]!, tree[--high]!);
    }
  }
}
