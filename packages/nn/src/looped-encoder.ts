/**
 * A single-stack Transformer of which some blocks are applied again and again with the same weights: a Universal Transformer (Dehghani et
 * al. 2019), also called a looped one (Giannou et al. 2023). Each position says when it has halted, by a coordinate of the residual
 * stream, and the loop ends when all have; blocks before and after it are applied once. RASP programs with loops compile to it.
 */
import { checks, type Tensor } from "@selectron/core";
import { checkEncoderConfig, type EncoderConfig } from "./encoder-config.js";
import { Linear } from "./layers/linear.js";
import { buildModel, Model } from "./model.js";
import { checkScalars, declaredShapes, type ParameterScope, type ParameterSource } from "./parameters.js";
import { Stack, type ForwardOptions } from "./stack.js";

/** Which blocks of an encoder are a loop. */
export interface LoopConfig {
  /** The first block that is repeated, from 0, and the last one. */
  readonly first: number;
  readonly last: number;
  /** The coordinate of the residual stream that is above 1/2 where a position has halted. */
  readonly halted: number;
  /** How often the blocks are applied at most. */
  readonly most: number;
}

/** Sizes and style of an encoder with a loop. */
export interface LoopedEncoderConfig extends Omit<EncoderConfig, "tied" | "pooler"> {
  readonly loop: LoopConfig;
}

/** What a looped model says of some rows. */
export interface LoopedResult {
  /** [B, n, outputs]. */
  readonly logits: Tensor;
  /** How often the blocks of the loop were applied. */
  readonly times: number;
  /** Whether all positions have halted; otherwise `most` was reached. */
  readonly ended: boolean;
}

/** The layers of an encoder, in the order of their parameters. */
function buildLayers(config: LoopedEncoderConfig, scope: ParameterScope) {
  return {
    stack: new Stack(scope, config),
    unembedding: new Linear(scope.child("unembedding"), config.dModel, config.outputs),
  };
}

const LOOP = {
  first: checks.anInteger(0),
  last: checks.anInteger(0),
  halted: checks.anInteger(0),
  most: checks.anInteger(1),
};

/** Throws a RangeError if a size is not a whole number in range. */
function checkConfig(given: LoopedEncoderConfig): void {
  checks.check("LoopedEncoderConfig", given, checks.anObject("an EncoderConfig with a loop"));
  const { loop, ...config } = given;
  checkEncoderConfig(config);
  checks.checkOptions("LoopedEncoderConfig: loop", loop, LOOP, ["first", "last", "halted", "most"]);
  const { first, last, halted } = loop;
  if (first > last || last >= config.blocks.length) {
    throw new RangeError(
      `LoopedEncoderConfig: the loop has the blocks ${first} to ${last} of ${config.blocks.length}; give blocks that there are.`,
    );
  }
  if (halted >= config.dModel) {
    throw new RangeError(`LoopedEncoderConfig: loop.halted: there is no coordinate ${halted} of ${config.dModel}.`);
  }
}

/** A model of one stack with a loop, and an output map. */
export class LoopedEncoder extends Model {
  static {
    checks.guardMethods(this);
  }

  /** The configuration that the model was built with. */
  readonly config: LoopedEncoderConfig;
  readonly #layers: ReturnType<typeof buildLayers>;

  /**
   * @param config - sizes; throws a RangeError if one is out of range
   * @param source - values by name, used without copying; those left out are 0. Throws a ShapeError that names the parameter if a shape
   * does not fit or the name is unknown. Or an Rng that draws them all.
   */
  constructor(config: LoopedEncoderConfig, source?: ParameterSource) {
    checkScalars("LoopedEncoder", LoopedEncoder.parameterShapes(config), source);
    const { layers, parameters } = buildModel(source, (scope) => buildLayers(config, scope));
    super(parameters);
    this.config = config;
    this.#layers = layers;
  }

  /** Names and shapes of the parameters that a configuration has, in order. Throws a RangeError on a bad size. */
  static parameterShapes(config: LoopedEncoderConfig): Map<string, number[]> {
    checkConfig(config);
    return declaredShapes((scope) => buildLayers(config, scope));
  }

  /**
   * tokens [B][n] → logits [B, n, outputs] after as many steps as the slowest position of the batch takes.
   *
   * @param counts - whether the loop waits for a position to halt; for all of them by default
   * @param onStep - called with the stream [B, n, D] after each application of the loop
   * @throws RangeError on an id outside the vocabulary, rows of unequal length, rows longer than maxLength, or an empty batch
   */
  forward(
    tokens: readonly (readonly number[])[],
    options: ForwardOptions = {},
    counts: (position: number) => boolean = () => true,
    onStep?: (x: Tensor) => void,
  ): LoopedResult {
    checks.checkGiven("LoopedEncoder.forward: counts", counts, checks.aFunction());
    checks.checkGiven("LoopedEncoder.forward: onStep", onStep, checks.aFunction());
    const { stack, unembedding } = this.#layers;
    const { first, last, halted, most } = this.config.loop;
    let [times, ended] = [0, false];
    const x = stack.forward(tokens, options, undefined, {
      first,
      last,
      again: (stream) => {
        onStep?.(stream);
        times++;
        ended = haveHalted(stream, halted, counts);
        return !ended && times < most;
      },
    });
    return { logits: unembedding.forward(x), times, ended };
  }
}

/** Whether a coordinate is above 1/2 at all positions that count. */
function haveHalted({ data, shape }: Tensor, coordinate: number, counts: (position: number) => boolean): boolean {
  const [batch, length, width] = shape as [number, number, number];
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < length; i++) {
      if (counts(i) && !(data[(b * length + i) * width + coordinate]! > 0.5)) return false;
    }
  }
  return true;
}
