/**
 * Multi-head attention (Vaswani et al. 2017, arXiv 1706.03762, section 3.2): per head softmax(Q Kᵀ / √dHead) V, the
 * heads' results side by side through one output map. Head h owns columns [h·dHead, (h+1)·dHead) of every map.
 */
import type { Tensor } from "@selectron/core";
import { Linear } from "./linear.js";
import type { ParameterScope } from "./parameters.js";

export class MultiHeadAttention {
  readonly #heads: number;
  readonly #dHead: number;
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #output: Linear;

  constructor(scope: ParameterScope, dModel: number, heads: number, dHead: number) {
    this.#heads = heads;
    this.#dHead = dHead;
    this.#query = new Linear(scope.child("query"), dModel, heads * dHead);
    this.#key = new Linear(scope.child("key"), dModel, heads * dHead);
    this.#value = new Linear(scope.child("value"), dModel, heads * dHead);
    this.#output = new Linear(scope.child("output"), heads * dHead, dModel);
  }

  /**
   * @param x - [B, n, D]
   * @param hidden - broadcasts to [B, H, n, n]; not 0 where a query (row) must not see a key (column). A query that sees
   * no key at all attends to nothing, and its pattern is all 0.
   * @returns the sublayer's output [B, n, D] and the attention pattern [B, H, n, n], rows = queries
   */
  forward(x: Tensor, hidden?: Tensor): { output: Tensor; pattern: Tensor } {
    const [batch, length] = x.shape as [number, number, number];
    const split = (y: Tensor): Tensor => y.reshape([batch, length, this.#heads, this.#dHead]).permute([0, 2, 1, 3]); // [B, H, n, dHead], a view
    const scores = split(this.#query.forward(x)).matmul(split(this.#key.forward(x)).transpose(), {
      alpha: 1 / Math.sqrt(this.#dHead),
    });
    const pattern = (hidden ? scores.maskedFill(hidden, -Infinity) : scores).softmax();
    const mixed = pattern.matmul(split(this.#value.forward(x))); // [B, H, n, dHead]
    const joined = mixed.permute([0, 2, 1, 3]).reshape([batch, length, this.#heads * this.#dHead]);
    return { output: this.#output.forward(joined), pattern };
  }
}
