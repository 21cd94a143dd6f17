/**
 * The Transformer of Vaswani et al. 2017: an encoder that reads the source, a decoder that attends to the target so far
 * and to the encoder's result, and a generator that turns its stream into log-probabilities of the next token.
 */
import { checks, noGrad, type Tensor } from "@selectron/core";
import { cached, type Generative } from "./generation/generative.js";
import { Linear } from "./layers/linear.js";
import { paddingMask } from "./attention/masks.js";
import { buildModel, Model } from "./model.js";
import { Embedding } from "./layers/embedding-table.js";
import { checkScalars, declaredShapes, type ParameterScope, type ParameterSource } from "./parameters.js";
import { Stack, type ForwardOptions, type Memory } from "./stack.js";
import { stackOf, transformerConfig, type TransformerConfig } from "./transformer-config.js";

/** Options of a pass through both stacks. Activations are named "encoder.…" and "decoder.…". */
export interface TransformerOptions extends Omit<ForwardOptions, "padding" | "cache"> {
  /** [B][m], true where a source token is real. */
  readonly sourcePadding?: ForwardOptions["padding"];
  /** [B][n], true where a target token is real. */
  readonly targetPadding?: ForwardOptions["padding"];
}

/** The layers, in the order of their parameters. */
function buildLayers(config: TransformerConfig, scope: ParameterScope) {
  const token = config.tied
    ? new Embedding(scope.child("embedding.token"), config.vocabSize, config.hiddenSize)
    : undefined;
  return {
    encoder: new Stack(scope.child("encoder"), stackOf(config, false), { token }),
    decoder: new Stack(scope.child("decoder"), stackOf(config, true), { token, cross: true }),
    generator: config.tied ? undefined : new Linear(scope.child("generator"), config.hiddenSize, config.vocabSize),
  };
}

/** An encoder and a decoder with cross-attention. */
export class Transformer extends Model {
  static {
    checks.guardMethods(this);
  }

  /** The complete configuration. */
  readonly config: TransformerConfig;
  readonly #layers: ReturnType<typeof buildLayers>;

  /**
   * @param config - what differs from `transformerDefaults`; throws a RangeError if a value is out of range
   * @param source - an Rng that draws the parameters, or values by name, used without copying; those left out are 0, or
   * 1 for the gain of a layer norm. Throws a ShapeError that names the parameter if a shape does not fit or the name is
   * unknown.
   */
  constructor(config: Partial<TransformerConfig>, source?: ParameterSource) {
    const whole = transformerConfig(config);
    checkScalars("Transformer", Transformer.parameterShapes(whole), source);
    const { layers, parameters } = buildModel(source, (scope) => buildLayers(whole, scope));
    super(parameters);
    this.config = whole;
    this.#layers = layers;
  }

  /** Names and shapes of the parameters that a configuration has, in order. Throws a RangeError on a bad size. */
  static parameterShapes(config: Partial<TransformerConfig>): Map<string, number[]> {
    return declaredShapes((scope) => buildLayers(transformerConfig(config), scope));
  }

  /** source [B][m] → what the decoder attends to: the encoder's stream [B, m, D] and which of it is padding. */
  encode(source: readonly (readonly number[])[], options: ForwardOptions = {}): Memory {
    const value = this.#layers.encoder.forward(source, options);
    const { padding } = options;
    return { value, hidden: padding && paddingMask(padding, source.length, value.shape[1]!) };
  }

  /**
   * target [B][n] and the encoder's result → the decoder's stream [B, n, D]. With a cache, `target` has the new tokens
   * only.
   */
  decode(target: readonly (readonly number[])[], memory: Memory, options: ForwardOptions = {}): Tensor {
    checks.check("decode: memory", memory, checks.anObjectWith("a memory, such as model.encode(source)", "value"));
    return this.#layers.decoder.forward(target, options, memory);
  }

  /** The decoder's stream [..., D] → log-probabilities of the vocabulary [..., V]. */
  logProbabilities(stream: Tensor): Tensor {
    checks.check("Transformer.logProbabilities: stream", stream, checks.aTensor);
    return this.scores(stream).logSoftmax();
  }

  /** The decoder's stream [..., D] → logits [..., V]: what `logProbabilities` takes the log-softmax of. */
  scores(stream: Tensor): Tensor {
    checks.check("Transformer.scores: stream", stream, checks.aTensor);
    const { generator, decoder } = this.#layers;
    return generator ? generator.forward(stream) : stream.matmul(decoder.token.weight.transpose());
  }

  /**
   * The decoder for one source row, as `generate` takes it; the prompt is then the beginning of the target. The source
   * is encoded once, and each step computes its new positions only.
   */
  reading(source: readonly number[]): Generative {
    const memory = noGrad(() => this.encode([source]));
    const repeated = (rows: number): Memory => ({ value: memory.value.gather(Array.from({ length: rows }, () => 0)) });
    return cached(
      (tokens, cache) => this.scores(this.decode(tokens, repeated(tokens.length), { cache, lastOnly: true })),
      this.#layers.decoder.positionLimit,
    );
  }

  /**
   * source [B][m], target [B][n] → log-probabilities [B, n, V] of the token that follows each target position.
   *
   * @throws RangeError on an id outside the vocabulary, rows of unequal length, batches of unequal size, or rows past
   * the last position that the encoding can encode
   */
  forward(
    source: readonly (readonly number[])[],
    target: readonly (readonly number[])[],
    options: TransformerOptions = {},
  ): Tensor {
    checks.check("source", source, checks.aList("an array of rows, such as [[1, 2], [3, 4]]"));
    checks.check("target", target, checks.aList("an array of rows, such as [[1, 2], [3, 4]]"));
    checks.check("forward: options", options, checks.anObject("an object with sourcePadding, targetPadding, …"));
    if (source.length !== target.length) {
      throw new RangeError(`forward: ${source.length} source rows, but ${target.length} target rows; pass pairs.`);
    }
    const { sourcePadding, targetPadding, ...common } = options;
    const memory = this.encode(source, { ...common, padding: sourcePadding });
    return this.logProbabilities(this.decode(target, memory, { ...common, padding: targetPadding }));
  }
}
