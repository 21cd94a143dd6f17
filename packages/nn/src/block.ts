/**
 * One block of a Transformer on its residual stream: self-attention, cross-attention if a decoder has a memory, and
 * feed-forward, each of them optional. A sublayer f computes x + dropout(f(x)), with layer norm
 * - "pre": x + dropout(f(norm(x))) (Xiong et al. 2020, arXiv 2002.04745), or
 * - "post": norm(x + dropout(f(x))) (Vaswani et al. 2017).
 */
import type { Activation, Rng, Tensor } from "@selectron/core";
import { MultiHeadAttention } from "./attention/multi-head.js";
import type { DecodingCache } from "./cache.js";
import { Dropout } from "./layers/dropout.js";
import { FeedForward } from "./layers/feed-forward.js";
import { LayerNorm, type LayerNormOptions } from "./layers/layer-norm.js";
import type { ParameterScope } from "./parameters.js";
import type { Positions } from "./positions/positions.js";
import type { Patcher } from "./recorder.js";
import type { Restriction } from "./attention/restriction.js";

/** The sizes of one block. */
export interface BlockConfig {
  /** Attention heads; 0 for no attention sublayer. */
  readonly heads: number;
  /** Width of each head's queries, keys and values. */
  readonly dHead: number;
  /** Width of the hidden feed-forward layer; 0 for no feed-forward sublayer. */
  readonly dFf: number;
}

/** What all blocks of a stack have in common. */
export interface BlockStyle {
  readonly dModel: number;
  readonly causal: boolean;
  /** Whether blocks attend to a memory as well. */
  readonly cross: boolean;
  readonly norm: "pre" | "post" | "none";
  readonly normOptions: LayerNormOptions;
  readonly activation: Activation;
  /** Whether maps and norms have a bias. */
  readonly bias: boolean;
  readonly attentionDropout: number;
  readonly hiddenDropout: number;
  readonly positions: Positions;
  /** Of self-attention. */
  readonly restriction: Restriction | undefined;
}

/** Inputs of one forward pass that every block gets. */
export interface Pass {
  /** [B, keys], not 0 where a token is padding. */
  readonly hiddenKeys?: Tensor | undefined;
  /** [B, m, D], of a decoder with cross-attention. */
  readonly memory?: Tensor | undefined;
  /** [B, m], not 0 where the memory is padding. */
  readonly hiddenMemory?: Tensor | undefined;
  readonly cache?: DecodingCache | undefined;
  readonly rng?: Rng | undefined;
  readonly watch?: Patcher | undefined;
}

/** x + dropout(f(x)) with its norm. */
class Residual {
  readonly #name: string;
  readonly #place: BlockStyle["norm"];
  readonly #norm: LayerNorm | undefined;
  readonly #dropout: Dropout;

  constructor(scope: ParameterScope, { norm, normOptions, dModel, hiddenDropout }: BlockStyle) {
    this.#name = scope.name("residual");
    this.#place = norm;
    this.#norm = norm === "none" ? undefined : new LayerNorm(scope.child("norm"), dModel, normOptions);
    this.#dropout = new Dropout(hiddenDropout);
  }

  forward(x: Tensor, { rng, watch }: Pass, sublayer: (x: Tensor) => Tensor): Tensor {
    const input = this.#place === "pre" ? this.#norm!.forward(x) : x;
    const sum = x.add(this.#dropout.forward(sublayer(input), rng));
    const result = this.#place === "post" ? this.#norm!.forward(sum) : sum;
    return watch ? watch(this.#name, result) : result;
  }
}

/** A block with its parameters. */
export class Block {
  readonly #attention: { residual: Residual; layer: MultiHeadAttention } | undefined;
  readonly #cross: { residual: Residual; layer: MultiHeadAttention } | undefined;
  readonly #feedForward: { residual: Residual; layer: FeedForward; hidden: string } | undefined;

  constructor(scope: ParameterScope, { heads, dHead, dFf }: BlockConfig, style: BlockStyle) {
    const { dModel, bias, causal, attentionDropout: dropout, activation, positions, restriction } = style;
    if (heads > 0) {
      const own = scope.child("attention");
      const residual = new Residual(own, style);
      const relative = positions.relative?.(own.child("position"));
      const config = { dModel, heads, dHead, bias, causal, dropout, relative, restriction };
      this.#attention = { residual, layer: new MultiHeadAttention(own, config) };
    }
    if (heads > 0 && style.cross) {
      const own = scope.child("crossAttention");
      const residual = new Residual(own, style);
      this.#cross = { residual, layer: new MultiHeadAttention(own, { dModel, heads, dHead, bias, dropout }) };
    }
    if (dFf > 0) {
      const own = scope.child("feedForward");
      const residual = new Residual(own, style);
      const layer = new FeedForward(own, dModel, dFf, { activation, bias });
      this.#feedForward = { residual, layer, hidden: own.name("hidden") };
    }
  }

  /** [B, n, D] → [B, n, D]. */
  forward(input: Tensor, pass: Pass): Tensor {
    const { hiddenKeys, memory, hiddenMemory, cache, rng, watch } = pass;
    let x = input;
    if (this.#attention) {
      const { residual, layer } = this.#attention;
      x = residual.forward(x, pass, (y) => layer.forward(y, { hiddenKeys, cache, rng, watch }));
    }
    if (this.#cross && memory) {
      const { residual, layer } = this.#cross;
      x = residual.forward(x, pass, (y) => layer.forward(y, { memory, hiddenKeys: hiddenMemory, cache, rng, watch }));
    }
    if (this.#feedForward) {
      const { residual, layer, hidden } = this.#feedForward;
      x = residual.forward(x, pass, (y) => layer.forward(y, watch && ((value) => watch(hidden, value))));
    }
    return x;
  }
}
