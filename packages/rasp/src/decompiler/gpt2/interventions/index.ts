/**
 * Which parts of a model its decisions depend on, by intervention: each layer norm made linear alone, each head and feed-forward sublayer
 * replaced by its mean alone; then as many components and paths cut together as possible, by gradient (`linearize.ts`) and greedily
 * (`greedy.ts`). Every cut that is kept leaves a match of `LEAST` or more.
 */
import { exactLog as log, tensor, type Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Observed } from "../data/observe.js";
import type { Run } from "../run.js";
import { prunedTo } from "./cuts.js";
import { pruneGreedily } from "./greedy.js";
import type { Intervention } from "./intervention.js";
import { linearizeAndPrune, STEPS, type LinearModel, type Steps } from "./linearize.js";
import { meansOf, type Means } from "./means.js";
import { PathModel } from "./path-model.js";
import type { Effect, Interventions } from "./report.js";
import { Targets } from "./targets.js";

/** The number of sequences that cuts are tested on; each cut costs a run of the model on every one. */
const TESTED = 40;

/** The report, and the model that is left. */
export interface Examined {
  readonly report: Interventions;
  readonly paths: PathModel;
  readonly linear: LinearModel;
}

/** Means and constants come from the tuning set, matches from the selection set. */
export function interventions(run: Run, model: Gpt2, rng: Rng, steps: Steps = STEPS): Examined {
  const { task, tune, progress, clock } = run;
  const means = meansOf(model, spread(tune));
  const paths = new PathModel(model, means.components);
  const targets = new Targets(paths, task, spread(run.select));
  const norms = normEffects(run, targets, means);
  const components = componentEffects(run, targets);
  const logScales = new Map(paths.readers.map(({ reader, norm }) => [reader, log(means.scales.get(norm)!)]));
  const linear = linearizeAndPrune(
    { tune: new Targets(paths, task, tune), select: targets, steps, rng, progress, clock },
    { components: means.components, logScales },
  );
  const report: Interventions = {
    norms,
    allLinear: targets.match(linearNorms(paths, means, [...means.scales.keys()])),
    components,
    pruned: pruneGreedily(targets, components, progress, clock),
    tuned: {
      ...prunedTo(linear.paths, linear.match, linear.complete, paths),
      linear: linear.linear,
      wholeMatch: linear.wholeMatch,
      products: linear.products?.length,
    },
    sequences: spread(run.select).length,
  };
  return { report, paths, linear };
}

/** Some layer norms with their mean inverse deviation. */
const linearNorms = (paths: PathModel, { scales }: Means, names: readonly string[]): Intervention => ({
  scales: new Map(
    paths.readers
      .filter(({ norm }) => names.includes(norm))
      .map(({ reader, norm }) => [reader, tensor([scales.get(norm)!], [1])]),
  ),
});

function normEffects({ progress }: Run, targets: Targets, means: Means): Effect[] {
  return [...means.scales.keys()].map((part, i) => {
    progress("making layer norms linear", i, means.scales.size);
    return { part, match: targets.match(linearNorms(targets.paths, means, [part])) };
  });
}

function componentEffects({ progress }: Run, targets: Targets): Effect[] {
  const removable = [...targets.paths.structure.components].filter(
    ([, { kind }]) => kind === "head" || kind === "feedForward",
  );
  return removable.map(([part], i) => {
    progress("cutting components", i, removable.length);
    return { part, match: targets.match({ gate: (component) => +(component !== part) }) };
  });
}

/** At most `TESTED` sequences, of all lengths. */
const spread = (observed: readonly Observed[]): Observed[] =>
  [...observed]
    .sort((a, b) => a.ids.length - b.ids.length)
    .filter((_, i, { length }) => i % Math.ceil(length / TESTED) === 0);
