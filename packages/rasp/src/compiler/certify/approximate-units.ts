/** The error of what hidden units write, where reads are approximate and the activation may be a sharpened GELU. */
import type { Feature, StepFunction } from "../plan/ir/plan.js";
import { constantRead, type Read, type Subspace } from "../plan/ir/read.js";
import { bendInput, heldAtBos, openInput, stepInputs } from "../plan/units/feed-forward.js";
import type { Margins } from "./margins.js";
import { total, roundedBy, type Held, type ReadBounds, type ReadError } from "./read-errors.js";
import { gamma, U } from "./rounding.js";

/**
 * Where the argument of GELU, in its tanh form, is at least this far from 0, it is ReLU but for a tail: tanh is then within 2^-35 of 1 or -1, because its argument
 * is more than 12.5.
 */
const FLAT = 6;
const TAIL = 6 * 2 ** -36;

/**
 * tanh beyond ±10 is one number on either side, at most 4 units in its last place from 1 or -1. So GELU there is its argument times one
 * of two factors: nearly 1 above 0, and nearly 0 below, and rounded by two products.
 */
const [ABOVE, BELOW, PRODUCTS] = [3 * U, 2.5 * U, 2 * U];

const RELU = { above: 0, below: 0, products: 0, tail: 0, flat: 0 };
const GELU = { above: ABOVE, below: BELOW, products: PRODUCTS };

/** How the hidden units of a model compute. */
export interface Activation {
  /** By what arguments are multiplied; undefined for ReLU. */
  readonly sharpness: number | undefined;
}

/** What the hidden units of one layer write; each step is a decision. */
export function approximateUnits(
  features: readonly Feature[],
  bounds: ReadBounds,
  margins: Margins,
  activation: Activation,
): void {
  bounds.set(
    features.map(({ subspace, branches }) => {
      const found = branches.map((fns) => fns.map((fn) => ofFunction(fn, subspace, bounds, margins, activation)));
      const sums = subspace.names.map((_, c) => {
        const all = found.map((fns) => fns.map((fn) => fn[c]!));
        // One function of a branch is open at a time; the others leak. What leaks may be rounded away as a whole.
        const leaks = 2 * all.flat().reduce((sum, { leak }) => sum + leak, 0);
        const summed = (of: (fn: Added) => number): number => all.reduce((sum, fns) => sum + largestOf(fns, of), 0);
        const rounding = gamma(Math.max(0, summed(({ terms }) => terms) - 1)) * summed(({ size }) => size);
        const zeroRounding =
          gamma(Math.max(0, summed(({ zeroTerms }) => zeroTerms) - 1)) * summed(({ zeroSize }) => zeroSize);
        return {
          error: leaks + summed(({ error, leak }) => error - 2 * leak) + rounding,
          zero: leaks + summed(({ zero }) => zero) + zeroRounding,
          atBos: 2 * all.flat().reduce((sum, { atBos }) => sum + atBos, 0),
        };
      });
      const error = largestOf(sums, (own) => own.error);
      const zero = subspace.oneHot ? largestOf(sums, (own) => own.zero) : error;
      const held: Held = { error, zero, atBos: largestOf(sums, (own) => own.atBos) };
      return [subspace, held] as const;
    }),
  );
}

const largestOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((most, item) => Math.max(most, of(item)), 0);

/** What the units of a function add to one coordinate. */
interface Added {
  /** While its gates are open. */
  error: number;
  terms: number;
  size: number;
  /** What the function has there now, going up through its steps, and the same as above where that is 0. */
  value: number;
  zero: number;
  zeroTerms: number;
  zeroSize: number;
  /** What is left while they are closed, and of units below their step. */
  leak: number;
  atBos: number;
}

/** Units that are together 0 or at most something. */
interface Together {
  /** Of what they add while they are not 0. */
  readonly error: number;
  /** The largest of them. */
  readonly most: number;
  /** What they add, at most, in place of 0. */
  readonly leaks: number;
  readonly atBos: number;
  readonly terms: number;
}

