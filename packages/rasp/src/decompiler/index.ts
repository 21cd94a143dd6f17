/**
 * The decompiler: from a trained GPT-2-style model to RASP text that decides as the model does.
 *
 * 1. Observe the model's decisions and attention patterns on three disjoint sets of sequences.
 * 2. Read each head as a sum of few scores; named hard selectors are candidates for every head.
 * 3. Search upwards for the fewest variables from which the model's decisions can be read linearly.
 * 4. Round and prune the tables.
 * 5. Print, and measure the text itself, run by the interpreter, on sequences that nothing was fitted or chosen on.
 * 6. Where that is not enough, cut the model's own parts, to say what its decisions rest on, and write down what is left of it.
 */
import { Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import { split, type Sequence } from "./gpt2/data/sequences.js";
import { interventions, type Interventions } from "./gpt2/interventions/index.js";
import { observe, taskAccuracy, type Observed } from "./gpt2/data/observe.js";
import { programText, variablesOf } from "./gpt2/readout/program-text.js";
import { prunedProgram } from "./gpt2/pruned/index.js";
import { fitReadout, type Readout } from "./gpt2/readout/readout.js";
import { projectionTables } from "./common/pictures.js";
import { LEAST_MATCH, MOST_LINES, type Decompiled, type DecompileOptions, type Operation } from "./common/report.js";
import { RunnableProgram, shareOf, type Share } from "./gpt2/runnable-program.js";
import { patternDistance, readHeads, search, variablePool, type Clock, type HeadReading } from "./gpt2/search/search.js";
import { simplify } from "./gpt2/readout/simplify.js";
import type { Task } from "./gpt2/data/task.js";
import { tokenVariable, type Variable } from "./gpt2/variables/variable.js";

export { parseData, type Sequence } from "./gpt2/data/sequences.js";
export { faithfulProgram, type FaithfulProgram } from "./gpt2/faithful.js";
export {
  decompileProgram,
  isCompiledModel,
  NotHardError,
  type DecompiledProgram,
  type SoftHead,
  type DecompileProgramOptions,
  type Line,
} from "./compiled/index.js";
export { decompileEncoder, isTrainedEncoder, readTrainedEncoder, type TrainedEncoder } from "./encoder/index.js";
export {
  LEAST_MATCH,
  MOST_LINES,
  type Decompiled,
  type DecompileOptions,
  type FrontPoint,
  type Operation,
} from "./common/report.js";
export type { Path } from "./gpt2/interventions/masks.js";
export type { Effect, Interventions, Pruned } from "./gpt2/interventions/index.js";
export { observe, type Observed } from "./gpt2/data/observe.js";
export type { Memo } from "./gpt2/search/memo.js";
export { frontSvg, heatmapSvg, type Heatmap } from "./common/pictures.js";
export { RunnableProgram, shareOf, type Share } from "./gpt2/runnable-program.js";
export type { Clock, Progress } from "./gpt2/search/search.js";
export { DecompileError, readTask, type Task } from "./gpt2/data/task.js";

/**
 * Decompiles a model.
 *
 * @param sequences - at least 30; see `parseData`
 * @throws DecompileError if there are too few sequences
 */
export function decompile(
  model: Gpt2,
  task: Task,
  sequences: readonly Sequence[],
  options: DecompileOptions = {},
): Decompiled {
  const { seed = 0, progress = () => undefined, clock = { expired: () => false } } = options;
  const sets = split(sequences, model.config.maxLength, new Rng(seed));
  const watch = (set: readonly Sequence[], what: string, withPatterns: boolean): Observed[] =>
    set.map((sequence, i) => {
      progress(`running the model, ${what}`, i, set.length);
      return observe(model, task, sequence, withPatterns);
    });
  const tune = watch(sets.tune, "tuning set", true);
  const select = watch(sets.select, "selection set", false);

  const readings = readHeads(model.config, task, tune, progress, clock, options.memo);
  const found = search(task, variablePool(task, readings), tune, select, progress, clock, options.memo);
  const report = watch(options.fresh ?? sets.report, "report set", false);
  const judged = (readout: Readout): Judged => judge(simplify(readout, [...tune, ...select]), task, report);

  let program = judged(found.readout);
  let method: NonNullable<Decompiled["method"]> = "search";
  const wanted = !isAccepted(program) || options.interventions === true;
  const examined = wanted ? interventions(model, task, tune, select, progress, clock, new Rng(seed + 1)) : undefined;
  let obstacle: string | undefined;
  if (examined && !isAccepted(program)) {
    const second = prunedProgram(examined, task, readings, tune, select, progress, clock);
    if ("why" in second) {
      obstacle = second.why;
    } else {
      const other = judged(second.readout);
      if (other.match.share > program.match.share) [program, method] = [other, "pruned model"];
    }
  }
  const { readout, text, lines, ...measured } = program;
  const variables = variablesOf(readout);
  const refusal = isAccepted(program)
    ? undefined
    : refusalOf(program, readings, model.config.layers, examined!.report, obstacle);
  return {
    source: refusal === undefined ? text : undefined,
    refusal,
    method,
    best: text,
    lines,
    parameters: readout.parameters + variables.reduce((sum, { pattern }) => sum + (pattern?.parameters ?? 0), 0),
    operations: variables.flatMap((variable) => operationsOf(variable, readings, tune)),
    ...measured,
    tokenTableMatch: fitReadout(task, [tokenVariable(task)], tune).match(report),
    heads: readings.map(({ layer, head, pattern, distance }) => ({
      layer,
      head,
      score: pattern.text({ variable: ({ key }) => key, definition: (wish) => wish }),
      distance,
    })),
    front: found.front,
    tables: [...variables.flatMap(({ pattern }) => pattern?.tables ?? []), ...projectionTables(readout)],
    ...(examined ? { interventions: examined.report } : {}),
  };
}

/** A program's text and what it is worth. */
type Judged = { readonly readout: Readout; readonly text: string; readonly lines: number } & ReturnType<typeof measure>;

function judge(readout: Readout, task: Task, report: readonly Observed[]): Judged {
  const text = programText(readout);
  return { readout, text, lines: text.trim().split("\n").length, ...measure(text, task, report) };
}

const isAccepted = ({ lines, match }: Judged): boolean => lines <= MOST_LINES && match.share >= LEAST_MATCH;

function operationsOf(
  { pattern, function: name }: Variable,
  readings: readonly HeadReading[],
  tune: readonly Observed[],
): Operation[] {
  if (name !== undefined) return [{ key: name, kind: "named" }];
  if (!pattern) return [];
  const nearest = nearestHead(readings, pattern, tune);
  return [{ key: pattern.key, kind: pattern.parameters > 0 ? "tabular" : "named", ...(nearest ? { nearest } : {}) }];
}

/** The program that the search finds for decisions that are right by the data: as from a model with two layers that never errs. */
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
  const { readout } = search(task, variablePool(task, [], true), tune, select, () => undefined, clock);
  const text = programText(simplify(readout, [...tune, ...select]));
  return { text, match: measure(text, task, perfect(fresh)).match };
}

