/**
 * Numbers of one-hot arguments, rounded to what steps see. A third is a multiple of no power of two, so that float32 rounds its sums, and steps
 * keep a part of that, which grows from layer to layer. With all numbers on one grid, that of the anchors, a step is exactly 0 or 1.
 */
import type { Argument, FiniteFunction } from "../ir/finite-function.js";
import { gridOf } from "../ir/exact-sum.js";

/** The grid of steps' activations, which thresholds and anchors have too: a number is moved by half of it at most, and a margin is nearly 1/2. */
const SEEN = 1 / 16;

/**
 * The function with rounded numbers; itself where all are on the grid.
 *
 * @param weights - of the arguments in the weighted input, powers of two; 0 for gates
 * @param slope - of the steepest step, a power of two
 */
export function withRoundedNumbers(fn: FiniteFunction, weights: readonly number[], slope: number): FiniteFunction {
  const args = fn.args.map((arg, j) => (weights[j] === 0 ? arg : rounded(arg, SEEN / (slope * Math.abs(weights[j]!)))));
  return args.every((arg, j) => arg === fn.args[j]) ? fn : { ...fn, args };
}

function rounded(arg: Argument, grid: number): Argument {
  const { numbers, weighted } = arg;
  if (!weighted || !numbers || gridOf(numbers) >= grid) return arg;
  const moved = numbers.map((number) => Math.round(number / grid) * grid);
  return { ...arg, numbers: moved, asNumber: weighted(moved) };
}
