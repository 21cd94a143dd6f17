/** The errors of what hidden units write in another basis. The two units of a step have one error, and it cancels, but for rounding. */
import { leastPowerOfTwo } from "@selectron/core";
import type { Feature, StepFunction } from "../../plan/ir/plan.js";
import { readAtBos, type Read, type Subspace } from "../../plan/ir/read.js";
import { openInput, stepInputs } from "../../plan/units/feed-forward.js";
import type { Margins } from "../margins.js";
import { gamma, norm } from "../rounding.js";
import { WEIGHT, type Noise } from "./noise.js";

/** Bounds what the hidden units of one layer write; each step is a decision. */
export function writeUnits(features: readonly Feature[], noise: Noise, margins: Margins): void {
  if (features.length === 0) return;
  const units = features.reduce((sum, feature) => sum + feature.units.length, 0);
  const found = features.map(({ subspace, branches }) => {
    const errors = subspace.names.map(() => 0);
    let size = 0;
    for (const functions of branches) {
      const sums = functions.map((fn) => written(fn, subspace, noise, margins));
      // One function of a branch has open gates.
      for (const c of errors.keys()) errors[c]! += sums.reduce((most, sum) => Math.max(most, sum.errors[c]!), 0);
      size += sums.reduce((most, sum) => Math.max(most, sum.size), 0);
    }
    return { subspace, error: largest(errors), size };
  });
  const product = noise.basis.stretch * found.reduce((sum, { size }) => sum + size, 0);
  for (const { subspace, error } of found) noise.write(subspace, { inputs: error, atBos: 0 });
  // The output map, whose weights have been rounded, and the residual addition, in any order.
  const size = noise.size("inputs") + product;
  noise.add("inputs", (gamma(units + 1) + WEIGHT) * size);
  noise.add("atBos", gamma(units + 1) * noise.size("atBos"));
}

/** The error of each coordinate that a step function with open gates writes, and the length of all that is added up. */
function written(fn: StepFunction, { label, layer }: Subspace, noise: Noise, margins: Margins) {
  const where = `${label}, layer ${layer}`;
  const errors = fn.initial.map(() => 0);
  const add = (change: readonly number[], error: number): void => {
    for (const [c, delta] of change.entries()) errors[c]! += Math.abs(delta) * error;
  };
  let [size, above, below] = [0, 0, 0];
  if (fn.initial.some((value) => value !== 0)) {
    const open = readError(openInput(fn), noise);
    atBos(openInput(fn), noise, margins, where);
    add(fn.initial, open.carried + open.noise);
    size += norm(fn.initial) * (1 + open.carried + open.noise);
  }
  for (const step of fn.steps) {
    const [rising, levelling] = stepInputs(fn, step);
    const [one, other] = [readError(rising, noise), readError(levelling, noise)];
    margins.add(step.margin, one.carried + Math.max(one.noise, other.noise), where);
    atBos(rising, noise, margins, where);
    atBos(levelling, noise, margins, where);
    const farthest = step.slope > 0 ? fn.highestInput : fn.lowestInput;
    const highest = step.slope * (farthest - step.threshold) + 1 / 2;
    const reached = Math.max(0, highest) + one.carried + one.noise;
    // Equal weights find equal noise. What holds the units at BOS can differ.
    const apart = Math.abs(bosWeight(rising) - bosWeight(levelling));
    add(step.change, one.rounding + other.rounding + noise.read(apart, 0, "inputs"));
    const products = norm(step.change) * 2 * reached;
    if (step.slope > 0) above += products;
    else below += products;
  }
  // An input is not above one threshold and below another that is higher.
  size += Math.max(above, below);
  if (fn.bends.length > 0) margins.add(0, 1, `${where}: bends are not proved in another basis`);
  return { errors, size };
}

const largest = (numbers: readonly number[]): number =>
  numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);

/** How much a unit's input is lowered at BOS. */
const bosWeight = (input: Read): number => {
  const value = readAtBos(input);
  return value > -1 ? -leastPowerOfTwo(value + 2) : 0;
};

/** How far a unit's input can be off: by the errors that it reads and by noise, of which a part is its own rounding. */
function readError(read: Read, noise: Noise) {
  const length = Math.sqrt(noise.squareOf(read, readAtBos(read) + bosWeight(read)));
  const rounding =
    gamma(noise.dModel + 1) * (length * noise.basis.readerStretch * noise.size("inputs") + Math.abs(read.constant));
  return {
    carried: noise.carried(read, "inputs"),
    noise: noise.read(length, Math.abs(read.constant), "inputs"),
    rounding,
  };
}

/** Units are silent at BOS. */
function atBos(read: Read, noise: Noise, margins: Margins, where: string): void {
  const held = readAtBos(read) + bosWeight(read);
  const length = Math.sqrt(noise.squareOf(read, held));
  margins.add(
    -held,
    noise.carried(read, "atBos") + noise.read(length, Math.abs(read.constant), "atBos"),
    `${where}, BOS`,
  );
}
