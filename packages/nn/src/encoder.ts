/**
 * A single-stack Transformer: tokens in, outputs for every position. RASP programs compile to it (ReLU, no layer norm)
 * and the decompiler reads it. With layer norm and GELU it is a BERT-like model. `TransformerDecoder` is its causal
 * sibling.
 */
import { checks, type Tensor } from "@selectron/core";
import { checkEncoderConfig, type EncoderConfig } from "./encoder-config.js";
import { Linear } from "./layers/linear.js";
import { buildModel, Model } from "./model.js";
import { checkScalars, declaredShapes, type ParameterScope, type ParameterSource } from "./parameters.js";
import { Stack, type ForwardOptions } from "./stack.js";

/** The layers of an encoder, in the order of their parameters. */
function buildLayers(config: EncoderConfig, scope: ParameterScope) {
  const { dModel, outputs, tied = false, pooler = false } = config;
  return {
    stack: new Stack(scope, config),
    pooler: pooler ? new Linear(scope.child("pooler"), dModel, dModel) : undefined,
    unembedding: tied ? undefined : new Linear(scope.child("unembedding"), dModel, outputs),
  };
}

/** A model of one stack and an output map. */
export class TransformerEncoder extends Model {
  static {
    checks.guardMethods(this);
  }

  /** The configuration that the model was built with. */
  readonly config: EncoderConfig;
  readonly #layers: ReturnType<typeof buildLayers>;

  /**
   * @param config - sizes; throws a RangeError if one is out of range
   * @param source - values by name, used without copying; those left out are 0, or 1 for the gain of a layer norm.
   * Throws a ShapeError that names the parameter if a shape does not fit or the name is unknown. Or an Rng that draws
   * them all.
   */
  constructor(config: EncoderConfig, source?: ParameterSource) {
    checkScalars("TransformerEncoder", TransformerEncoder.parameterShapes(config), source);
    const { layers, parameters } = buildModel(source, (scope) => buildLayers(config, scope));
    super(parameters);
    this.config = config;
    this.#layers = layers;
  }

  /** Names and shapes of the parameters that a configuration has, in order. Throws a RangeError on a bad size. */
  static parameterShapes(config: EncoderConfig): Map<string, number[]> {
    checkEncoderConfig(config);
    return declaredShapes((scope) => buildLayers(config, scope));
  }

  /** Longest sequence that the positions can encode; any if undefined. */
  get positionLimit(): number | undefined {
    return this.#layers.stack.positionLimit;
  }

  /**
   * tokens [B][n] → logits [B, n, outputs].
   *
   * @throws RangeError on an id outside the vocabulary, rows of unequal length, rows longer than maxLength, or an empty
   * batch
   */
  forward(tokens: readonly (readonly number[])[], options: ForwardOptions = {}): Tensor {
    const { stack, unembedding } = this.#layers;
    const x = stack.forward(tokens, options);
    return unembedding ? unembedding.forward(x) : x.matmul(stack.token.weight.transpose());
  }

  /**
   * tokens [B][n] → one vector per sequence [B, D], of a model with a pooler: tanh(W x + b), x the first real token's
   * stream.
   *
   * @throws RangeError as `forward`, if the model has no pooler, and with `lastOnly`
   */
  pool(tokens: readonly (readonly number[])[], options: ForwardOptions = {}): Tensor {
    const { stack, pooler } = this.#layers;
    if (!pooler) throw new RangeError("pool: this model has no pooler; make it with `pooler: true`.");
    const x = stack.forward(tokens, options);
    if (options.lastOnly) throw new RangeError("pool: the pooler reads the first token; leave `lastOnly` out.");
    const [batch, length, width] = x.shape as [number, number, number];
    const first = tokens.map((_, b) => b * length + Math.max(0, options.padding?.[b]!.findIndex(Boolean) ?? 0));
    return pooler.forward(x.reshape([batch * length, width]).gather(first)).tanh();
  }
}
