/** Sums that float32 computes without any rounding: all terms are multiples of one power of two, and no partial sum is too large. */
import type { Read, Subspace } from "./read.js";

/** float32 represents every multiple of a grid up to this many times the grid. */
export const MANTISSA = 2 ** 24;
/** Numbers whose grid would be finer than this count as having none. */
const FINEST = 2 ** -40;

/** The largest power of two of which all numbers are multiples; Infinity where all are 0, and 0 where there is none. */
export function gridOf(numbers: Iterable<number>): number {
  let grid = Infinity;
  for (const number of numbers) {
    if (number === 0) continue;
    grid = Math.min(grid, 2 ** 40);
    while (!Number.isInteger(number / grid)) if ((grid /= 2) < FINEST) return 0;
  }
  return grid;
}

/** What is known of the floats in a subspace's coordinates. */
export interface Held {
  /** All are multiples of this power of two; 0 where nothing is known. */
  readonly grid: number;
  /** What has been added to each. */
  readonly anchor: number;
}

/**
 * A grid on which every partial sum of the read lies, in any order, with or without fused multiply-add, so that none is rounded; 0
 * where one may be. A partial sum lies between the sum of the negative terms and the sum of the positive ones.
 */
export function exactGrid(read: Read, heldBy: (subspace: Subspace) => Held): number {
  let grid = Infinity;
  let [positive, negative, constant] = [0, 0, read.constant];
  for (const [subspace, coefficients] of read.terms) {
    const coefficientGrid = gridOf(coefficients);
    if (coefficientGrid === Infinity) continue;
    const held = heldBy(subspace);
    grid = Math.min(grid, coefficientGrid * held.grid);
    const [smallest, largest] = extremes(coefficients);
    if (grid === 0 || Math.max(-smallest, largest) > MANTISSA * coefficientGrid) return 0;
    if (subspace.oneHot && held.anchor === 0) {
      positive += Math.max(0, largest);
      negative += Math.max(0, -smallest);
    } else {
      for (const c of coefficients) {
        const size = Math.abs(c) * (Math.abs(held.anchor) + subspace.largest);
        if (c * held.anchor >= 0) positive += size;
        if (c * held.anchor <= 0) negative += size;
        constant -= c * held.anchor;
      }
    }
  }
  grid = Math.min(grid, gridOf([constant]));
  positive += Math.max(0, constant);
  negative += Math.max(0, -constant);
  return Math.max(positive, negative) <= MANTISSA * grid ? grid : 0;
}

function extremes(numbers: readonly number[]): [smallest: number, largest: number] {
  let [smallest, largest] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (number < smallest) smallest = number;
    if (number > largest) largest = number;
  }
  return [smallest, largest];
}
