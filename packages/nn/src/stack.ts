/**
 * The stack that encoders and decoders consist of: embeddings, blocks on a residual stream and, if norms come before
 * the sublayers, a final norm.
 */
import { checks, scope as inScope, type Activation, type Rng, type Tensor } from "@selectron/core";
import { Block, type BlockConfig, type BlockStyle, type Pass } from "./block.js";
import { DecodingCache } from "./cache.js";
import { anActivation, checkExclusive, checkLayers, plainRows } from "./checks.js";
import { Embedding } from "./layers/embedding-table.js";
import { TokenAndPositionEmbedding } from "./embedding.js";
import { LayerNorm } from "./layers/layer-norm.js";
import { paddingMask } from "./attention/masks.js";
import { Packing, unpackedWatch, type Padding } from "./padding.js";
import type { ParameterScope } from "./parameters.js";
import { actsInAttention, positionsOf, scoresAllPairs, type PositionConfig } from "./positions/index.js";
import { watcher, type Watching } from "./recorder.js";
import { checkRestriction, type Restriction } from "./attention/restriction.js";

/** Sizes and style of a stack, which determine the names and shapes of its parameters. */
export interface StackConfig {
  readonly vocabularySize: number;
  /** Longest sequence: for learnt positions the number of position embeddings. */
  readonly maxLength: number;
  /** Width of the residual stream. */
  readonly dModel: number;
  readonly blocks: readonly BlockConfig[];
  /**
   * Layer norm before each sublayer and after the last one (true or "pre"), or after each ("post"); none by default.
   */
  readonly layerNorm?: boolean | "pre" | "post" | undefined;
  /** Added to a variance; 1e-5 by default. */
  readonly layerNormEpsilon?: number | undefined;
  /** Whether epsilon is added to the deviation instead: (x − μ) / (σ + ε); false by default. */
  readonly layerNormEpsilonOnDeviation?: boolean | undefined;
  /** Of the feed-forward layers, "relu" by default. */
  readonly activation?: Activation | undefined;
  /** Whether position i sees nothing after it; false by default. */
  readonly causal?: boolean | undefined;
  /** Learnt by default. */
  readonly positions?: PositionConfig | undefined;
  /** Which keys a query of self-attention looks at; all by default. Not with shaw, t5, clipped or alibi positions. */
  readonly restriction?: Restriction | undefined;
  /** How many segments (sentences of an input) have an embedding of their own, as in BERT; none by default. */
  readonly segments?: number | undefined;
  /** Whether the sum of the embeddings is normalised, as in BERT; false by default. */
  readonly embeddingNorm?: boolean | undefined;
  /** Whether token embeddings are multiplied by √dModel; false by default. */
  readonly scaleEmbeddings?: boolean | undefined;
  /** Whether maps and norms inside the blocks have a bias; true by default. */
  readonly bias?: boolean | undefined;
  /** Probability of dropping an element of the embeddings or of a sublayer's output; 0 by default. */
  readonly hiddenDropout?: number | undefined;
  /** Probability of dropping a weight of an attention pattern; 0 by default. */
  readonly attentionDropout?: number | undefined;
}

/** Options of one forward pass. */
export interface ForwardOptions extends Watching {
  /**
   * [B][n], true where a token is real. A row has the outputs of its real tokens alone, wherever the padding is: padded keys are invisible,
   * and positions count real tokens only. Outputs at padded positions mean nothing.
   */
  readonly padding?: Padding | undefined;
  /** [B][n], the segment of each token, of a model that has segments; all 0 if absent. */
  readonly segments?: readonly (readonly number[])[] | undefined;
  /**
   * Called with "embedding" [B, n, D] and, per block i, "blocks.i.attention.pattern" [B, H, n, n] (rows = queries),
   * "blocks.i.attention.heads" [B, H, n, dHead] (what each head gives, before the output map), "blocks.i.attention.residual" [B, n, D],
   * "blocks.i.feedForward.hidden" [B, n, F] (after the activation) and "blocks.i.feedForward.residual" [B, n, D]. A residual is the stream
   * after that sublayer was added. Decoders with a memory also have "blocks.i.crossAttention.pattern" [B, H, n, m], "…heads" and
   * "…residual".
   */
  readonly record?: Watching["record"];
  /** Draws dropout; without it nothing is dropped. */
  readonly rng?: Rng | undefined;
  /** For a causal model: `tokens` continue the sequence in the cache and are added to it. */
  readonly cache?: DecodingCache | undefined;
  /** Gives the output of the last position alone, [B, 1, …]: what generation needs of a prompt. Not with padding. */
  readonly lastOnly?: boolean | undefined;
}

