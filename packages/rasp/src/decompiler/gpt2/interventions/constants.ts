/**
 * Constants in place of what is cut, tuned by gradient: what each cut path carries (optimal ablation, Li & Janson 2024, arXiv 2409.09951),
 * a shift of what each reader reads, and one inverse deviation per reader instead of its layer norm's own. Adam with a rate that falls to
 * 0; of the states on the way the best one is kept.
 */
import { exactExp as exp, noGrad, scope, tensor, type Rng, type Tensor } from "@selectron/core";
import { Adam, zeroGrad } from "@selectron/nn";
import type { Clock } from "../../common/clock.js";
import type { Component, Reader } from "./components.js";
import type { Intervention } from "./intervention.js";
import type { PathModel } from "./path-model.js";
import type { Targets } from "./targets.js";

/** What replaces the cut parts of a model. */
export interface Constants {
  readonly constants: ReadonlyMap<Component, Tensor>;
  readonly shifts: ReadonlyMap<Reader, Tensor>;
  /** Logarithms of the inverse deviations of the readers whose norms are linear. */
  readonly logScales: ReadonlyMap<Reader, Tensor>;
}

/** The values that tuning starts from. */
export interface ConstantMeans {
  readonly components: ReadonlyMap<Component, Tensor>;
  /** Logarithms of the mean inverse deviations of the readers whose norms are to be linear. */
  readonly logScales: ReadonlyMap<Reader, number>;
}

/** The means, and no shifts. */
export function startingConstants(paths: PathModel, means: ConstantMeans): Constants {
  const { dModel } = paths.model.config;
  return {
    constants: new Map([...means.components].map(([name, mean]) => [name, tensor(mean.data.slice(), mean.shape)])),
    shifts: new Map(paths.readers.map(({ reader }) => [reader, tensor(new Float32Array(dModel), [1, 1, dModel])])),
    logScales: new Map([...means.logScales].map(([reader, value]) => [reader, tensor([value], [1])])),
  };
}

/** Constants that can be tuned apart from the original. */
export function copyOf({ constants, shifts, logScales }: Constants): Constants {
  const copy = (map: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
    new Map([...map].map(([name, value]) => [name, value.mul(1)]));
  return { constants: copy(constants), shifts: copy(shifts), logScales: copy(logScales) };
}

/** What is cut. */
export type Cuts = Pick<Intervention, "gate" | "product">;

/** The intervention that cuts and puts these constants in place. @param withGradients - whether they are being tuned */
export function withConstants(
  { constants, shifts, logScales }: Constants,
  cuts: Cuts,
  withGradients = false,
): Intervention {
  const scale = (log: Tensor): Tensor => (withGradients ? log.exp() : tensor([exp(log.data[0]!)], [1]));
  return { ...cuts, constants, shifts, scales: new Map([...logScales].map(([reader, log]) => [reader, scale(log)])) };
}

/** Learning rates, higher than those of the published ablations because the steps are far fewer. */
const RATES = { constants: 0.005, shifts: 0.005, logScales: 0.03 } as const;

/** Optimizers of the three kinds of constants, each with its rate. */
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

  /** @param share - of the rates @param step - from 1 */
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

  /** Ends the tuning: the constants require no gradients any more. */
  end(): void {
    for (const parameter of this.#all) parameter.requiresGrad = false;
  }
}

/** The number of batches that the states on the way are compared on. */
const COMPARED = 12;

export interface TuningOptions {
  readonly steps: number;
  readonly rng: Rng;
  readonly clock: Clock;
}

/** Tunes constants in place, so that the predictions come close to the model's. @returns the divergence that is left, in nats */
export function tuneConstants(
  targets: Targets,
  constants: Constants,
  cuts: Cuts,
  { steps, rng, clock }: TuningOptions,
): number {
  const tuner = new ConstantsTuner(constants);
  const compared = rng.shuffle(targets.batches).slice(0, COMPARED);
  const divergence = (): number =>
    compared.reduce((sum, batch) => {
      const own = scope(() => noGrad(() => targets.loss(batch, withConstants(constants, cuts)).item()));
      return sum + own - batch.entropy;
    }, 0) / compared.length;
  let best = { divergence: divergence(), saved: tuner.save() };
  const remember = (): void => {
    const now = divergence();
    if (now < best.divergence) best = { divergence: now, saved: tuner.save() };
  };
  const every = Math.max(10, Math.floor(steps / 8));
  for (let step = 1; step <= steps && !clock.expired(); step++) {
    const batch = rng.pick(targets.batches);
    scope(() => {
      targets.loss(batch, withConstants(constants, cuts, true)).backward();
      tuner.step(1 - (step - 1) / steps, step);
    });
    if (step % every === 0) remember();
  }
  remember();
  tuner.restore(best.saved);
  tuner.end();
  return best.divergence;
}
