/**
 * Which paths a model needs, found by gradient: uniform gradient sampling (Li & Janson 2024, arXiv 2409.09951). Each path has a
 * probability sigmoid(θ) of being open. Masks are drawn that are mostly 0 or 1 and sometimes between; only those between show how the loss
 * depends on the path. Constants are tuned along the way.
 */
import { exactExp as exp, scope, tensor, type Rng, type Tensor } from "@selectron/core";
import type { Clock } from "../../common/clock.js";
import { pathName, type Component, type Path, type Reader } from "./components.js";
import { ConstantsTuner, withConstants, type Constants } from "./constants.js";
import type { Targets } from "./targets.js";

export interface MaskOptions {
  /** What an open path costs, in nats of divergence per scored position. */
  readonly price: number;
  readonly steps: number;
  readonly rng: Rng;
  readonly clock: Clock;
}

/** The paths whose θ ends above 0. Changes `constants` in place. */
export function maskByGradient(
  targets: Targets,
  constants: Constants,
  candidates: readonly Path[],
  { price, steps, rng, clock }: MaskOptions,
): Path[] {
  const probabilities = candidates.map(() => new PathProbability(price));
  const indexOf = new Map(candidates.map((path, e) => [pathName(path), e]));
  const tuner = new ConstantsTuner(constants);
  for (let step = 1; step <= steps && !clock.expired(); step++) {
    const batch = rng.pick(targets.batches);
    const share = 1 - (step - 1) / steps;
    const masks = probabilities.map((path) => path.drawMask(batch.size, rng));
    scope(() => {
      const gates = masks.map((mask) => tensor(mask, [batch.size, 1, 1], { requiresGrad: true }));
      const gate = (from: Component, to: Reader): number | Tensor => {
        const e = indexOf.get(pathName({ from, to }));
        if (e === undefined) return 0;
        return masks[e]!.every((m) => m === 1) ? 1 : gates[e]!;
      };
      targets.loss(batch, withConstants(constants, { gate }, true)).backward();
      probabilities.forEach((path, e) => path.step(masks[e]!, gates[e]!.grad?.data, share));
      tuner.step(share, step);
    });
  }
  tuner.end();
  return candidates.filter((_, e) => probabilities[e]!.theta > 0);
}

/** θ at the start: a path is open in 19 of 20 masks. */
const START = 3;
/** The learning rate of θ. */
const RATE = 0.15;
/** Adam's decay rates of both moments, and what keeps its divisor from 0. */
const [FIRST_DECAY, SECOND_DECAY, EPSILON] = [0.9, 0.995, 1e-8];
/** θ stays within ±MOST; beyond it hardly any mask would be between 0 and 1. */
const MOST = 5;

/** The θ of one path, with Adam's moments. */
class PathProbability {
  theta = START;
  #first = 0;
  #second = 0;
  #steps = 0;

  readonly #price: number;

  constructor(price: number) {
    this.#price = price;
  }

  /** For each sequence clip((p − u) / w + ½, 0, 1), where p is the probability, w = p (1 − p), and u is uniform. */
  drawMask(size: number, rng: Rng): Float32Array {
    const p = sigmoid(this.theta);
    return Float32Array.from({ length: size }, () => Math.max(0, Math.min(1, (p - rng.float()) / (p * (1 - p)) + 0.5)));
  }

  /**
   * One step of Adam. A path of which no mask was between 0 and 1 stays as it is, its price included.
   *
   * @param slopes - of the batch's mean loss, by the mask of each sequence
   */
  step(mask: Float32Array, slopes: ArrayLike<number> | undefined, share: number): void {
    const fractional = mask.filter(isFractional).length;
    if (fractional === 0 || !slopes) return;
    const p = sigmoid(this.theta);
    let sum = 0;
    for (let b = 0; b < mask.length; b++) if (isFractional(mask[b]!)) sum += slopes[b]!;
    // The loss is a mean over the batch; the slope of each sequence's own loss is as many times as steep.
    const slope = p * (1 - p) * (this.#price + (sum * mask.length) / fractional);
    this.#steps++;
    this.#first = FIRST_DECAY * this.#first + (1 - FIRST_DECAY) * slope;
    this.#second = SECOND_DECAY * this.#second + (1 - SECOND_DECAY) * slope * slope;
    const mean = this.#first / (1 - power(FIRST_DECAY, this.#steps));
    const root = Math.sqrt(this.#second / (1 - power(SECOND_DECAY, this.#steps)));
    this.theta = Math.max(-MOST, Math.min(MOST, this.theta - (RATE * share * mean) / (root + EPSILON)));
  }
}

const isFractional = (m: number): boolean => m > 0 && m < 1;

const sigmoid = (x: number): number => 1 / (1 + exp(-x));

/** By multiplication, since engines round powers differently. */
function power(base: number, exponent: number): number {
  let product = 1;
  for (let k = 0; k < exponent; k++) product *= base;
  return product;
}
