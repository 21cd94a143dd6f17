/**
 * Multi-head attention (Vaswani et al. 2017, arXiv 1706.03762, section 3.2): per head softmax(Q Kᵀ / √dHead) V, the
 * heads' results side by side through one output map. Head h owns columns [h·dHead, (h+1)·dHead) of every map. Keys and
 * values come from the same stream as the queries (self-attention) or from a memory (cross-attention).
 */
import { attention, checks, ShapeError, type Rng, type Tensor } from "@selectron/core";
import { DecodingCache } from "../cache.js";
import { Dropout } from "../layers/dropout.js";
import { Linear } from "../layers/linear.js";
import { causalMask, eitherMask } from "./masks.js";
import { checkScope, type ParameterScope } from "../parameters.js";
import type { RelativePositions } from "../positions/positions.js";
import type { Patcher } from "../recorder.js";
import { restrictedAttention, restrictionMask } from "./restricted.js";
import { checkRestriction, type Restriction } from "./restriction.js";

/** Sizes and style of an attention layer. */
export interface AttentionConfig {
  readonly dModel: number;
  readonly heads: number;
  readonly dHead: number;
  /** Whether the four maps have a bias; true by default. */
  readonly bias?: boolean | undefined;
  /** Whether a query sees no later key; false by default. */
  readonly causal?: boolean | undefined;
  /** Probability that a weight of the pattern is dropped, where a forward pass has an Rng; 0 by default. */
  readonly dropout?: number | undefined;
  readonly relative?: RelativePositions | undefined;
  /** Which keys a query looks at; all by default. Excludes relative positions that score all pairs. */
  readonly restriction?: Restriction | undefined;
}

/** Inputs of one forward pass besides x. */
export interface AttentionInput {
  /** [B, m, D], where keys and values come from; x if absent. */
  readonly memory?: Tensor | undefined;
  /** [B, keys], not 0 where no query may see a key. A query that sees no key attends to nothing. */
  readonly hiddenKeys?: Tensor | undefined;
  /** Keys and values of earlier positions; those of x are added. A memory's are computed once. */
  readonly cache?: DecodingCache | undefined;
  /** Draws dropout; without it nothing is dropped. */
  readonly rng?: Rng | undefined;
  /**
   * Called with "….pattern" [B, H, queries, keys], all 0 for a query that sees no key, and "….heads" [B, H, queries, dHead], what each head
   * gives before the output map; its results are used instead.
   */
  readonly watch?: Patcher | undefined;
}

/** Self-attention, or cross-attention if a pass has a memory. */
const configKinds = {
  dModel: checks.anInteger(0),
  heads: checks.anInteger(1),
  dHead: checks.anInteger(1),
  bias: checks.aFlag,
  causal: checks.aFlag,
  dropout: checks.aRate,
  relative: checks.anObject("an encoding's part, of positionsOf(…).relative(scope)"),
  restriction: checks.anObject("an object such as { window: 2 }"),
};

const inputKinds = {
  memory: checks.aTensor,
  hiddenKeys: checks.aTensor,
  cache: checks.anInstance(DecodingCache),
  rng: checks.anRng,
  watch: checks.aFunction("a function of a name and a tensor"),
};

/**
 * Attention of several heads (Vaswani et al. 2017, section 3.2.2): softmax(QKᵀ/√dHead)·V for each, side by side, and a linear map. Queries
 * come from x, keys and values from x or from `memory`.
 */
export class MultiHeadAttention {
  static {
    checks.guardMethods(this);
  }

  readonly #path: string;
  readonly #config: AttentionConfig;
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #output: Linear;
  readonly #dropout: Dropout;

  constructor(scope: ParameterScope, config: AttentionConfig) {
    checkScope("MultiHeadAttention", scope);
    checks.checkOptions("MultiHeadAttention", config, configKinds, ["dModel", "heads", "dHead"]);
    if (config.restriction) checkRestriction(config.restriction);
    const { dModel, heads, dHead, bias } = config;
    this.#path = scope.path;
    this.#config = config;
    this.#query = new Linear(scope.child("query"), dModel, heads * dHead, bias);
    this.#key = new Linear(scope.child("key"), dModel, heads * dHead, bias);
    this.#value = new Linear(scope.child("value"), dModel, heads * dHead, bias);
    this.#output = new Linear(scope.child("output"), heads * dHead, dModel, bias);
    this.#dropout = new Dropout(config.dropout ?? 0);
  }

