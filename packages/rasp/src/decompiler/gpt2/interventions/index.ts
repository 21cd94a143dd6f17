/**
 * Which parts of a model its decisions rest on, by intervention: each layer norm made linear alone, each head and feed-forward sublayer
 * replaced by its mean alone, then as many components and paths cut together as the decisions bear, by gradient (`linear.ts`) and by a
 * greedy road in a fixed order, with means alone. Every cut that stands kept the match on sequences at `LEAST` or above.
 */
import { tensor, type Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Observed } from "../data/observe.js";
import type { Clock, Progress } from "../search/search.js";
import { log } from "../numeric/exact-functions.js";
import type { Task } from "../data/task.js";
import { lessonsOf, matchOf } from "./batch.js";
import { connected, LEAST, linearise, STEPS, type LinearModel, type Steps } from "./linearize.js";
import { pathName, type Path } from "./masks.js";
import { meansOf, PathModel, type Component, type Intervention } from "./path-model.js";

export { LEAST } from "./linearize.js";

/** Sequences that cuts are tested on, shortest first: a cut costs a run of the model on each. */
const TESTED = 40;

/** What an intervention on one part leaves of the decisions. */
export interface Effect {
  /** A layer norm `h.0.ln_1`, or a component. */
  readonly part: string;
  /** Share of sequences with the same decisions at every scored position. */
  readonly match: number;
}

export interface Interventions {
  /** Each layer norm with one scale for all positions, the others as they are. */
  readonly norms: readonly Effect[];
  /** All layer norms with one scale each: what a linear re-parameterisation would start from. */
  readonly allLinear: number;
  /** Each head and feed-forward sublayer replaced by its mean, the others as they are. */
  readonly components: readonly Effect[];
  /** By the greedy road, with every layer norm as it is and means for what is cut. */
  readonly pruned: Pruned;
  /** By gradient, with tuned constants and with linear layer norms as far as they leave enough. */
  readonly tuned: Pruned & {
    readonly linear: LinearModel["linear"];
    /** What is left with these layer norms before any cut. */
    readonly wholeMatch: number;
    /** Products of a query's and a key's components in the scores of all heads; undefined where norms are not linear. */
    readonly products: number | undefined;
  };
  /** How many sequences each share is of. */
  readonly sequences: number;
}

/** What all cuts together leave, and what they leave standing. */
export interface Pruned {
  readonly match: number;
  readonly components: readonly Component[];
  readonly paths: readonly Path[];
  readonly of: { readonly components: number; readonly paths: number };
  /** Whether the time was enough to try every path. */
  readonly complete: boolean;
}

/** The report, and the model that is left. */
export interface Examined {
  readonly report: Interventions;
  readonly paths: PathModel;
  readonly linear: LinearModel;
}

/**
 * @param tune - for the means and the constants
 * @param select - for the match tests
 */
export function interventions(
  model: Gpt2,
  task: Task,
  tune: readonly Observed[],
  select: readonly Observed[],
  progress: Progress,
  clock: Clock,
  rng: Rng,
  steps: Steps = STEPS,
): Examined {
  const { components: means, scales } = meansOf(model, spread(tune));
  const paths = new PathModel(model, means);
  const sequences = spread(select);
  const lessons = lessonsOf(paths, task, sequences);
  const match = (intervention: Intervention): number => matchOf(paths, task, lessons, intervention);
  const scaled = (...names: string[]): Intervention => ({
    scales: new Map(
      paths.readers.flatMap(({ reader, norm }) =>
        names.includes(norm) ? [[reader, tensor([scales.get(norm)!], [1])]] : [],
      ),
    ),
  });

  const norms = [...scales.keys()].map((part, i) => {
    progress("making layer norms linear", i, scales.size);
    return { part, match: match(scaled(part)) };
  });
  const removable = paths.components.filter((component) => component !== "tokens" && component !== "positions");
  const components = removable.map((part, i) => {
    progress("cutting components", i, removable.length);
    return { part, match: match({ gate: (component) => +(component !== part) }) };
  });
  const logScales = new Map(paths.readers.map(({ reader, norm }) => [reader, log(scales.get(norm)!)]));
  const linear = linearise(paths, task, { components: means, logScales }, tune, sequences, {
    progress,
    clock,
    rng,
    until: UNTIL,
    steps,
  });
  const report = {
    norms,
    allLinear: match(scaled(...scales.keys())),
    components,
    pruned: prune(paths, components, match, progress, clock),
    tuned: {
      ...prunedTo(linear.paths, linear.match, linear.complete, paths),
      linear: linear.linear,
      wholeMatch: linear.wholeMatch,
      products: linear.products?.length,
    },
    sequences: sequences.length,
  };
  return { report, paths, linear };
}

/** Shares of the time after which each part ends; the greedy road has the rest. */
const UNTIL = { tuning: 0.7, masks: 0.8, cuts: 0.88 } as const;

/** Cuts components, those that matter least first, then paths, from the logits backwards. */
function prune(
  paths: PathModel,
  alone: readonly Effect[],
  match: (intervention: Intervention) => number,
  progress: Progress,
  clock: Clock,
): Interventions["pruned"] {
  const cut = new Set<string>();
  const gate: Intervention["gate"] = (from, to) => +!cut.has(pathName({ from, to }));
  let kept = 1;
  const tryCut = (names: readonly string[]): void => {
    names.forEach((path) => cut.add(path));
    const left = match({ gate });
    if (left >= LEAST) kept = left;
    else names.forEach((path) => cut.delete(path));
  };
  const readersOf = (component: Component): string[] =>
    paths.readers
      .filter(({ sources }) => sources.includes(component))
      .map(({ reader }) => pathName({ from: component, to: reader }));
  const all = paths.readers.flatMap(({ reader, sources }) => sources.map((from) => ({ from, to: reader })));
  let complete = true;
  const steps: (readonly string[])[] = [
    ...[...alone].sort((a, b) => b.match - a.match).map(({ part }) => readersOf(part)),
    ...[...all].reverse().map(({ from, to }) => [pathName({ from, to })]),
  ];
  steps.forEach((step, i) => {
    progress("cutting paths", i, steps.length);
    const standing = new Set(
      connected(
        all.filter((path) => !cut.has(pathName(path))),
        paths,
      ).map(pathName),
    );
    const open = step.filter((path) => standing.has(path));
    if (open.length === 0) return;
    if (clock.expired()) complete = false;
    else tryCut(open);
  });
  const standing = connected(
    all.filter((path) => !cut.has(pathName(path))),
    paths,
  );
  return prunedTo(standing, kept, complete, paths);
}

const prunedTo = (standing: readonly Path[], match: number, complete: boolean, paths: PathModel): Pruned => ({
  match,
  components: paths.components.filter((component) => standing.some(({ from }) => from === component)),
  paths: standing,
  of: {
    components: paths.components.length,
    paths: paths.readers.reduce((sum, { sources }) => sum + sources.length, 0),
  },
  complete,
});

/** Sequences of all lengths. */
const spread = (observed: readonly Observed[]): Observed[] =>
  [...observed]
    .sort((a, b) => a.ids.length - b.ids.length)
    .filter((_, i, { length }) => i % Math.ceil(length / TESTED) === 0);
