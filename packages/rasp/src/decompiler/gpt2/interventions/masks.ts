/**
 * Which paths a model needs, found by gradient: uniform gradient sampling (Li & Janson 2024, arXiv 2409.09951). Each path has a
 * probability sigmoid(θ) of being open; masks are drawn that are mostly 0 or 1 and now and then between, and only those between tell
 * how the loss depends on the path. Constants are tuned along the way.
 */
import { scope, tensor, type Rng, type Tensor } from "@selectron/core";
import { exp } from "../numeric/exact-functions.js";
import type { Clock } from "../search/search.js";
import type { Task } from "../data/task.js";
import { loss, type Lesson } from "./batch.js";
import { ConstantsTuner, withConstants, type Constants } from "./constants.js";
import type { Component, PathModel, Reader } from "./path-model.js";

/** A way from what writes the residual stream to what reads it. */
export interface Path {
  readonly from: Component;
  readonly to: Reader;
}

export const pathName = ({ from, to }: Path): string => `${from} > ${to}`;

export interface MaskOptions {
  /** What an open path costs, in nats of divergence per scored position. */
  readonly price: number;
  readonly steps: number;
  readonly rng: Rng;
  readonly clock: Clock;
}

/** Where θ begins: each path is open in 19 of 20 masks. */
const START = 3;
/** Of θ. */
const RATE = 0.15;
const [MEMORY, SQUARES, EPSILON] = [0.9, 0.995, 1e-8];
/** Beyond it hardly any mask would be fractional. */
const MOST = 5;

/** By multiplication, since engines round powers differently. */
function power(base: number, exponent: number): number {
  let product = 1;
  for (let k = 0; k < exponent; k++) product *= base;
  return product;
}

const sigmoid = (x: number): number => 1 / (1 + exp(-x));

/** The paths whose θ ends above 0. Changes `constants` in place. */
export function maskByGradient(
  paths: PathModel,
  task: Task,
  lessons: readonly Lesson[],
  constants: Constants,
  candidates: readonly Path[],
  { price, steps, rng, clock }: MaskOptions,
): Path[] {
  const theta = new Float64Array(candidates.length).fill(START);
  const [first, second] = [new Float64Array(theta.length), new Float64Array(theta.length)];
  const place = new Map(candidates.map((path, e) => [pathName(path), e]));
  const seen = new Float64Array(theta.length);
  const tuner = new ConstantsTuner(constants);
  for (let step = 1; step <= steps && !clock.expired(); step++) {
    const lesson = rng.pick(lessons);
    const share = 1 - (step - 1) / steps;
    const masks = candidates.map((_, e) => drawMask(theta[e]!, lesson.size, rng));
    scope(() => {
      const gates = masks.map(({ values }) => tensor(values, [lesson.size, 1, 1], { requiresGrad: true }));
      const gate = (from: Component, to: Reader): number | Tensor => {
        const e = place.get(pathName({ from, to }));
        if (e === undefined) return 0;
        return masks[e]!.values.every((m) => m === 1) ? 1 : gates[e]!;
      };
      loss(paths, task, lesson, withConstants(constants, { gate }, true)).backward();
      theta.forEach((value, e) => {
        const { values, fraction } = masks[e]!;
        const slopes = gates[e]!.grad?.data;
        // A path that no fractional mask tells of stays as it is, its price included.
        if (fraction === 0 || !slopes) return;
        const p = sigmoid(value);
        // The loss is a mean over the batch: of each mask's own loss the slope is `size` times as steep.
        const sum = slopes.reduce((total, g, b) => total + (values[b]! > 0 && values[b]! < 1 ? g : 0), 0);
        const slope = p * (1 - p) * (price + (sum * lesson.size) / fraction);
        seen[e]!++;
        first[e] = MEMORY * first[e]! + (1 - MEMORY) * slope;
        second[e] = SQUARES * second[e]! + (1 - SQUARES) * slope * slope;
        const mean = first[e]! / (1 - power(MEMORY, seen[e]!));
        const root = Math.sqrt(second[e]! / (1 - power(SQUARES, seen[e]!)));
        theta[e] = Math.max(-MOST, Math.min(MOST, value - (RATE * share * mean) / (root + EPSILON)));
      });
      tuner.step(share, step);
    });
  }
  tuner.end();
  return candidates.filter((_, e) => theta[e]! > 0);
}

interface Mask {
  /** One for each sequence, 0 to 1. */
  readonly values: Float32Array;
  /** How many are neither 0 nor 1. */
  readonly fraction: number;
}

/** clip((p − u) / w + ½, 0, 1), where p is the probability, w = p (1 − p), and u uniform. */
function drawMask(theta: number, size: number, rng: Rng): Mask {
  const p = sigmoid(theta);
  const values = Float32Array.from({ length: size }, () =>
    Math.max(0, Math.min(1, (p - rng.float()) / (p * (1 - p)) + 0.5)),
  );
  return { values, fraction: values.filter((m) => m > 0 && m < 1).length };
}
