/**
 * Which arguments of a function are gates, and with which weights the others are summed into the input of step functions. Of all
 * splits that give different results different places in the table, the one with the fewest hidden units is taken.
 */
import type { FiniteFunction, Row } from "../ir/finite-function.js";
import { InputWeights, rolesOf, type KeepApart, type Spend } from "./input-weights.js";
import { countChanges, insert, piecesOf, type Entry, type Piece, type PiecewiseTable } from "./piecewise-table.js";

/** Inputs nearer to each other than this many times the noise cannot be told apart. */
const SEPARATION = 32;

/** A longer table is sampled: a split is tried on this many rows first. */
const SAMPLE = 1500;
/** The work of one row in the trial of a split. */
const ROW = 80;
/** How many of the best splits of the sample are tried on all rows. */
const TRIALS = 4;

export interface Split {
  /** The weight of each argument in the input; 0 for gates. */
  readonly weights: readonly number[];
  readonly gateOrder: readonly number[];
  readonly pieces: readonly Piece[];
  /** How many hidden units the pieces take. */
  readonly units: number;
}

/** Whether the steps of a piece with these entries can be computed. */
export type IsPossible = (entries: readonly Entry[]) => boolean;

/** Tries every split on a sample of the rows, and the most promising ones on all of them. */
export function bestSplit(
  fn: FiniteFunction,
  digits: number,
  keepApart: KeepApart,
  { isPossible, spend }: { readonly isPossible: IsPossible; readonly spend: Spend },
): Split | undefined {
  const sample = { ...fn, rows: sampled(fn.rows) };
  const inputWeights = new InputWeights(fn, keepApart, spend);
  const promising = rolesOf(fn.args, digits)
    .map((roles) => {
      spend(ROW * sample.rows.length);
      return trySplit(sample, inputWeights.weightsFor(roles), isPossible, spend);
    })
    .filter((split) => split !== undefined)
    .sort((a, b) => a.units - b.units);
  if (sample.rows === fn.rows) return promising[0];
  let best: Split | undefined;
  let trials = 0;
  for (const { weights } of promising) {
    spend(ROW * fn.rows.length);
    const split = trySplit(fn, weights, isPossible, spend);
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

/** The split with these weights. @returns undefined where different results would have the same place, or places too near to each other. */
export function trySplit(
  { args, rows, vectors }: FiniteFunction,
  weights: readonly number[],
  isPossible: IsPossible,
  spend: Spend,
): Split | undefined {
  const summed = weights.flatMap((weight, j) => (weight === 0 ? [] : [j]));
  const gates = weights.flatMap((weight, j) => (weight === 0 ? [j] : []));
  const noise = summed.reduce((sum, j) => sum + Math.abs(weights[j]!) * args[j]!.noise, 0);
  const orders = gates.length <= 1 ? [gates] : [gates, [...gates].reverse()];
  let best: Split | undefined;
  for (const gateOrder of orders) {
    const table: PiecewiseTable = new Map();
    for (const { values, result } of rows) {
      const input = summed.reduce((sum, j) => sum + weights[j]! * args[j]!.numbers![values[j]!]!, 0);
      const gateValues = gateOrder.map((j) => values[j]!);
      if (!insert(table, { gates: gateValues, input, result })) return undefined;
    }
    const pieces = piecesOf(table, gateOrder.length, SEPARATION * noise, spend);
    if (!pieces?.every(({ entries }) => isPossible(entries))) return undefined;
    const units = pieces.reduce((sum, piece) => sum + unitCount(piece, vectors), 0);
    if (!best || units < best.units) best = { weights, gateOrder, pieces, units };
  }
  return best;
}

function unitCount({ entries }: Piece, vectors: readonly (readonly number[])[]): number {
  const hasInitial = vectors[entries[0]!.result]!.some((v) => v !== 0);
  return Number(hasInitial) + 2 * countChanges(entries);
}