/** What a program's text is worth on observed sequences. */
export function measure(
  text: string,
  task: Task,
  report: readonly Observed[],
): Pick<Decompiled, "match" | "taskAccuracy" | "byLength"> {
  const program = new RunnableProgram(text, task);
  const outcomes = report.map((observed) => {
    const decisions = program.decisions(observed);
    return {
      observed: { ...observed, decisions },
      matches: decisions.every((d, i) => d.join() === observed.decisions[i]!.join()),
    };
  });
  const count = (set: typeof outcomes): Share =>
    shareOf(set.filter(({ matches }) => matches).length, Math.max(1, set.length));
  const bounds = [50, 100, Infinity];
  return {
    match: count(outcomes),
    taskAccuracy: { model: taskAccuracy(report), program: taskAccuracy(outcomes.map(({ observed }) => observed)) },
    byLength: bounds.map((upTo, b) => ({
      upTo,
      match: count(outcomes.filter(({ observed: { ids } }) => ids.length <= upTo && ids.length > (bounds[b - 1] ?? 0))),
    })),
  };
}

function nearestHead(readings: readonly HeadReading[], pattern: HeadReading["pattern"], tune: readonly Observed[]) {
  const distances = readings.map(({ layer, head }) => ({
    layer,
    head,
    distance: patternDistance(pattern, layer, head, tune.slice(0, 40)),
  }));
  return distances.sort((a, b) => a.distance - b.distance)[0];
}

function refusalOf(
  { match, lines, taskAccuracy: { model = 0, program = 0 } }: Judged,
  readings: readonly HeadReading[],
  layers: number,
  { norms, components, pruned, tuned }: Interventions,
  obstacle: string | undefined,
): string {
  if (lines > MOST_LINES) return `the smallest program found has ${lines} lines, more than ${MOST_LINES}`;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const worst = <T>(all: readonly T[], value: (one: T) => number): T | undefined =>
    [...all].sort((a, b) => value(a) - value(b))[0];
  const head = worst(readings, ({ distance }) => -distance);
  const norm = worst(norms, (effect) => effect.match);
  const component = worst(components, (effect) => effect.match);
  const { of } = pruned;
  return [
    `the best program found matches ${percent(match.share)} of fresh sequences, less than ${percent(LEAST_MATCH)}`,
    ...(program > model + 0.02
      ? [`the model errs: it is right on ${percent(model)} of them, that program on ${percent(program)}`]
      : []),
    head && head.distance > 0.2
      ? `head ${head.layer}.${head.head} is the least understood: the best sum of scores is ${head.distance.toFixed(2)} away from its pattern (total variation)`
      : "the heads are understood, but no sum of projections of what they carry gives the model's decisions",
    ...(norm && norm.match < LEAST_MATCH
      ? [`the layer norm ${norm.part} breaks first: linear, it alone leaves ${percent(norm.match)} of the decisions`]
      : ["no single layer norm breaks the decisions when it is made linear"]),
    ...(component ? [`without ${component.part} ${percent(component.match)} of them are left`] : []),
    `${pruned.components.length} of ${of.components} components and ${pruned.paths.length} of ${of.paths} paths are needed for ${percent(pruned.match)}${pruned.complete ? "" : " (not all were tried in the time)"}`,
    obstacle === undefined
      ? `what is left of the model after pruning matches ${percent(tuned.match)}, but no program of its variables does`
      : `what is left of the model after pruning is no program: ${obstacle}`,
    ...(layers > 2 ? [`layers 2 to ${layers - 1} are deeper than the search goes`] : []),
  ].join("; ");
}
