/**
 * Any function of finitely many values as one hidden ReLU layer, exactly.
 *
 * `split.ts` divides the arguments into *gates*, which are one-hot, and one weighted *input*. Where the gates have some given
 * values, the function depends on the input alone: it is a step function, made of pairs of hidden units.
 *
 *     output               o---o     o  an entry of the table: an input that occurs, and the output there
 *                         /          /  a step between two entries: change · (relu(a) - relu(a - 1))
 *             o---o      /              with a = slope·(input - threshold) + 1/2 - gateBias·(closed gates)
 *            /     \    /
 *     o-----o       o--o             While a gate is closed every a is below 0, and the output is 0.
 *     -------------------------> input
 *
 * The slope is a power of two, so steep that the step is still exactly 0 or 1 at every entry when a is off by nearly 1/2, its
 * *margin*. Tracr makes functions of numbers from the same pairs of units (Lindner et al. 2023; its `numerical_mlp.py`).
 */
import { leastPowerOfTwo } from "@selectron/core";
import type { FiniteFunction } from "../ir/finite-function.js";
import { FLOAT32, isApproximate, isLow, represents, type Arithmetic } from "../ir/arithmetic.js";
import type { Bend, Step, StepFunction, Unit } from "../ir/plan.js";
import { combineReads, readAtBos, type Read } from "../ir/read.js";
import { bendsOf } from "./bends.js";
import { maximum, MAX_DIGITS, type Spend } from "./input-weights.js";
import type { Entry, Piece } from "./piecewise-table.js";
import { withRoundedNumbers } from "./rounded-numbers.js";
import { bestSplit, trySplit, type IsPossible, type Split } from "./split.js";

export interface Fit {
  /** What the model will run in. */
  readonly arithmetic?: Arithmetic;
  /** How many digits the weighted input may have: more than one makes it large, and with it the roundings of the steps. */
  readonly digits?: number;
  /** Whether all steps get the slope of the steepest and one-hot arguments numbers on its grid, so that activations are on one grid. */
  readonly evenSlopes?: boolean;
  /** With more inputs than this, exact whole numbers, a function is bent instead of stepped where that takes fewer units. */
  readonly few?: number;
  /** Counts the work. */
  readonly spend?: Spend;
}

/**
 * Step functions whose sum gives the function's vector on every row.
 *
 * @returns undefined where no split tells all rows with different results apart.
 */
export function fitStepFunctions(
  given: FiniteFunction,
  { arithmetic = FLOAT32, digits = MAX_DIGITS, evenSlopes = false, few = Infinity, spend = () => undefined }: Fit = {},
): StepFunction[] | undefined {
  const placeAll = isLow(arithmetic)
    ? (entries: readonly Entry[]) => stepsIn(entries, arithmetic)
    : arithmetic.ownBasis
      ? stepsOf
      : outwardSteps;
  const how = {
    isPossible: (entries: readonly Entry[]) => !isLow(arithmetic) || placeAll(entries) !== undefined,
    spend,
  };
  const found =
    bestSplit(given, 1, "all", how) ??
    (digits > 1
      ? (bestSplit(given, digits, "where the result changes", how) ?? bestSplit(given, digits, "all", how))
      : undefined);
  if (!found) return undefined;
  const canRound = evenSlopes && !isLow(arithmetic) && !isApproximate(arithmetic) && arithmetic.ownBasis;
  const { fn, split } = (canRound ? onGrid(given, found, how) : undefined) ?? { fn: given, split: found };
  // A closed gate must silence its units at every input, not only at those of its own piece.
  const largestInput = maximum(split.pieces.flatMap(({ entries }) => entries.map(({ input }) => Math.abs(input))));
  const least = evenSlopes ? steepest(split) : 0;
  const isExact =
    !isLow(arithmetic) &&
    arithmetic.ownBasis &&
    split.weights.every((weight, j) => weight === 0 || isOnGrid(fn.args[j]!.asNumber!));
  return split.pieces.map((piece) => {
    const hasGates = piece.gates.length > 0;
    const bends = isExact ? bendsOf(piece.entries, fn.vectors, { few, largestInput, hasGates }) : undefined;
    return stepFunction(fn, split, piece, largestInput, bends ?? placeAll(piece.entries, least)!);
  });
}

