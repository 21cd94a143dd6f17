/**
 * The Transformer encoder that RASP programs compile to and that the decompiler reads: token and position embeddings,
 * blocks of attention and feed-forward sublayers on a residual stream, one linear unembedding. Without layer norm unless
 * asked; with it, it stands before each sublayer and before the unembedding (pre-LN, Xiong et al. 2020, arXiv 2002.04745).
 */
import type { Tensor } from "@selectron/core";
import { MultiHeadAttention } from "./attention.js";
import { TokenAndPositionEmbedding } from "./embedding.js";
import { checkEncoderConfig, type BlockConfig, type EncoderConfig } from "./encoder-config.js";
import { FeedForward } from "./feed-forward.js";
import { LayerNorm } from "./layer-norm.js";
import { Linear } from "./linear.js";
import { paddingMask } from "./masks.js";
import { declaredShapes, ParameterStore, type ParameterScope } from "./parameters.js";

/** Called with every named activation of a forward pass. */
export type Recorder = (name: string, value: Tensor) => void;

/** Given a named activation, returns what takes its place: the value itself, or another tensor of its shape. */
export type Patcher = (name: string, value: Tensor) => Tensor;

/** Options of one forward pass. */
export interface ForwardOptions {
  /** [B][n], true where a token is real. Padded keys are invisible; logits at padded positions mean nothing. */
  readonly padding?: readonly (readonly boolean[])[] | undefined;
  /**
   * Called with "embedding" [B, n, D] and, per block i, "blocks.i.attention.pattern" [B, H, n, n] (rows = queries),
   * "blocks.i.attention.residual" [B, n, D], "blocks.i.feedForward.hidden" [B, n, F] (after the ReLU) and
   * "blocks.i.feedForward.residual" [B, n, D]. A residual is the stream after that sublayer was added.
   */
  readonly record?: Recorder | undefined;
  /** Called with the same activations as `record` and before it; the forward pass goes on with what it returns. */
  readonly patch?: Patcher | undefined;
}

/** What every named activation goes through, if anything: first `patch`, then `record`. */
function watcher({ record, patch }: ForwardOptions): Patcher | undefined {
  if (!record && !patch) return undefined;
  return (name, value) => {
    const used = patch ? patch(name, value) : value;
    record?.(name, used);
    return used;
  };
}

/** One block: x + attention(norm(x)), then x + feedForward(norm(x)); either sublayer may be absent. */
class Block {
  readonly #path: string;
  readonly #attention: { norm: LayerNorm | undefined; layer: MultiHeadAttention } | undefined;
  readonly #feedForward: { norm: LayerNorm | undefined; layer: FeedForward } | undefined;

  constructor(scope: ParameterScope, path: string, block: BlockConfig, config: EncoderConfig) {
    const { dModel, layerNorm = false, causal = false } = config;
    const attention = scope.child("attention");
    const feedForward = scope.child("feedForward");
    const norm = (of: ParameterScope): LayerNorm | undefined =>
      layerNorm ? new LayerNorm(of.child("norm"), dModel) : undefined;
    this.#path = path;
    this.#attention =
      block.heads === 0
        ? undefined
        : { norm: norm(attention), layer: new MultiHeadAttention(attention, dModel, block.heads, block.dHead, causal) };
    this.#feedForward =
      block.dFf === 0 ? undefined : { norm: norm(feedForward), layer: new FeedForward(feedForward, dModel, block.dFf) };
  }

  forward(input: Tensor, hiddenKeys: Tensor | undefined, watch: Patcher | undefined): Tensor {
    let x = input;
    if (this.#attention) {
      const { norm, layer } = this.#attention;
      const normalised = norm ? norm.forward(x) : x;
      if (watch) {
        const seen = (pattern: Tensor): Tensor => watch(`${this.#path}.attention.pattern`, pattern);
        const { output } = layer.forwardWithPattern(normalised, hiddenKeys, seen);
        x = watch(`${this.#path}.attention.residual`, x.add(output));
      } else {
        x = x.add(layer.forward(normalised, hiddenKeys));
      }
    }
    if (this.#feedForward) {
      const { norm, layer } = this.#feedForward;
      const seen = watch && ((hidden: Tensor): Tensor => watch(`${this.#path}.feedForward.hidden`, hidden));
      const { output } = layer.forward(norm ? norm.forward(x) : x, seen);
      x = x.add(output);
      if (watch) x = watch(`${this.#path}.feedForward.residual`, x);
    }
    return x;
  }
}

/** The layers of an encoder, in the order of their parameters. */
function buildLayers(config: EncoderConfig, scope: ParameterScope) {
  const { vocabularySize, maxLength, dModel, blocks, outputs, layerNorm = false } = config;
  return {
    embedding: new TokenAndPositionEmbedding(scope.child("embedding"), vocabularySize, maxLength, dModel),
    blocks: blocks.map((block, index) => {
      const path = `blocks.${index}`;
      return new Block(scope.child(path), path, block, config);
    }),
    norm: layerNorm ? new LayerNorm(scope.child("norm"), dModel) : undefined,
    unembedding: new Linear(scope.child("unembedding"), dModel, outputs),
  };
}

/** Tokens in, logits out, every position seeing every other; if the configuration is causal, only itself and what is before it. */
export class TransformerEncoder {
  readonly config: EncoderConfig;
  readonly #parameters: ReadonlyMap<string, Tensor>;
  readonly #layers: ReturnType<typeof buildLayers>;

  /**
   * @param config - sizes; throws a RangeError if one is not a whole number in range
   * @param parameters - values by name, used without copying; those left out are 0, or 1 for the gain of a layer norm.
   * Throws a ShapeError that names the parameter if a shape does not fit or the name is unknown.
   */
  constructor(config: EncoderConfig, parameters?: ReadonlyMap<string, Tensor>) {
    checkEncoderConfig(config);
    this.config = config;
    const store = new ParameterStore(parameters);
    this.#layers = buildLayers(config, store.scope);
    store.checkAllUsed();
    this.#parameters = store.parameters;
  }

  /** Names and shapes of the parameters that a configuration has, in order. Throws a RangeError on a bad size. */
  static parameterShapes(config: EncoderConfig): Map<string, number[]> {
    checkEncoderConfig(config);
    return declaredShapes((scope) => buildLayers(config, scope));
  }

  /** The parameters by name, in order: the tensors themselves, not copies. */
  parameters(): Map<string, Tensor> {
    return new Map(this.#parameters);
  }

  /** Number of scalars in all parameters. */
  get parameterCount(): number {
    return [...this.#parameters.values()].reduce((sum, parameter) => sum + parameter.size, 0);
  }

  /**
   * tokens [B][n] → logits [B, n, outputs].
   *
   * @throws RangeError on an id outside the vocabulary, rows of unequal length, rows longer than maxLength, or an empty batch
   */
  forward(tokens: readonly (readonly number[])[], options: ForwardOptions = {}): Tensor {
    const { padding } = options;
    const watch = watcher(options);
    const { embedding, blocks, norm, unembedding } = this.#layers;
    let x = embedding.forward(tokens);
    if (watch) x = watch("embedding", x);
    const hiddenKeys = padding && paddingMask(padding, tokens.length, x.shape[1]!);
    for (const block of blocks) x = block.forward(x, hiddenKeys, watch);
    return unembedding.forward(norm ? norm.forward(x) : x);
  }
}