/** Blocks that are applied again and again. */
export interface Repeated {
  /** The first of them and the last. */
  readonly first: number;
  readonly last: number;
  /** Asked after the last one: whether to go on with the first. */
  readonly again: (x: Tensor) => boolean;
}

/** What a decoder attends to. */
export interface Memory {
  /** [B, m, D]. */
  readonly value: Tensor;
  /** [B, m], not 0 where it is padding. */
  readonly hidden?: Tensor | undefined;
}

/** Positional encodings list the heads and the columns of each, before any parameter is made. */
const MOST_IN_LISTS = 2 ** 20;

/** What the fields of a configuration must be. */
export const stackKinds = {
  vocabularySize: checks.anInteger(1),
  maxLength: checks.anInteger(1),
  dModel: checks.anInteger(1),
  blocks: checks.aList("an array of blocks, such as [{ heads: 2, dHead: 8, dFf: 32 }]"),
  layerNorm: checks.either(checks.aFlag, checks.oneOf(["pre", "post"])),
  layerNormEpsilon: checks.anAmount,
  layerNormEpsilonOnDeviation: checks.aFlag,
  activation: anActivation,
  causal: checks.aFlag,
  positions: checks.anObject('an object such as { kind: "learned" }'),
  restriction: checks.anObject("an object such as { window: 2 }"),
  segments: checks.anInteger(0),
  embeddingNorm: checks.aFlag,
  scaleEmbeddings: checks.aFlag,
  bias: checks.aFlag,
  hiddenDropout: checks.aRate,
  attentionDropout: checks.aRate,
};

/** Those that have no default. */
export const stackRequired = ["vocabularySize", "maxLength", "dModel", "blocks"] as const;

const blockKinds = {
  heads: checks.anInteger(0, MOST_IN_LISTS),
  dHead: checks.aNumber,
  dFf: checks.anInteger(0),
};

/** Throws a RangeError if a size is not a whole number in range. */
export function checkStackConfig(config: StackConfig, name: string): void {
  checkLayers(`${name}.blocks.length`, config.blocks.length);
  config.blocks.forEach((block, index) => {
    const place = `${name}.blocks[${index}]`;
    checks.checkOptions(place, block, blockKinds, ["heads", "dHead", "dFf"]);
    checks.check(`${place}: dHead`, block.dHead, checks.anInteger(block.heads === 0 ? 0 : 1, MOST_IN_LISTS));
  });
  if (config.restriction) {
    checkRestriction(config.restriction);
    const kind = config.positions?.kind ?? "learned";
    if (scoresAllPairs(kind)) {
      throw new RangeError(`Positions "${kind}" score all pairs, which a restriction is there to avoid. Use others.`);
    }
  }
}

/** The blocks' common style; its positions are declared in the embedding's scope. */
function styleOf(config: StackConfig, scope: ParameterScope, cross: boolean): BlockStyle {
  const { dModel, maxLength, blocks, layerNorm = false, causal = false } = config;
  const attending = blocks.filter(({ heads }) => heads > 0);
  const { heads = 0, dHead = 0 } = attending[0] ?? {};
  const positions = config.positions ?? { kind: "learned" };
  const { kind } = positions;
  if (actsInAttention(kind) && attending.some((block) => block.heads !== heads || block.dHead !== dHead)) {
    throw new RangeError(`Positions "${kind}" act in every layer alike; the blocks must have equal heads and dHead.`);
  }
  return {
    dModel,
    causal,
    cross,
    norm: layerNorm === true ? "pre" : layerNorm || "none",
    normOptions: {
      epsilon: config.layerNormEpsilon,
      bias: config.bias ?? true,
      epsilonOnDeviation: config.layerNormEpsilonOnDeviation,
    },
    activation: config.activation ?? "relu",
    bias: config.bias ?? true,
    attentionDropout: config.attentionDropout ?? 0,
    hiddenDropout: config.hiddenDropout ?? 0,
    restriction: config.restriction,
    positions: positionsOf(positions, scope, { dModel, maxLength, heads, dHead, causal }),
  };
}

