/** The program that the search finds for decisions that are right by the data: as from a model that never errs. */
import type { Clock } from "../common/clock.js";
import type { Share } from "../common/share.js";
import type { Observed } from "./data/observe.js";
import type { Sequence } from "./data/sequences.js";
import type { Task } from "./data/task.js";
import { measured } from "./program.js";
import { simplify } from "./readout/simplify.js";
import { variablePool } from "./search/pool.js";
import { search } from "./search/search.js";

/**
 * Searches as for a model with two layers.
 *
 * @param sequences - with the right predictions; half of them are fitted to, half of them chosen on
 * @param fresh - what the match is measured on
 */
export function perfectProgram(
  task: Task,
  sequences: readonly Sequence[],
  fresh: readonly Sequence[],
  clock: Clock,
): { readonly text: string; readonly match: Share } {
  const perfect = (set: readonly Sequence[]): Observed[] =>
    set.map((sequence) => ({ ...sequence, decisions: sequence.expected!, patterns: [] }));
  const half = Math.floor(sequences.length / 2);
  const [tune, select] = [perfect(sequences.slice(0, half)), perfect(sequences.slice(half))];
  const { readout } = search({ task, tune, select, progress: () => undefined, clock }, variablePool(task, [], true));
  const { text, match } = measured(simplify(readout, [...tune, ...select]), perfect(fresh));
  return { text, match };
}
