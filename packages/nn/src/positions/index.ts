/** Positional encodings by configuration. */
import { checks } from "@selectron/core";
import { oneOrMore } from "../checks.js";
import { ParameterScope } from "../parameters.js";
import { AlibiPositions } from "./alibi.js";
import { ClexPositions } from "./clex.js";
import { ComplexPositions } from "./complex.js";
import { CompositePositions } from "./composite.js";
import { ConvolutionalPositions } from "./convolutional.js";
import { DynamicPositions } from "./dynamic.js";
import { InterpolatedPositions, LearnedPositions } from "./learned.js";
import { OdePositions } from "./ode.js";
import type { PositionSizes, Positions } from "./positions.js";
import { RecurrentPositions } from "./recurrent.js";
import { ntkBase, RotaryPositions } from "./rotary.js";
import { ShawPositions } from "./shaw.js";
import { SinusoidalPositions } from "./sinusoidal.js";
import { BucketPositions, clippedBucket, t5Bucket } from "./t5.js";

const ROTARY_BASE = 10000;

/** Which encoding a model has, by its name in the literature; each file beside this one describes its own. */
export type PositionConfig =
  | { readonly kind: "none" }
  | { readonly kind: "sinusoidal" }
  | { readonly kind: "learned" }
  /** A learnt table of `trainedLength` rows, interpolated between them up to the model's maximum length. */
  | { readonly kind: "interpolated"; readonly trainedLength: number }
  /** The base is 10000 by default; positions are divided by `interpolation`, 1 by default. */
  | { readonly kind: "rope"; readonly base?: number; readonly interpolation?: number }
  /** NTK-aware rotary encoding, for sequences `factor` times as long as those trained on. */
  | { readonly kind: "ntk"; readonly factor: number; readonly base?: number }
  | { readonly kind: "shaw"; readonly maxDistance: number }
  /** 32 buckets up to distance 128 by default. */
  | { readonly kind: "t5"; readonly buckets?: number; readonly maxDistance?: number }
  /** `scaled` divides the bias by √dHead too: (q · k + b) / √dHead, as some texts print it; false by default, as T5 has it. */
  | { readonly kind: "clipped"; readonly maxDistance: number; readonly scaled?: boolean }
  | { readonly kind: "alibi" }
  /** Kernels of 3 and 5 taps by default. */
  | { readonly kind: "convolutional"; readonly kernels?: readonly number[] }
  /** The MLP's hidden layer is as wide as the model by default. */
  | { readonly kind: "dynamic"; readonly hidden?: number }
  /** An LSTM's state, as wide as the model by default. */
  | { readonly kind: "recurrent"; readonly hidden?: number }
  /** The MLP's hidden layer is as wide as the model, and time 0.1 with one step of the solver for each position, by default. */
  | { readonly kind: "ode"; readonly hidden?: number; readonly interval?: number; readonly steps?: number }
  /** Magnitudes, frequencies and phases are learnt. */
  | { readonly kind: "complex" }
  /** Rotary encoding whose frequencies are scaled continuously to the model's maximum length, from a trained one; the base is 10000. */
  | { readonly kind: "clex"; readonly trainedLength: number; readonly base?: number; readonly hidden?: number }
  | { readonly kind: "composite"; readonly absolute: PositionConfig; readonly relative: PositionConfig };

/** Whether an encoding computes a score for every pair of query and key. */
export const scoresAllPairs = (kind: PositionConfig["kind"]): boolean =>
  ["shaw", "t5", "clipped", "alibi", "composite"].includes(kind);

/** Whether an encoding acts inside attention, alike in every layer, rather than on the embeddings only. */
export const actsInAttention = (kind: PositionConfig["kind"]): boolean =>
  scoresAllPairs(kind) || ["rope", "ntk", "clex"].includes(kind);

/**
 * The encoding of a configuration; its parameters are declared in `scope`. Throws a RangeError if a value is out of
 * range.
 */
