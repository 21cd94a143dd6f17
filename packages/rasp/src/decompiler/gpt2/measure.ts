/** What a program's text does on observed sequences. */
import { matchByLength, matchOf } from "../common/share.js";
import { sameDecision, taskAccuracy, type Observed } from "./data/observe.js";
import type { Task } from "./data/task.js";
import type { Decompiled } from "./report.js";
import { RunnableProgram } from "./runnable-program.js";

/** Bounds of the lengths that are reported apart. */
const BOUNDS = [50, 100, Infinity];

/** The match of a text and its accuracy on the task, and the model's. */
export type Measures = Pick<Decompiled, "match" | "taskAccuracy" | "byLength">;

/** Runs a program's text on sequences. @throws RaspError if the text is no program with a vector `logits` */
export function measure(text: string, task: Task, report: readonly Observed[]): Measures {
  const program = new RunnableProgram(text, task);
  const own = report.map((observed) => ({ ...observed, decisions: program.decisions(observed) }));
  const outcomes = report.map(({ ids, decisions }, s) => ({
    length: ids.length,
    matches: decisions.every((decision, i) => sameDecision(decision, own[s]!.decisions[i]!)),
  }));
  return {
    match: matchOf(outcomes),
    taskAccuracy: { model: taskAccuracy(report), program: taskAccuracy(own) },
    byLength: matchByLength(outcomes, BOUNDS),
  };
}
