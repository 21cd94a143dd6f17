/**
 * The second road to a program: not from the smallest program upwards, but from the model downwards. What is left of the model after
 * pruning tells which variables reach the logits; its own matrices are the projections, and where feed-forward sublayers hear more than
 * tokens, functions of one position stand in for them.
 */
import { noGrad, scope } from "@selectron/core";
import { elementwiseOf } from "../variables/elementwise.js";
import type { Examined } from "../interventions/index.js";
import type { Observed } from "../data/observe.js";
import { fitReadout, type Readout } from "../readout/readout.js";
import type { Clock, HeadReading, Progress } from "../search/search.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { moduloVariable, type Variable } from "../variables/variable.js";
import { Expansion, UnreadHeadError } from "./expansion.js";

/** A readout of what reaches the logits, with its match on the selection set. */
export interface PrunedProgram {
  readonly readout: Readout;
  readonly match: number;
  /** Whether the projections are the model's own, or fitted to its decisions. */
  readonly projections: "the model's" | "fitted";
}

/** Functions that are added at most. */
const MOST_FUNCTIONS = 3;
/** What a function must add to the match. */
const WORTH = 0.01;

/** The program that pruning left, or why it can be none. */
export function prunedProgram(
  { paths, linear }: Examined,
  task: Task,
  readings: readonly HeadReading[],
  tune: readonly Observed[],
  select: readonly Observed[],
  progress: Progress,
  clock: Clock,
): PrunedProgram | { readonly why: string } {
  const expansion = new Expansion(paths, linear, task, readings);
  let own: Readout;
  try {
    own = scope(() => noGrad(() => expansion.readout()));
  } catch (error) {
    if (error instanceof UnreadHeadError) return { why: error.message };
    throw error;
  }
  const heard = [...expansion.unread.values()].flat();
  const distinct = (all: readonly Variable[]): Variable[] => [...new Map(all.map((one) => [one.key, one])).values()];
  const all = distinct([...own.terms.map(({ variable }) => variable), ...heard]);
  // Nobody reads a table of all positions; where the model hears them, their rhythm may do.
  const reaching = all.filter(({ basis }) => basis.length <= task.vocabulary.length);
  const rhythms = reaching.length < all.length ? [2, 3, 4].map(moduloVariable) : [];

  const judged = (readout: Readout, projections: PrunedProgram["projections"]): PrunedProgram => ({
    readout,
    match: readout.match(select),
    projections,
  });
  let best = judged(fitReadout(task, reaching, tune), "fitted");
  const asInModel =
    task.vocabulary.length <= FEW_SYMBOLS && expansion.unread.size === 0 && reaching.length === all.length;
  if (asInModel) {
    const inModel = judged(own, "the model's");
    if (inModel.match >= best.match - WORTH) best = inModel;
  }
  const functions = distinct([...rhythms, ...heard.flatMap((variable) => elementwiseOf(task, variable))]);
  let variables: readonly Variable[] = reaching;
  for (let added = 0; added < MOST_FUNCTIONS && best.match < 1; added++) {
    const before = best;
    for (const [f, one] of functions.entries()) {
      progress("reading feed-forward sublayers", added * functions.length + f, MOST_FUNCTIONS * functions.length);
      if (clock.expired(0.97)) return best;
      const tried = judged(fitReadout(task, [...variables, one], tune), "fitted");
      if (tried.match > best.match) best = tried;
    }
    if (best.match < before.match + WORTH) return before;
    variables = best.readout.terms.map(({ variable }) => variable);
  }
  return best;
}