export function positionsOf(config: PositionConfig, scope: ParameterScope, sizes: PositionSizes): Positions {
  checkPositionConfig(config);
  checks.check("positionsOf: scope", scope, checks.anInstance(ParameterScope));
  checks.checkOptions("positionsOf: sizes", sizes, sizesKinds, Object.keys(sizesKinds));
  switch (config.kind) {
    case "none":
      return {};
    case "sinusoidal":
      return new SinusoidalPositions();
    case "learned":
      return new LearnedPositions(scope, sizes);
    case "interpolated":
      return new InterpolatedPositions(scope, sizes, config.trainedLength);
    case "rope":
      return new RotaryPositions(sizes, config.base ?? ROTARY_BASE, config.interpolation);
    case "ntk":
      return new RotaryPositions(sizes, ntkBase(config.base ?? ROTARY_BASE, config.factor, sizes.dHead));
    case "shaw":
      return new ShawPositions(sizes, config.maxDistance);
    case "t5": {
      const { buckets = 32, maxDistance = 128 } = config;
      return new BucketPositions(scope, sizes, buckets, (offset) =>
        t5Bucket(offset, buckets, maxDistance, sizes.causal),
      );
    }
    case "clipped": {
      const { maxDistance, scaled = false } = config;
      const bucket = (offset: number): number => clippedBucket(offset, maxDistance);
      return new BucketPositions(scope, sizes, 2 * maxDistance + 1, bucket, scaled ? 1 / Math.sqrt(sizes.dHead) : 1);
    }
    case "alibi":
      return new AlibiPositions(sizes);
    case "convolutional":
      return new ConvolutionalPositions(scope, sizes, config.kernels ?? [3, 5]);
    case "dynamic":
      return new DynamicPositions(scope, sizes, config.hidden ?? sizes.dModel);
    case "recurrent":
      return new RecurrentPositions(scope, sizes, config.hidden ?? sizes.dModel);
    case "ode":
      return new OdePositions(scope, sizes, config.hidden ?? sizes.dModel, config.interval ?? 0.1, config.steps ?? 1);
    case "complex":
      return new ComplexPositions(scope, sizes);
    case "clex":
      return new ClexPositions(scope, sizes, config.base ?? ROTARY_BASE, config.trainedLength, config.hidden);
    case "composite":
      return new CompositePositions(
        scope,
        positionsOf(config.absolute, scope.child("absolute"), sizes),
        positionsOf(config.relative, scope.child("relative"), sizes),
      );
  }
}

const positive = checks.anInteger(1);
const some = checks.anObject('an object such as { kind: "alibi" }');
const buckets: checks.Kind = {
  what: "a multiple of 4",
  fits: (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) % 4 === 0,
  isNumber: true,
};
const odd: checks.Kind = {
  what: "an odd integer, 1 or more",
  fits: (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) % 2 === 1,
  isNumber: true,
};

/** The fields of each kind, and those that have no default. */
const fields: Readonly<Record<PositionConfig["kind"], { kinds: Record<string, checks.Kind>; required?: string[] }>> = {
  none: { kinds: {} },
  sinusoidal: { kinds: {} },
  learned: { kinds: {} },
  interpolated: { kinds: { trainedLength: positive }, required: ["trainedLength"] },
  rope: { kinds: { base: oneOrMore, interpolation: oneOrMore } },
  ntk: { kinds: { factor: oneOrMore, base: oneOrMore }, required: ["factor"] },
  shaw: { kinds: { maxDistance: positive }, required: ["maxDistance"] },
  t5: { kinds: { buckets, maxDistance: positive } },
  clipped: { kinds: { maxDistance: positive, scaled: checks.aFlag }, required: ["maxDistance"] },
  alibi: { kinds: {} },
  convolutional: { kinds: { kernels: checks.aList("an array of odd integers, such as [3, 5]") } },
  dynamic: { kinds: { hidden: positive } },
  recurrent: { kinds: { hidden: positive } },
  ode: { kinds: { hidden: positive, interval: checks.aPositive, steps: checks.anInteger(1, 64) } },
  complex: { kinds: {} },
  clex: { kinds: { trainedLength: positive, base: oneOrMore, hidden: positive }, required: ["trainedLength"] },
  composite: { kinds: { absolute: some, relative: some }, required: ["absolute", "relative"] },
};

const aKind = checks.oneOf(Object.keys(fields));

/** Throws a RangeError if a number of the configuration is out of range, and a TypeError for a field that is none. */
export function checkPositionConfig(config: PositionConfig): void {
  checks.check("positions", config, some);
  checks.check("positions: kind", config.kind, aKind);
  const { kinds, required } = fields[config.kind];
  checks.checkOptions(`Positions "${config.kind}"`, config, { kind: checks.anything, ...kinds }, required);
  if (config.kind !== "convolutional" || config.kernels === undefined) return;
  if (config.kernels.length === 0) {
    throw new RangeError('Positions "convolutional": kernels is empty; give one size or more.');
  }
  for (const taps of config.kernels) checks.check('Positions "convolutional": a kernel\'s size', taps, odd);
}

const sizesKinds = {
  dModel: positive,
  maxLength: positive,
  heads: checks.anInteger(0, 2 ** 20),
  dHead: checks.anInteger(0, 2 ** 20),
  causal: checks.aFlag,
};