/** The function and its split with numbers on the grid that steps see; undefined where these do not tell all apart. */
function onGrid(
  given: FiniteFunction,
  { weights, pieces }: Split,
  { isPossible, spend }: { readonly isPossible: IsPossible; readonly spend: Spend },
): { readonly fn: FiniteFunction; readonly split: Split } | undefined {
  const fn = withRoundedNumbers(given, weights, steepest({ pieces }));
  const split = fn === given ? undefined : trySplit(fn, weights, isPossible, spend);
  return split && { fn, split };
}

const steepest = ({ pieces }: Pick<Split, "pieces">): number =>
  maximum(pieces.flatMap(({ entries }) => changesOf(entries).map(slopeFor)));

/** Whether what is read are multiples of powers of two, apart from errors that anchors round away. */
const isOnGrid = ({ terms }: Read): boolean => [...terms.keys()].every(({ grid }) => grid > 0);

/** The pairs of neighbouring entries between which the result changes. */
const changesOf = (entries: readonly Entry[]): Change[] =>
  entries.flatMap((above, j) => {
    const below = entries[j - 1];
    return below && below.result !== above.result ? [[below, above] as const] : [];
  });

type Change = readonly [below: Entry, above: Entry];

const steepness = ([below, above]: Change): number => 2 / (above.input - below.input);

const slopeFor = (change: Change): number => leastPowerOfTwo(steepness(change));

function stepFunction(
  { args, vectors }: FiniteFunction,
  { weights, gateOrder }: Split,
  { gates, entries }: Piece,
  largestInput: number,
  placed: readonly PlacedStep[] | readonly Bend[],
): StepFunction {
  const steps = placed.filter(isStep).map(({ change, slope, threshold, margin }): Step => {
    const [below, above] = change.map(({ result }) => vectors[result]!);
    const [before, after] = slope > 0 ? [below!, above!] : [above!, below!];
    const size = Math.abs(slope) * (largestInput + Math.abs(threshold));
    const gateBias = gates.length === 0 ? 0 : leastPowerOfTwo(size + 2);
    return { slope, threshold, margin, gateBias, change: after.map((v, c) => v - before[c]!) };
  });
  // The last of the steps that go down is the one before the entry where none is taken.
  const falling = steps.filter(({ slope }) => slope < 0).length;
  const start = changesOf(entries)[falling - 1]?.[1] ?? entries[0]!;
  const summed = weights.flatMap((weight, j) => (weight === 0 ? [] : [[weight, args[j]!.asNumber!] as const]));
  return {
    gates: gateOrder.map((j, depth) => args[j]!.gate!(gates[depth]!)),
    input: combineReads(summed),
    largestInput,
    lowestInput: entries[0]!.input,
    highestInput: entries.at(-1)!.input,
    initial: vectors[start.result]!,
    steps,
    bends: placed.filter((part): part is Bend => !isStep(part)),
  };
}

const isStep = (part: PlacedStep | Bend): part is PlacedStep => "slope" in part;

/** Where a step is, and how steep. */
interface PlacedStep extends Pick<Step, "slope" | "threshold" | "margin"> {
  readonly change: Change;
}

/** The steps of a piece. */
const stepsOf = (entries: readonly Entry[], leastSlope = 0): PlacedStep[] =>
  changesOf(entries).map((change) => placeStep(change, Math.max(leastSlope, slopeFor(change))));

/**
 * The steps of a piece for another basis, where a sum is off by a part of all that is added up: from an entry in the middle, up above it
 * and down below it, so that no unit is far from where it is silent. No slope has to be a power of two.
 */
function outwardSteps(entries: readonly Entry[], leastSlope = 0): PlacedStep[] {
  const steps = changesOf(entries).map((change) => placeStep(change, Math.max(leastSlope, steepness(change))));
  const [lowest, highest] = [entries[0]!.input, entries.at(-1)!.input];
  const sizeWith = (falling: number): number => {
    let [above, below] = [0, 0];
    for (const [j, { slope, threshold }] of steps.entries()) {
      if (j < falling) below += slope * (threshold - lowest);
      else above += slope * (highest - threshold);
    }
    return Math.max(above, below);
  };
  let best = 0;
  for (let falling = 1; falling <= steps.length; falling++) if (sizeWith(falling) < sizeWith(best)) best = falling;
  return steps.map((step, j) => (j < best ? { ...step, slope: -step.slope } : step));
}

