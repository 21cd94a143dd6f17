/**
 * Constants in place of what is cut, tuned by gradient: what each cut path carries (optimal ablation, Li & Janson 2024, arXiv 2409.09951),
 * a shift of what each reader reads, and one inverse deviation per reader in place of its layer norm's own. Adam with a rate that falls to
 * 0, the best of the states on the way.
 */
import { noGrad, scope, tensor, type Rng, type Tensor } from "@selectron/core";
import { Adam, zeroGrad } from "@selectron/nn";
import { exp } from "../numeric/exact-functions.js";
import type { Clock } from "../search/search.js";
import type { Task } from "../data/task.js";
import { loss, type Lesson } from "./batch.js";
import type { Component, Intervention, PathModel, Reader } from "./path-model.js";

/** What stands in for what a model loses. */
export interface Constants {
  readonly constants: ReadonlyMap<Component, Tensor>;
  readonly shifts: ReadonlyMap<Reader, Tensor>;
  /** Logarithms of the inverse deviations of the readers whose norms are linear. */
  readonly logScales: ReadonlyMap<Reader, Tensor>;
}

/** Means, no shifts, and the mean inverse deviation in the linear norms. */
export function startingConstants(
  paths: PathModel,
  means: { readonly components: ReadonlyMap<Component, Tensor>; readonly logScales: ReadonlyMap<Reader, number> },
): Constants {
  const { dModel } = paths.model.config;
  return {
    constants: new Map([...means.components].map(([name, mean]) => [name, tensor(mean.data.slice(), mean.shape)])),
    shifts: new Map(paths.readers.map(({ reader }) => [reader, tensor(new Float32Array(dModel), [1, 1, dModel])])),
    logScales: new Map([...means.logScales].map(([reader, value]) => [reader, tensor([value], [1])])),
  };
}

/** An intervention with these constants. `withGradients` where they are being tuned. */
export function withConstants(
  { constants, shifts, logScales }: Constants,
  rest: Pick<Intervention, "gate" | "product">,
  withGradients = false,
): Intervention {
  const scale = (log: Tensor): Tensor => (withGradients ? log.exp() : tensor([exp(log.data[0]!)], [1]));
  return { ...rest, constants, shifts, scales: new Map([...logScales].map(([reader, log]) => [reader, scale(log)])) };
}

/** Steps per second differ; these are the steps of the published ablations, and learning rates that suit so few of them. */
const RATES = { constants: 0.005, shifts: 0.005, logScales: 0.03 } as const;

/** Optimisers of the three kinds of constants, each with its rate. */
export class ConstantsTuner {
  readonly #groups: readonly { readonly optimizer: Adam; readonly rate: number }[];
  readonly #all: readonly Tensor[];

  /** Changes `constants` in place. */
  constructor(constants: Constants) {
    const groups = (["constants", "shifts", "logScales"] as const).map((kind) => ({
      kind,
      parameters: new Map(constants[kind]),
    }));
    this.#all = groups.flatMap(({ parameters }) => [...parameters.values()]);
    for (const parameter of this.#all) parameter.requiresGrad = true;
    this.#groups = groups.map(({ kind, parameters }) => ({ optimizer: new Adam(parameters), rate: RATES[kind] }));
  }

  step(share: number, step: number): void {
    for (const { optimizer, rate } of this.#groups) {
      optimizer.step(rate * share, step);
      zeroGrad(optimizer.parameters);
    }
  }

  /** A copy of all numbers. */
  save(): Float32Array[] {
    return this.#all.map(({ data }) => data.slice());
  }

  restore(saved: readonly Float32Array[]): void {
    this.#all.forEach(({ data }, at) => data.set(saved[at]!));
  }

  /** Ends the tuning: no more gradients. */
  end(): void {
    for (const parameter of this.#all) parameter.requiresGrad = false;
  }
}

/** Of how many lessons the states on the way are compared. */
const COMPARED = 12;

/** Tunes constants in place, so that the predictions come close to the model's. @returns the divergence that is left, in nats */
export function tuneConstants(
  paths: PathModel,
  task: Task,
  lessons: readonly Lesson[],
  constants: Constants,
  rest: Pick<Intervention, "gate" | "product">,
  { steps, rng, clock }: { readonly steps: number; readonly rng: Rng; readonly clock: Clock },
): number {
  const tuner = new ConstantsTuner(constants);
  const compared = rng.shuffle(lessons).slice(0, COMPARED);
  const divergence = (): number =>
    compared.reduce((sum, lesson) => {
      const own = scope(() => noGrad(() => loss(paths, task, lesson, withConstants(constants, rest)).item()));
      return sum + own - lesson.entropy;
    }, 0) / compared.length;
  let best = { divergence: divergence(), saved: tuner.save() };
  const remember = (): void => {
    const now = divergence();
    if (now < best.divergence) best = { divergence: now, saved: tuner.save() };
  };
  const every = Math.max(10, Math.floor(steps / 8));
  for (let step = 1; step <= steps && !clock.expired(); step++) {
    const lesson = rng.pick(lessons);
    scope(() => {
      loss(paths, task, lesson, withConstants(constants, rest, true)).backward();
      tuner.step(1 - (step - 1) / steps, step);
    });
    if (step % every === 0) remember();
  }
  remember();
  tuner.restore(best.saved);
  tuner.end();
  return best.divergence;
}