const forwardKinds = {
  padding: checks.aList("an array of rows, true where a token is real"),
  segments: checks.aList("an array of rows, such as [[0, 0, 1]]"),
  record: checks.aFunction("a function of a name and a tensor"),
  patch: checks.aFunction("a function of a name and a tensor"),
  rng: checks.anRng,
  cache: checks.anInstance(DecodingCache),
  lastOnly: checks.aFlag,
};

const memoryKinds = { value: checks.aTensor, hidden: checks.aTensor };

/** A stack with its parameters. */
export class Stack {
  /** The table of token embeddings. */
  readonly token: Embedding;
  /** Longest sequence that the positions can encode; any if undefined. */
  readonly positionLimit: number | undefined;
  readonly #path: string;
  readonly #causal: boolean;
  readonly #embedding: TokenAndPositionEmbedding;
  readonly #blocks: readonly Block[];
  readonly #norm: LayerNorm | undefined;

  /**
   * @param token - a table to share; the stack has its own by default
   * @param cross - whether blocks attend to a memory as well
   */
  constructor(
    scope: ParameterScope,
    config: StackConfig,
    { token, cross = false }: { token?: Embedding | undefined; cross?: boolean } = {},
  ) {
    checkStackConfig(config, "StackConfig");
    const { dModel, blocks, segments = 0, embeddingNorm = false, scaleEmbeddings = false } = config;
    const embedding = scope.child("embedding");
    this.#path = scope.path;
    this.token = token ?? new Embedding(embedding.child("token"), config.vocabularySize, dModel);
    const style = styleOf(config, embedding.child("position"), cross);
    this.positionLimit = style.positions.maxLength;
    this.#causal = style.causal;
    const { normOptions } = style;
    this.#embedding = new TokenAndPositionEmbedding({
      token: this.token,
      positions: style.positions,
      segment: segments > 0 ? new Embedding(embedding.child("segment"), segments, dModel) : undefined,
      norm: embeddingNorm ? new LayerNorm(embedding.child("norm"), dModel, normOptions) : undefined,
      scale: scaleEmbeddings ? Math.sqrt(dModel) : 1,
      dropout: style.hiddenDropout,
    });
    this.#blocks = blocks.map((block, index) => new Block(scope.child(`blocks.${index}`), block, style));
    this.#norm = style.norm === "pre" ? new LayerNorm(scope.child("norm"), dModel, normOptions) : undefined;
  }

  /** tokens [B][n] → the stream after the last block [B, n, D], normalised if norms come before the sublayers. */
  forward(
    given: readonly (readonly number[])[],
    options: ForwardOptions,
    memory?: Memory,
    repeated?: Repeated,
  ): Tensor {
    const tokens = plainRows("tokens", given);
    checks.checkOptions("forward", options, forwardKinds);
    if (memory) checks.checkOptions("decode: memory", memory, memoryKinds, ["value"]);
    const { padding, segments, rng, cache, lastOnly } = options;
    if (cache && !this.#causal) {
      throw new RangeError("forward: a cache needs a causal model; here earlier positions see later ones, and change.");
    }
    checkExclusive("forward", { padding, cache, lastOnly });
    const hidden = padding && paddingMask(padding, tokens.length, tokens[0]?.length ?? 0);
    const packing = padding && Packing.of(padding);
    const hiddenKeys = hidden && packing ? packing.pack(hidden) : hidden;
    const watch = unpackedWatch(watcher(options), packing);
    let x = this.#embedding.forward(tokens, { hiddenKeys, segments, packing, cache, rng });
    if (watch) x = watch(this.#path === "" ? "embedding" : `${this.#path}.embedding`, x);
    const pass: Pass = { hiddenKeys, cache, rng, watch, memory: memory?.value, hiddenMemory: memory?.hidden };
    // What a block makes on the way is not needed where nothing is learnt, seen or kept: after the first time that is known of a loop's blocks.
    let isForgotten = false;
    for (let b = 0; b < this.#blocks.length; b++) {
      const block = this.#blocks[b]!;
      const stream = x;
      x = isForgotten ? inScope(() => block.forward(stream, pass)) : block.forward(stream, pass);
      if (b !== repeated?.last) continue;
      const isAgain = repeated.again(x);
      if (isAgain) b = repeated.first - 1;
      isForgotten = isAgain && !x.requiresGrad && !watch && !cache;
    }
    cache?.advance(x.shape[1]!);
    if (lastOnly === true) x = x.slice(-1, undefined, 1);
    const result = this.#norm ? this.#norm.forward(x) : x;
    return packing ? packing.unpack(result) : result;
  }
}
