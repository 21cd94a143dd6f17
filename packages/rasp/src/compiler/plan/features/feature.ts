/** Hidden units with the subspace that they write: a *feature*. */
import { gridOf } from "../ir/exact-sum.js";
import type { Feature, StepFunction } from "../ir/plan.js";
import { feedForwardLayer, type Subspace } from "../ir/read.js";
import { unitsOf } from "../units/feed-forward.js";
import { coordinate } from "./encoding.js";

/**
 * The hidden units of branches of step functions.
 *
 * @param outputs - all vectors that they can write
 */
export function featureOf(
  label: string,
  planned: readonly (readonly StepFunction[])[],
  outputs: readonly (readonly number[])[],
  names: readonly string[],
): Feature {
  // Functions that are 0 everywhere have no units, and their gates may not be there yet in the layer of the others.
  const branches = planned.map((fns) => fns.filter((fn) => unitsOf(fn).length > 0)).filter((fns) => fns.length > 0);
  const units = branches.flat().flatMap(unitsOf);
  const numbers = numbersIn(outputs);
  const subspace: Subspace = {
    label,
    names,
    writer: "feed-forward",
    layer: feedForwardLayer(units.map((unit) => unit.input)),
    oneHot: outputs.every(isOneHot),
    grid: gridOf(numbers),
    largest: [...numbers].reduce((most, v) => Math.max(most, Math.abs(v)), 0),
    atBos: names.map(() => 0),
  };
  return { subspace, branches, units };
}

/** Activations up to this leave little of their rounding in a one-hot vector. */
const SMALL = 8;

/** Whether a vector of zeros and ones is the difference of large activations. */
export const isLarge = (fns: readonly StepFunction[], outputs: readonly (readonly number[])[]): boolean =>
  outputs.flat().every((number) => number === 0 || number === 1) &&
  fns.some(({ steps, highestInput, input }) =>
    steps.some(({ slope, threshold }) => input.terms.size > 0 && slope * (highestInput - threshold) > SMALL),
  );

/** Steps halfway between 0 and 1 for each coordinate, in a later layer: zeros and ones without what was left in them. */
export function cleanOf(subspace: Subspace): Feature {
  const { label, names } = subspace;
  const branches = names.map((_, c): StepFunction[] => {
    const change = names.map((__, other) => Number(other === c));
    const nothing = names.map(() => 0);
    const step = { slope: 2, threshold: 1 / 2, margin: 1 / 2, gateBias: 0, change };
    const input = coordinate(subspace, c);
    return [
      {
        gates: [],
        input,
        largestInput: 1,
        lowestInput: 0,
        highestInput: 1,
        initial: nothing,
        steps: [step],
        bends: [],
      },
    ];
  });
  const vectors = [names.map(() => 0), ...branches.map(([fn]) => fn!.steps[0]!.change)];
  const { subspace: clean, ...rest } = featureOf(`${label}, clean`, branches, vectors, names);
  return { ...rest, branches, subspace: { ...clean, oneHot: subspace.oneHot } };
}

/** The different numbers in some vectors. */
export function numbersIn(vectors: readonly (readonly number[])[]): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const vector of vectors) for (const v of vector) numbers.add(v);
  return numbers;
}

/** Whether at most one component is other than 0, and then 1. */
function isOneHot(vector: readonly number[]): boolean {
  let ones = 0;
  for (const v of vector) {
    if (v === 1) ones++;
    else if (v !== 0) return false;
  }
  return ones <= 1;
}
