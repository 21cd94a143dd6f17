/**
 * The second way to a program: not from the smallest program upwards, but from the model downwards. What pruning left of the model shows
 * which variables reach the logits. Its own matrices are the projections; where feed-forward sublayers read more than tokens, functions of
 * one position take their place.
 */
import { noGrad, scope } from "@selectron/core";
import { FEW_SYMBOLS } from "../data/task.js";
import type { HeadReading } from "../heads/head-reading.js";
import type { Examined } from "../interventions/index.js";
import { fitReadout } from "../readout/fit.js";
import type { Readout } from "../readout/readout.js";
import type { Run } from "../run.js";
import { moduloVariable } from "../variables/basic.js";
import { elementwiseOf } from "../variables/elementwise.js";
import type { Variable } from "../variables/variable.js";
import { Expansion, UnreadHeadError } from "./expansion.js";

/** A readout of what reaches the logits. */
export interface PrunedProgram {
  readonly readout: Readout;
  /** On the selection set. */
  readonly match: number;
  /** Whether the projections are the model's own, or fitted to its decisions. */
  readonly projections: "the model's" | "fitted";
}

/** The most functions that are added. */
const MOST_FUNCTIONS = 3;
/** What a function must add to the match, and what fitted projections must have more than the model's own. */
const LEAST_GAIN = 0.01;
/** The share of the time after which no more functions are tried. */
const UNTIL = 0.97;

/** The program of the pruned model, or the reason why there is none. */
export function prunedProgram(
  run: Run,
  { paths, linear }: Examined,
  readings: readonly HeadReading[],
): PrunedProgram | { readonly why: string } {
  const { task } = run;
  const expansion = new Expansion(paths, linear, task, readings);
  let own: Readout;
  try {
    own = scope(() => noGrad(() => expansion.readout()));
  } catch (error) {
    if (error instanceof UnreadHeadError) return { why: error.message };
    throw error;
  }
  const unread = [...expansion.unread.values()].flat();
  const all = distinct([...own.projections.map(({ variable }) => variable), ...unread]);
  // A table of all positions is too large to read; a position modulo a small number may do instead.
  const readable = all.filter(({ basis }) => basis.length <= task.vocabulary.length);
  const rhythms = readable.length < all.length ? [2, 3, 4].map(moduloVariable) : [];

  let best = fitted(run, readable);
  const isWhole = task.vocabulary.length <= FEW_SYMBOLS && unread.length === 0 && readable.length === all.length;
  if (isWhole) {
    const match = own.match(run.select);
    if (match >= best.match - LEAST_GAIN) best = { readout: own, match, projections: "the model's" };
  }
  const functions = distinct([...rhythms, ...unread.flatMap((variable) => elementwiseOf(task, variable))]);
  return withFunctions(run, best, readable, functions);
}

function fitted({ task, tune, select }: Run, variables: readonly Variable[]): PrunedProgram {
  const readout = fitReadout(task, variables, tune);
  return { readout, match: readout.match(select), projections: "fitted" };
}

/** Adds the function that helps most, up to three times, as far as the time allows. */
function withFunctions(
  run: Run,
  program: PrunedProgram,
  readable: readonly Variable[],
  functions: readonly Variable[],
): PrunedProgram {
  let best = program;
  let variables = readable;
  for (let added = 0; added < MOST_FUNCTIONS && best.match < 1; added++) {
    const before = best;
    for (const [f, one] of functions.entries()) {
      run.progress("reading feed-forward sublayers", added * functions.length + f, MOST_FUNCTIONS * functions.length);
      if (run.clock.expired(UNTIL)) return best;
      const tried = fitted(run, [...variables, one]);
      if (tried.match > best.match) best = tried;
    }
    if (best.match < before.match + LEAST_GAIN) return before;
    variables = best.readout.projections.map(({ variable }) => variable);
  }
  return best;
}

/** Each variable once. */
const distinct = (all: readonly Variable[]): Variable[] => [
  ...new Map(all.map((variable) => [variable.key, variable])).values(),
];