  /** x: [B, n, D] → the sublayer's output [B, n, D]. Throws a ShapeError or RangeError where the rest of the input does not fit x. */
  forward(x: Tensor, input: AttentionInput = {}): Tensor {
    checks.check("MultiHeadAttention.forward: x", x, checks.aTensor);
    checks.checkOptions("MultiHeadAttention.forward", input, inputKinds);
    if (x.rank !== 3) {
      throw new ShapeError(
        `MultiHeadAttention.forward: x is [${x.shape.join(", ")}]; it must be [batch, length, width].`,
      );
    }
    const query = this.#rotate(this.#split(this.#query.forward(x)), input.cache);
    const { key, value } = input.memory ? this.#ofMemory(input.memory, input.cache) : this.#ofSelf(x, input.cache);
    const mixed = this.#watched(this.#mix(query, key, value, input), input.watch);
    const [batch, length] = x.shape as [number, number, number];
    const { heads, dHead } = this.#config;
    return this.#output.forward(mixed.permute([0, 2, 1, 3]).reshape([batch, length, heads * dHead]));
  }

  #watched(heads: Tensor, watch: Patcher | undefined): Tensor {
    return watch ? watch(`${this.#path}.heads`, heads) : heads;
  }

  /** [B, n, H · dHead] → [B, H, n, dHead], a view. */
  #split(x: Tensor): Tensor {
    const [batch, length] = x.shape as [number, number, number];
    return x.reshape([batch, length, this.#config.heads, this.#config.dHead]).permute([0, 2, 1, 3]);
  }

  #rotate(x: Tensor, cache: DecodingCache | undefined): Tensor {
    return this.#config.relative?.rotate?.(x, cache?.length ?? 0) ?? x;
  }

  #ofSelf(x: Tensor, cache: DecodingCache | undefined): { key: Tensor; value: Tensor } {
    const key = this.#rotate(this.#split(this.#key.forward(x)), cache);
    const value = this.#split(this.#value.forward(x));
    if (!cache) return { key, value };
    return { key: cache.append(`${this.#path}.key`, key, 2), value: cache.append(`${this.#path}.value`, value, 2) };
  }

  #ofMemory(memory: Tensor, cache: DecodingCache | undefined): { key: Tensor; value: Tensor } {
    const key = (): Tensor => this.#split(this.#key.forward(memory));
    const value = (): Tensor => this.#split(this.#value.forward(memory));
    if (!cache) return { key: key(), value: value() };
    return { key: cache.once(`${this.#path}.key`, key), value: cache.once(`${this.#path}.value`, value) };
  }

  /**
   * Uses the fused kernels, unless the pattern must be in memory: to be watched, to drop weights, or for an encoding
   * that adds to the values.
   */
  #mix(query: Tensor, key: Tensor, value: Tensor, input: AttentionInput): Tensor {
    const { causal = false, relative, restriction } = this.#config;
    const { hiddenKeys, rng, watch } = input;
    const bias = relative?.scores?.(query, key.shape[2]!);
    const dropped = rng !== undefined && this.#dropout.rate > 0;
    if (restriction && !watch) {
      const dropout = dropped ? (pairs: number): Float32Array => this.#dropout.factors(pairs, rng) : undefined;
      return restrictedAttention(query, key, value, restriction, { causal, hiddenKeys, dropout });
    }
    if (watch || dropped || relative?.values) return this.#mixByPattern(query, key, value, bias, input);
    return attention(query, key, value, { causal, hiddenKeys, bias });
  }

  #mixByPattern(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | undefined, input: AttentionInput): Tensor {
    const scaled = query.matmul(key.transpose(), { alpha: 1 / Math.sqrt(this.#config.dHead) });
    const scores = bias ? scaled.add(bias) : scaled;
    const mask = this.#mask(scores, input.hiddenKeys);
    const weights = (mask ? scores.maskedFill(mask, -Infinity) : scores).softmax();
    const pattern = this.#dropout.forward(input.watch?.(`${this.#path}.pattern`, weights) ?? weights, input.rng);
    const mixed = pattern.matmul(value);
    const values = this.#config.relative?.values?.(pattern);
    return values ? mixed.add(values) : mixed;
  }

  /** Broadcasts to the scores [B, H, queries, keys]. */
  #mask(scores: Tensor, hiddenKeys: Tensor | undefined): Tensor | undefined {
    const [batch, , queries, keys] = scores.shape as [number, number, number, number];
    const { causal = false, restriction } = this.#config;
    const hidden = hiddenKeys?.reshape([batch, 1, 1, keys]);
    if (!causal && !restriction) return hidden;
    const unseen = restriction ? restrictionMask(restriction, causal, queries, keys) : causalMask(queries, keys);
    return hidden ? eitherMask(unseen, hidden) : unseen;
  }
}
