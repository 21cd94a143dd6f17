/** What a program's text does on observed sequences. */
import { headlineOf, type Decided } from "../common/headline.js";
import { matchByLength, uniformMatch } from "../common/share.js";
import { sameDecision, taskAccuracy, type Observed } from "./data/observe.js";
import { FEW_SYMBOLS, isOrdinary, type Task } from "./data/task.js";
import type { Decompiled } from "./report.js";
import { RunnableProgram } from "./runnable-program.js";

/** Bounds of the lengths that are reported apart. */
const BOUNDS = [50, 100, Infinity];

/** The match of a text and its accuracy on the task, and the model's. */
export type Measures = Pick<Decompiled, "match" | "taskAccuracy" | "byLength" | "headline" | "lengths">;

/**
 * Runs a program's text on sequences.
 *
 * @param fitted - the sequences that the tables beside it are made of; those of the report by default, which flatters the tables
 * @throws RaspError if the text is no program with a vector `logits`
 */
export function measure(
  text: string,
  task: Task,
  report: readonly Observed[],
  fitted: readonly Observed[] = report,
): Measures {
  const program = new RunnableProgram(text, task);
  const own = report.map((observed) => ({ ...observed, decisions: program.decisions(observed) }));
  const outcomes = report.map(({ ids, decisions }, s) => ({
    length: ids.length,
    matches: decisions.every((decision, i) => sameDecision(decision, own[s]!.decisions[i]!)),
  }));
  return {
    match: uniformMatch(outcomes),
    headline: headlineOf(
      fitted.map((observed) => decidedIn(observed, task)),
      report.map((observed) => decidedIn(observed, task)),
      own.map(({ decisions }) => decisions.map((decision) => namedDecision(decision, task))),
    ),
    lengths: [
      outcomes.reduce((least, { length }) => Math.min(least, length), Infinity),
      outcomes.reduce((most, { length }) => Math.max(most, length), 0),
    ],
    taskAccuracy: { model: taskAccuracy(report), program: taskAccuracy(own) },
    byLength: matchByLength(outcomes, BOUNDS),
  };
}

/** The decisions of a model with what tables know of them: the index, the token, and the last three tokens. */
function decidedIn({ ids, scored, decisions }: Observed, task: Task): Decided[] {
  return scored.map((position, i) => {
    const last = [3, 2, 1].map((count) => ids.slice(Math.max(0, position - count + 1), position + 1).join());
    return {
      ...namedDecision(decisions[i]!, task),
      contexts: {
        constant: [],
        length: [`${position - scored[0]!} of ${scored[0]!}`, `at ${position}`],
        "token table": [last[2]!],
        "n-gram": last,
      },
    };
  });
}

/** A decision as a text, and its class: the set of symbols, or the symbol; of many symbols all ordinary ones are one class. */
function namedDecision(decision: readonly number[], task: Task): Pick<Decided, "decision" | "className"> {
  const { vocabulary, sigmoid } = task;
  const isOneOfMany = !sigmoid && vocabulary.length > FEW_SYMBOLS && isOrdinary(task, decision[0]!);
  const names = decision.map((id) => vocabulary[id]!).join(", ");
  return { decision: decision.join(), className: isOneOfMany ? "symbols" : sigmoid ? `{${names}}` : names };
}
