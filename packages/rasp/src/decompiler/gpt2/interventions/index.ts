/**
 * Which parts of a model its decisions depend on, by intervention: each layer norm made linear alone, each head and feed-forward sublayer
 * replaced by its mean alone; then as many components and paths cut together as possible, by gradient (`linearize.ts`) and greedily
 * (`greedy.ts`). Every cut that is kept leaves a match of `LEAST` or more.
 */
import { exactLog as log, tensor, type Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Observed } from "../data/observe.js";
import type { Run } from "../run.js";
import type { Json } from "../../../language/text/value-json.js";
import { answered, claimed, type Question } from "../team.js";
import { prunedTo } from "./cuts.js";
import { pruneGreedily } from "./greedy.js";
import type { Intervention } from "./intervention.js";
import { linearJson, linearOf } from "./linear-json.js";
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
  const examination = new Examination(run, model, rng, steps);
  return examination.result();
}

/** Interventions as a question of a team: one thread makes them while others search. */
export class Examination {
  readonly #run: Run;
  readonly #question: Question;
  readonly #model: Gpt2;
  #parts: { readonly means: Means; readonly paths: PathModel } | undefined;
  #own: Json | undefined;

  constructor(run: Run, model: Gpt2, rng: Rng, steps: Steps = STEPS) {
    this.#run = run;
    this.#model = model;
    const compute = (): Json => {
      const { means, paths } = this.#means();
      const { report, linear } = examined(run, paths, means, rng, steps);
      return { report: report as unknown as Json, linear: linearJson(linear) };
    };
    this.#question = { key: "interventions", compute };
  }

  /** Computed where they are needed, in every thread. */
  #means(): { readonly means: Means; readonly paths: PathModel } {
    if (!this.#parts) {
      const means = meansOf(this.#model, spread(this.#run.tune));
      this.#parts = { means, paths: new PathModel(this.#model, means.components) };
    }
    return this.#parts;
  }

  /** Makes them now, unless another thread does, or there is none. */
  begin(): void {
    this.#own = claimed(this.#run.team, this.#question);
  }

  result(): Examined {
    const { report, linear } = answered(this.#run.team, this.#question, this.#own) as unknown as {
      report: Interventions;
      linear: Json;
    };
    return { report, paths: this.#means().paths, linear: linearOf(linear) };
  }
}

function examined(
  run: Run,
  paths: PathModel,
  means: Means,
  rng: Rng,
  steps: Steps,
): { readonly report: Interventions; readonly linear: LinearModel } {
  const { task, tune, progress, clock } = run;
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
  return { report, linear };
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
