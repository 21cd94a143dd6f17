/**
 * A function of one number as straight lines from entry to entry. A unit bends the line, relu(input - from), where a step needs two; and
 * where the function grows smoothly the bends are small, so that their sum is not larger than the function: k² has bends of 2, where the
 * units of its steps reach k³. But an error of the input stays in the output, which steps take away: it is for inputs that are exact.
 *
 *     output               o---o     o  an entry of the table: an input that occurs, and the output there
 *                         /     \
 *             o----------o       o
 *     -------------------------> input
 */
import { leastPowerOfTwo } from "@selectron/core";
import { gridOf } from "../ir/exact-sum.js";
import type { Bend } from "../ir/plan.js";
import type { Entry } from "./piecewise-table.js";

/** The finest grid of slopes: sums of their products with whole numbers are exact. */
const FINEST_SLOPE = 2 ** -4;

/** Which pieces are bent: with more inputs than this, all whole numbers, if that takes fewer units than steps. */
export interface Bent {
  readonly few: number;
  readonly largestInput: number;
  readonly hasGates: boolean;
}

/** The bends of a piece; undefined where steps are better. */
export function bendsOf(
  entries: readonly Entry[],
  vectors: readonly (readonly number[])[],
  { few, largestInput, hasGates }: Bent,
): Bend[] | undefined {
  if (entries.length <= few || !entries.every(({ input }) => Number.isInteger(input))) return undefined;
  let slope: readonly number[] = vectors[0]!.map(() => 0);
  const bends: Bend[] = [];
  const bend = (from: number, after: readonly number[]): void => {
    const change = after.map((value, c) => value - slope[c]!);
    slope = after;
    if (change.every((value) => value === 0)) return;
    bends.push({ from, gateBias: hasGates ? leastPowerOfTwo(largestInput + Math.abs(from) + 2) : 0, change });
  };
  let steps = 0;
  for (let e = 0; e + 1 < entries.length; e++) {
    const [here, next] = [entries[e]!, entries[e + 1]!];
    if (here.result !== next.result) steps++;
    const rise = vectors[next.result]!.map((value, c) => value - vectors[here.result]![c]!);
    const straight = rise.map((change) => change / (next.input - here.input));
    if (gridOf(straight) >= FINEST_SLOPE) {
      bend(here.input, straight);
      continue;
    }
    if (gridOf(rise) < FINEST_SLOPE) return undefined;
    // No input is between the two, so that it can all rise in the last whole number's distance.
    bend(
      here.input,
      rise.map(() => 0),
    );
    bend(next.input - 1, rise);
  }
  return bends.length < 2 * steps ? bends : undefined;
}