const NOTHING: Added = {
  error: 0,
  terms: 0,
  size: 0,
  value: 0,
  zero: 0,
  zeroTerms: 0,
  zeroSize: 0,
  leak: 0,
  atBos: 0,
};

function ofFunction(
  fn: StepFunction,
  { label, layer, names }: Subspace,
  bounds: ReadBounds,
  margins: Margins,
  { sharpness }: Activation,
): Added[] {
  const where = `${label}, layer ${layer}`;
  const found = names.map((_, c): Added => ({ ...NOTHING, value: fn.initial[c]! }));
  const gelu = sharpness === undefined ? RELU : { ...GELU, tail: TAIL / sharpness, flat: FLAT / sharpness };
  const constant = bounds.parts(constantRead(1));
  const partsOf = (input: Read): ReadError => bounds.parts(input, bounds.sizeOf(input), heldAtBos(input));
  const add = (change: readonly number[], units: Together): void => addTo(found, change, units);
  const leakAtBos = (input: Read): number =>
    gelu.below * (Math.abs(heldAtBos(input)) + bounds.errorAtBos(input, heldAtBos(input))) + gelu.tail;
  const alone = (input: Read, change: readonly number[], highest: number, error: number): void => {
    const most = highest + error;
    const leaks = gelu.below * (bounds.sizeOf(input) + error) + gelu.tail;
    const whole = error + (gelu.above + gelu.products) * most;
    add(change, { error: whole, most, leaks, atBos: leakAtBos(input), terms: 1 });
  };
  if (fn.initial.some((value) => value !== 0)) {
    const input = openInput(fn);
    const error = total(partsOf(input));
    // 1 where it is open, and at most -1 elsewhere.
    margins.add(1 - gelu.flat, error, where);
    alone(input, fn.initial, 1, error);
  }
  for (const step of fn.steps) {
    const inputs = stepInputs(fn, step);
    const [rising, levelling] = inputs.map(partsOf) as [ReadError, ReadError];
    margins.add(step.margin - gelu.flat, Math.max(total(rising), total(levelling)), where);
    const highest = step.slope * (fn.highestInput - step.threshold) + 1 / 2 + total(rising);
    // The arguments differ by 1. All else that they read is the same, and so are its errors, but for the rounding of the two sums.
    const sums = rising.sum + levelling.sum;
    const difference = 1 + total(constant) + sums;
    const error = total(constant) + sums + gelu.above * difference + 2 * gelu.products * highest;
    const leaks = gelu.below * difference + 2 * gelu.tail;
    // The terms of the two have opposite signs: no partial sum is larger than those of one sign.
    step.change.forEach((weight, c) => (found[c]!.value += weight));
    const atBos = inputs.reduce((sum, input) => sum + leakAtBos(input), 0);
    add(step.change, { error, most: highest, leaks, atBos, terms: 2 });
  }
  for (const bend of fn.bends) {
    const input = bendInput(fn, bend);
    bend.change.forEach((weight, c) => (found[c]!.value = weight === 0 ? found[c]!.value : 0));
    // At a bend GELU is at most half of the error away from 0, and its slope is at most 1.13.
    alone(input, bend.change, Math.max(0, fn.highestInput - bend.from), 1.13 * total(partsOf(input)));
  }
  return found;
}

function addTo(found: readonly Added[], change: readonly number[], units: Together): void {
  const { error, most, leaks, atBos, terms } = units;
  change.forEach((weight, c) => {
    if (weight === 0) return;
    const factor = Math.abs(weight);
    const own = found[c]!;
    own.error += factor * Math.max(error, 2 * leaks);
    own.size += factor * most;
    own.terms += terms + Number(roundedBy(weight) > 0);
    own.leak += factor * leaks;
    own.atBos += factor * atBos;
    if (own.value !== 0) return;
    [own.zero, own.zeroTerms, own.zeroSize] = [own.error, own.terms, own.size];
  });
}