/** The steps of a piece in low precision; undefined where operands cannot hold the activations of their hidden units. */
function stepsIn(entries: readonly Entry[], arithmetic: Arithmetic): PlacedStep[] | undefined {
  const steps = changesOf(entries).map((change) =>
    [placeStep(change, slopeFor(change)), placeExactStep(change)].find((step) =>
      isRepresented(step, entries, arithmetic),
    ),
  );
  return steps.includes(undefined) ? undefined : (steps as PlacedStep[]);
}

/** In the middle, with a margin of nearly half a step on both sides. */
function placeStep(change: Change, slope: number): PlacedStep {
  const [below, above] = change;
  // Rounded so that slope·threshold is a multiple of 1/16: sums with numbers on a grid then need no rounding.
  const threshold = Math.round(8 * slope * (below.input + above.input)) / (16 * slope);
  const margin = Math.min(slope * (threshold - below.input), slope * (above.input - threshold)) - 1 / 2;
  return { change, slope, threshold, margin };
}

/** From 0 at the value below: a step with fewer digits and without a margin, for numbers that are exact. */
function placeExactStep(change: Change): PlacedStep {
  const slope = slopeFor(change) / 2;
  return { change, slope, threshold: change[0].input + 1 / (2 * slope), margin: 0 };
}

/** Whether both units of the step are silent or have activations that operands can hold, at all inputs, and so do the biases. */
function isRepresented({ slope, threshold }: PlacedStep, entries: readonly Entry[], arithmetic: Arithmetic): boolean {
  const bias = 1 / 2 - slope * threshold;
  const active = entries
    .flatMap(({ input }) => [slope * input + bias, slope * input + bias - 1])
    .filter((activation) => activation > 0);
  return represents(arithmetic, active) && [bias, bias - 1].every((number) => represents(arithmetic, [number]));
}

/** The hidden units of a step function. */
export function unitsOf(fn: StepFunction): Unit[] {
  const units: Unit[] = [];
  if (fn.initial.some((v) => v !== 0)) units.push(silentAtBos(openInput(fn), fn.initial));
  for (const step of fn.steps) {
    const [rising, levelling] = stepInputs(fn, step);
    const negative = step.change.map((v) => -v);
    units.push(silentAtBos(rising, step.change), silentAtBos(levelling, negative));
  }
  for (const bend of fn.bends) units.push(silentAtBos(bendInput(fn, bend), bend.change));
  return units;
}

/** Minus the number of closed gates. */
const closedGates = ({ gates }: StepFunction): Read =>
  combineReads(
    gates.map((gate) => [1, gate] as const),
    -gates.length,
  );

/** 1 where all gates are open, at most -1 elsewhere. */
export const openInput = (fn: StepFunction): Read => combineReads([[2, closedGates(fn)]], 1);

/** What the two units of a step read: a and a - 1. */
export function stepInputs(fn: StepFunction, { slope, threshold, gateBias }: Step): [rising: Read, levelling: Read] {
  const parts = [[slope, fn.input] as const, ...(gateBias === 0 ? [] : [[gateBias, closedGates(fn)] as const])];
  return [combineReads(parts, 1 / 2 - slope * threshold), combineReads(parts, -1 / 2 - slope * threshold)];
}

/** What the unit of a bend reads. */
export const bendInput = (fn: StepFunction, { from, gateBias }: Bend): Read =>
  combineReads([[1, fn.input], ...(gateBias === 0 ? [] : [[gateBias, closedGates(fn)] as const])], -from);

/** What a unit with this input has at BOS: at most -1. */
export const heldAtBos = (input: Read): number => readAtBos(input) + bosWeightOf(input);

function bosWeightOf(input: Read): number {
  const atBos = readAtBos(input);
  return atBos > -1 ? -leastPowerOfTwo(atBos + 2) : 0;
}

const silentAtBos = (input: Read, output: readonly number[]): Unit => ({
  input,
  output,
  bosWeight: bosWeightOf(input),
});
