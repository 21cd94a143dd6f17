/** The error of what hidden units write: the margins of steps, and what bends leave of an input's error. */
import { exactGrid, gridOf, MANTISSA, type Held } from "../plan/ir/exact-sum.js";
import type { Feature, StepFunction } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import { bendInput, openInput, stepInputs } from "../plan/units/feed-forward.js";
import type { Bounds } from "./bounds.js";
import type { Margins } from "./margins.js";
import { gamma, sumError } from "./rounding.js";

/** Bounds what the hidden units of one layer write; each step is a decision. */
export function boundUnits(features: readonly Feature[], bounds: Bounds, margins: Margins): void {
  const found = features.map(({ subspace, branches }) => {
    const sums = branches.map((fns) => fns.map((fn) => stepSums(fn, subspace, bounds, margins)));
    // One of a branch's functions is open at a time, and the branches add up.
    const error = sums.length === 1 ? maximum(sums[0]!.map(errorOf)) : errorOf(together(sums));
    return [subspace, { error, atBos: 0, grid: error === 0 ? subspace.grid : 0 }] as const;
  });
  for (const [subspace, bound] of found) bounds.set(subspace, bound);
}

/** The sums that hidden units write: one for each coordinate. */
interface Sums {
  readonly outputs: readonly { readonly error: number; readonly terms: number; readonly size: number }[];
  /** A grid of all terms, as long as none is rounded. */
  readonly products: number;
}

/** The largest error of the sums, with the rounding of the additions. */
const errorOf = ({ outputs, products }: Sums): number =>
  maximum(
    outputs.map(({ error, terms, size }) =>
      error === 0 && size <= MANTISSA * products ? 0 : error + gamma(terms - 1) * size,
    ),
  );

const maximum = (numbers: readonly number[]): number => numbers.reduce((most, number) => Math.max(most, number), 0);

/** The sums of several branches of functions, the largest of each branch. */
function together(branches: readonly (readonly Sums[])[]): Sums {
  const { length } = branches.flat()[0]!.outputs;
  const sum = (c: number, of: "error" | "terms" | "size"): number =>
    branches.reduce((total, fns) => total + maximum(fns.map(({ outputs }) => outputs[c]![of])), 0);
  return {
    outputs: Array.from({ length }, (_, c) => ({
      error: sum(c, "error"),
      terms: sum(c, "terms"),
      size: sum(c, "size"),
    })),
    products: branches.flat().reduce((least, { products }) => Math.min(least, products), Infinity),
  };
}

/** What a step function whose gates are open writes. */
function stepSums(fn: StepFunction, { label, layer }: Subspace, bounds: Bounds, margins: Margins): Sums {
  const { gates, input, largestInput, highestInput, initial, steps, bends } = fn;
  const heldBy = (subspace: Subspace): Held => bounds.heldBy(subspace, layer);
  const gateCarried = gates.reduce((sum, gate) => sum + bounds.carried(gate), 0);
  const inputCarried = bounds.carried(input);
  const gateError = gates.reduce((sum, gate) => sum + bounds.error(gate), 0);
  const inputError = bounds.error(input);
  const anchored = bounds.anchoredSize([input, ...gates], layer);
  const terms = [input, ...gates].reduce((sum, read) => sum + bounds.termsOf(read) - 1, 1);
  // The grid of the hidden units' activations, as long as none is rounded.
  let hidden = exactGrid(openInput(fn), heldBy);
  const openError =
    2 * (hidden > 0 ? gateCarried : gateError) + (hidden > 0 ? 0 : gamma(terms) * (2 * gates.length + 1));
  const outputs = initial.map((value) => ({ error: Math.abs(value) * openError, terms: 1, size: Math.abs(value) }));
  for (const step of steps) {
    const { slope, threshold, margin, gateBias, change } = step;
    // The largest pre-activation of an active unit, and the largest sum on the way to one.
    const highest = slope * (largestInput + Math.max(0, -threshold)) + 1;
    const size = slope * (largestInput + Math.abs(threshold) + 2 * anchored) + 2 * gateBias * gates.length + 1;
    const exact = stepInputs(fn, step).reduce((grid, read) => Math.min(grid, exactGrid(read, heldBy)), Infinity);
    hidden = Math.min(hidden, exact);
    const rounding = exact > 0 ? 0 : sumError(terms, highest, size);
    const moved = exact > 0 ? slope * inputCarried + gateBias * gateCarried : slope * inputError + gateBias * gateError;
    margins.add(margin, moved + rounding, `${label}, layer ${layer}`);
    // The errors of the arguments are the same in both units of a step, and cancel; their roundings do not.
    for (let c = 0; c < change.length; c++) {
      const delta = change[c]!;
      if (delta === 0) continue;
      const output = outputs[c]!;
      output.error += Math.abs(delta) * 2 * rounding;
      output.terms += 2;
      output.size += Math.abs(delta) * 2 * highest;
    }
  }
  const slopes = initial.map(() => 0);
  const steepest = initial.map(() => 0);
  for (const bend of bends) {
    const { from, gateBias, change } = bend;
    const highest = Math.max(0, highestInput - from) + inputError;
    const size = largestInput + Math.abs(from) + 2 * anchored + gateBias * gates.length;
    const grid = exactGrid(bendInput(fn, bend), heldBy);
    hidden = Math.min(hidden, grid);
    const rounding = grid > 0 ? 0 : sumError(terms, highest, size);
    for (let c = 0; c < change.length; c++) {
      const delta = change[c]!;
      if (delta === 0) continue;
      slopes[c]! += delta;
      steepest[c] = Math.max(steepest[c]!, Math.abs(slopes[c]!));
      const output = outputs[c]!;
      output.error += Math.abs(delta) * (rounding + gateBias * (grid > 0 ? gateCarried : gateError));
      output.terms += 1;
      output.size += Math.abs(delta) * highest;
    }
  }
  // Between bends an error of the input is multiplied by the slope; beyond the last entries the first and last slopes go on.
  const moved = hidden > 0 ? inputCarried : inputError;
  for (const [c, output] of outputs.entries()) output.error += steepest[c]! * moved;
  const products = hidden * gridOf([initial, ...[...steps, ...bends].map(({ change }) => change)].flat());
  return { outputs, products };
}
