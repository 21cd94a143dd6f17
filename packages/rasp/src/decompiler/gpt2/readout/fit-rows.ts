/** What readouts are fitted to: positions with the model's decisions. */
import type { Observed } from "../data/observe.js";
import type { Task } from "../data/task.js";
import type { Variable } from "../variables/variable.js";
import type { Projection } from "./readout.js";

/** A scored position. */
export interface Row {
  readonly observed: Observed;
  readonly position: number;
  readonly decision: readonly number[];
}

/** At most so many of the scored positions, evenly spaced. */
export function rowsOf(observed: readonly Observed[], most: number): Row[] {
  const all = observed.flatMap((sequence) =>
    sequence.scored.map((position, i) => ({ observed: sequence, position, decision: sequence.decisions[i]! })),
  );
  const step = Math.max(1, all.length / most);
  return Array.from({ length: Math.min(most, all.length) }, (_, i) => all[Math.floor(i * step)]!);
}

/** The symbols that the model predicts anywhere, ascending. */
export const predicted = (rows: readonly Row[]): number[] =>
  [...new Set(rows.map(({ decision }) => decision[0]!))].sort((a, b) => a - b);

/** Projections that add nothing. */
export const emptyProjections = (task: Task, variables: readonly Variable[]): Projection[] =>
  variables.map((variable) => ({
    variable,
    identity: 0,
    successor: 0,
    table: new Float64Array(variable.basis.length * task.vocabulary.length),
  }));
