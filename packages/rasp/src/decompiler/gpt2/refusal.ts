/** Why a model has no program, in words. */
import { refusalOfClasses } from "../common/headline.js";
import { LEAST_MATCH, MOST_LINES, refusalOfSize } from "../common/report.js";
import { percent } from "../common/share.js";
import type { HeadReading } from "./heads/head-reading.js";
import type { Interventions } from "./interventions/report.js";
import type { MeasuredProgram } from "./program.js";

/** A head that is farther from its reading than this is named. */
const FAR = 0.2;
/** A model that is right less often than the program by this much makes mistakes of its own. */
const CLEARLY = 0.02;
/** Programs have so many layers of attention at most. */
const SEARCHED_LAYERS = 2;

/** What a refusal is explained by. */
export interface Evidence {
  readonly readings: readonly HeadReading[];
  readonly layers: number;
  readonly interventions: Interventions;
  /** Why the pruned model gave no program; undefined if it gave one. */
  readonly obstacle: string | undefined;
}

/** Why the best program is refused. */
export function refusalOf(best: MeasuredProgram, evidence: Evidence): string {
  const { match, lines, headline } = best;
  if (lines <= MOST_LINES && match.share >= LEAST_MATCH) return refusalOfClasses(headline)!;
  return (
    refusalOfSize(lines) ??
    [
      `the best program found matches ${percent(match.share)} of fresh sequences, less than ${percent(LEAST_MATCH)}`,
      ...modelErrors(best),
      ofHeads(evidence.readings),
      ...ofInterventions(evidence),
      ...(evidence.layers > SEARCHED_LAYERS
        ? [`layers ${SEARCHED_LAYERS} to ${evidence.layers - 1} are deeper than the search goes`]
        : []),
    ].join("; ")
  );
}

function modelErrors({ taskAccuracy: { model = 0, program = 0 } }: MeasuredProgram): string[] {
  if (program <= model + CLEARLY) return [];
  return [`the model errs: it is right on ${percent(model)} of them, that program on ${percent(program)}`];
}

function ofHeads(readings: readonly HeadReading[]): string {
  const head = least(readings, ({ distance }) => -distance);
  return head && head.distance > FAR
    ? `head ${head.layer}.${head.head} is the least understood: the best sum of scores is ${head.distance.toFixed(2)} away from its pattern (total variation)`
    : "the heads are understood, but no sum of projections of what they carry gives the model's decisions";
}

function ofInterventions({ interventions: { norms, components, pruned, tuned }, obstacle }: Evidence): string[] {
  const norm = least(norms, ({ match }) => match);
  const component = least(components, ({ match }) => match);
  return [
    norm && norm.match < LEAST_MATCH
      ? `the layer norm ${norm.part} breaks first: linear, it alone leaves ${percent(norm.match)} of the decisions`
      : "no single layer norm breaks the decisions when it is made linear",
    ...(component ? [`without ${component.part} ${percent(component.match)} of them are left`] : []),
    `${pruned.components.length} of ${pruned.of.components} components and ${pruned.paths.length} of ${pruned.of.paths} paths are needed for ${percent(pruned.match)}${pruned.complete ? "" : " (not all were tried in the time)"}`,
    obstacle === undefined
      ? `what is left of the model after pruning matches ${percent(tuned.match)}, but no program of its variables does`
      : `what is left of the model after pruning is no program: ${obstacle}`,
  ];
}

/** The first one with the least value. */
const least = <T>(all: readonly T[], value: (one: T) => number): T | undefined =>
  [...all].sort((a, b) => value(a) - value(b))[0];
