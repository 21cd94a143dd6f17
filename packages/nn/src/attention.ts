/**
 * Multi-head attention (Vaswani et al. 2017, arXiv 1706.03762, section 3.2): per head softmax(Q Kᵀ / √dHead) V, the
 * heads' results side by side through one output map. Head h owns columns [h·dHead, (h+1)·dHead) of every map.
 */
import { attention, type Tensor } from "@selectron/core";
import { Linear } from "./linear.js";
import { causalMask } from "./masks.js";
import type { ParameterScope } from "./parameters.js";

export class MultiHeadAttention {
  readonly #heads: number;
  readonly #dHead: number;
  readonly #causal: boolean;
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #output: Linear;

  constructor(scope: ParameterScope, dModel: number, heads: number, dHead: number, causal = false) {
    this.#heads = heads;
    this.#dHead = dHead;
    this.#causal = causal;
    this.#query = new Linear(scope.child("query"), dModel, heads * dHead);
    this.#key = new Linear(scope.child("key"), dModel, heads * dHead);
    this.#value = new Linear(scope.child("value"), dModel, heads * dHead);
    this.#output = new Linear(scope.child("output"), heads * dHead, dModel);
  }

  /** [B, n, H · dHead] → [B, H, n, dHead], a view. */
  #split(x: Tensor): Tensor {
    const [batch, length] = x.shape as [number, number, number];
    return x.reshape([batch, length, this.#heads, this.#dHead]).permute([0, 2, 1, 3]);
  }

  /** [B, H, n, dHead] → the sublayer's output [B, n, D]. */
  #join(mixed: Tensor): Tensor {
    const [batch, , length] = mixed.shape as [number, number, number, number];
    return this.#output.forward(mixed.permute([0, 2, 1, 3]).reshape([batch, length, this.#heads * this.#dHead]));
  }

  /**
   * The sublayer's output alone, by the fused kernel: the pattern never stands in memory.
   *
   * @param x - [B, n, D]
   * @param hiddenKeys - [B, n], not 0 where no query may see a key. A query that sees no key attends to nothing.
   * @returns [B, n, D]
   */
  forward(x: Tensor, hiddenKeys?: Tensor): Tensor {
    const [query, key, value] = [this.#query, this.#key, this.#value].map((map) => this.#split(map.forward(x)));
    return this.#join(attention(query!, key!, value!, { hiddenKeys, causal: this.#causal }));
  }

  /**
   * As `forward`, with the attention pattern [B, H, n, n], rows = queries; all 0 for a query that sees no key.
   *
   * @param patch - gives the pattern that is used in place of the one that was computed
   */
  forwardWithPattern(
    x: Tensor,
    hiddenKeys?: Tensor,
    patch: (pattern: Tensor) => Tensor = (pattern) => pattern,
  ): { output: Tensor; pattern: Tensor } {
    const [batch, length] = x.shape as [number, number, number];
    const query = this.#split(this.#query.forward(x));
    const key = this.#split(this.#key.forward(x));
    const scores = query.matmul(key.transpose(), { alpha: 1 / Math.sqrt(this.#dHead) });
    const shown = hiddenKeys ? scores.maskedFill(hiddenKeys.reshape([batch, 1, 1, length]), -Infinity) : scores;
    const masked = this.#causal ? shown.maskedFill(causalMask(length), -Infinity) : shown;
    const pattern = patch(masked.softmax());
    return { output: this.#join(pattern.matmul(this.#split(this.#value.forward(x)))), pattern };
  }
}
