/**
 * Any function of finitely many values as one hidden ReLU layer, exactly.
 *
 * The arguments are split into *gates* (one-hot) and an *axis*: a weighted sum of the other arguments, whose weights are signs
 * or, where signs do not tell enough apart, digits of a mixed-radix number. Inside one box of gate values the function depends
 * on the axis alone and is built as a staircase: at each place between two axis values
 * where it changes, a pair of units makes a step, relu(a) - relu(a - 1), with a = slope·(axis - place) + 1/2. The slope is a
 * power of two with a margin of 1/2 on both sides, so that a step is exactly 0 or 1 up to rounding. A closed gate pushes
 * its units far below zero. Of all splits the one with the fewest units is taken.
 */
import type { Argument, Row } from "../ir/finite-function.js";
import type { StepFunction, Step, Unit } from "../ir/plan.js";
import { InputWeights, MAX_DIGITS, maximum, rolesOf, type KeepApart } from "./input-weights.js";
import { piecesOf, countChanges, insert, type Piece, type PiecewiseTable } from "./piecewise-table.js";
import { combineReads, readAtBos, type Read } from "../ir/read.js";

/** Axis values nearer than this many times the noise cannot be told apart. */
const SEPARATION = 32;

/** How many rows a split must stand before it is tried on all, and how many of the best that do are. */
const SAMPLE = 1500;
const TRIALS = 4;

interface Split {
  /** The weight of each argument on the axis; 0 for gates. */
  readonly weights: readonly number[];
  readonly gateOrder: readonly number[];
  readonly boxes: readonly Piece[];
  readonly units: number;
}

/**
 * @param vectors - `vectors[result]` is what the units of the boxes add up to for that result.
 * @returns undefined where no split tells all rows apart that differ.
 */
export function fitStepFunctions(
  args: readonly Argument[],
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
): StepFunction[] | undefined {
  const best =
    bestSplit(args, rows, vectors, 1, "all") ??
    bestSplit(args, rows, vectors, MAX_DIGITS, "changes") ??
    bestSplit(args, rows, vectors, MAX_DIGITS, "all");
  if (!best) return undefined;
  // A closed gate must silence its units wherever the axis stands, not only where its own box has values.
  const reach = maximum(best.boxes.flatMap(({ entries: stairs }) => stairs.map(({ at }) => Math.abs(at))));
  return best.boxes.map((box) => stepFunction(args, best, box, reach, vectors));
}

/** Tries every split on a sample of the rows, and the most promising ones on all of them. */
function bestSplit(
  args: readonly Argument[],
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
  digits: number,
  steps: KeepApart,
): Split | undefined {
  const sample = sampled(rows);
  const axis = new InputWeights(args, rows, steps);
  const promising = rolesOf(args, digits)
    .map((roles) => axis.weightsFor(roles))
    .map((weights) => ({ weights, split: trySplit(args, sample, vectors, weights) }))
    .filter(({ split }) => split !== undefined)
    .sort((a, b) => a.split!.units - b.split!.units);
  if (sample === rows) return promising[0]?.split;
  let best: Split | undefined;
  let trials = 0;
  for (const { weights } of promising) {
    const split = trySplit(args, rows, vectors, weights);
    if (!split) continue;
    if (!best || split.units < best.units) best = split;
    if (++trials === TRIALS) break;
  }
  return best;
}

/** Rows from all over the table, the same ones each time. */
function sampled(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= SAMPLE) return rows;
  const stride = 0x9e3779b1; // 2^32 / golden ratio: a walk that visits every region evenly
  return Array.from({ length: SAMPLE }, (_, k) => rows[(k * stride) % rows.length]!);
}

