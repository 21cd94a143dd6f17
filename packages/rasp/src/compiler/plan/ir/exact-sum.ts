/** Sums that float32 takes without any rounding: of multiples of one power of two, none of whose partial sums is too large. */
import type { Read, Subspace } from "./read.js";

/** float32 holds every multiple of a grid up to so many times the grid. */
export const MANTISSA = 2 ** 24;
/** A finer grid is taken for none. */
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

/** What a subspace's coordinates hold, as floats. */
export interface Held {
  /** All are multiples of it; 0 where nothing is known. */
  readonly grid: number;
  /** What is on top of what each stands for. */
  readonly anchor: number;
}

/**
 * The grid on which every partial sum of the read lies, whatever the order and whether or not multiply-adds are fused, so that
 * none is rounded; 0 where one may be. A partial sum lies between the sum of the negative terms and that of the positive ones.
 */
export function exactGrid(read: Read, heldBy: (subspace: Subspace) => Held): number {
  let grid = Infinity;
  let [above, below, constant] = [0, 0, read.constant];
  for (const [subspace, coefficients] of read.terms) {
    const ofCoefficients = gridOf(coefficients);
    if (ofCoefficients === Infinity) continue;
    const held = heldBy(subspace);
    grid = Math.min(grid, ofCoefficients * held.grid);
    const [least, most] = extremes(coefficients);
    if (grid === 0 || Math.max(-least, most) > MANTISSA * ofCoefficients) return 0;
    if (subspace.oneHot && held.anchor === 0) {
      above += Math.max(0, most);
      below += Math.max(0, -least);
    } else {
      for (const c of coefficients) {
        const size = Math.abs(c) * (Math.abs(held.anchor) + subspace.largest);
        if (c * held.anchor >= 0) above += size;
        if (c * held.anchor <= 0) below += size;
        constant -= c * held.anchor;
      }
    }
  }
  grid = Math.min(grid, gridOf([constant]));
  above += Math.max(0, constant);
  below += Math.max(0, -constant);
  return Math.max(above, below) <= MANTISSA * grid ? grid : 0;
}

function extremes(numbers: readonly number[]): [least: number, most: number] {
  let [least, most] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (number < least) least = number;
    if (number > most) most = number;
  }
  return [least, most];
}