function trySplit(
  args: readonly Argument[],
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
  weights: readonly number[],
): Split | undefined {
  const axis = weights.flatMap((weight, j) => (weight === 0 ? [] : [j]));
  const gates = weights.flatMap((weight, j) => (weight === 0 ? [j] : []));
  const noise = axis.reduce((sum, j) => sum + Math.abs(weights[j]!) * args[j]!.noise, 0);
  const orders = gates.length <= 1 ? [gates] : [gates, [...gates].reverse()];
  let best: Split | undefined;
  for (const order of orders) {
    const table: PiecewiseTable = new Map();
    for (const row of rows) {
      const at = axis.reduce((sum, j) => sum + weights[j]! * args[j]!.numbers![row.values[j]!]!, 0);
      const gateValues = order.map((j) => row.values[j]!);
      if (!insert(table, gateValues, at, row.result)) return undefined;
    }
    const boxes = piecesOf(table, order.length, SEPARATION * noise);
    if (!boxes) return undefined;
    const units = boxes.reduce((sum, box) => sum + unitCount(box, vectors), 0);
    if (!best || units < best.units) best = { weights, gateOrder: order, boxes, units };
  }
  return best;
}

function unitCount({ entries: stairs }: Piece, vectors: readonly (readonly number[])[]): number {
  return (vectors[stairs[0]!.result]!.some((v) => v !== 0) ? 1 : 0) + 2 * countChanges(stairs);
}

function stepFunction(
  args: readonly Argument[],
  { weights, gateOrder }: Split,
  { gates, entries: stairs }: Piece,
  reach: number,
  vectors: readonly (readonly number[])[],
): StepFunction {
  const steps: Step[] = [];
  for (let j = 1; j < stairs.length; j++) {
    const [below, above] = [stairs[j - 1]!, stairs[j]!];
    if (below.result === above.result) continue;
    const slope = 2 ** Math.ceil(Math.log2(2 / (above.at - below.at)));
    // On a grid of 1/16 as the slope sees it, so that sums with numbers on a grid need no rounding.
    const place = Math.round(8 * slope * (below.at + above.at)) / (16 * slope);
    const room = Math.min(slope * (place - below.at), slope * (above.at - place)) - 1 / 2;
    const push = gates.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(slope * (reach + Math.abs(place)) + 2));
    const change = vectors[above.result]!.map((v, c) => v - vectors[below.result]![c]!);
    steps.push({ slope, threshold: place, margin: room, gateBias: push, change });
  }
  return {
    gates: gateOrder.map((j, depth) => args[j]!.gate!(gates[depth]!)),
    input: combineReads(weights.flatMap((weight, j) => (weight === 0 ? [] : [[weight, args[j]!.asNumber!] as const]))),
    largestInput: reach,
    initial: vectors[stairs[0]!.result]!,
    steps,
  };
}

/** The hidden units of a box. */
export function unitsOf(box: StepFunction): Unit[] {
  const units: Unit[] = [];
  if (box.initial.some((v) => v !== 0)) units.push(silentAtBos(openInput(box), box.initial));
  for (const step of box.steps) {
    const [rising, levelling] = stepInputs(box, step);
    units.push(silentAtBos(rising, step.change));
    units.push(
      silentAtBos(
        levelling,
        step.change.map((v) => -v),
      ),
    );
  }
  return units;
}

/** 0 where all gates are open, at most -1 elsewhere. */
const closed = ({ gates }: StepFunction): Read =>
  combineReads(
    gates.map((gate) => [1, gate] as const),
    -gates.length,
  );

/** 1 where all gates are open, at most -1 elsewhere. */
export const openInput = (box: StepFunction): Read => combineReads([[2, closed(box)]], 1);

/** What the two units of a step read: a and a - 1. */
export function stepInputs(
  box: StepFunction,
  { slope, threshold: place, gateBias: push }: Step,
): [rising: Read, levelling: Read] {
  const parts = [[slope, box.input] as const, ...(push === 0 ? [] : [[push, closed(box)] as const])];
  return [combineReads(parts, 1 / 2 - slope * place), combineReads(parts, -1 / 2 - slope * place)];
}

function silentAtBos(input: Read, output: readonly number[]): Unit {
  const atBos = readAtBos(input);
  return { input, output, bosWeight: atBos > -1 ? -(2 ** Math.ceil(Math.log2(atBos + 2))) : 0 };
}
