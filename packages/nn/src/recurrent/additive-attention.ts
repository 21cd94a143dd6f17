/**
 * Additive attention (Bahdanau, Cho & Bengio 2014, arXiv 1409.0473, section A.1.2): the score of a key is vᵀ tanh(W · query + U · key), and
 * the result the mean of the keys' values by the softmax of the scores.
 */
import { checks, ShapeError, type Tensor } from "@selectron/core";
import { Linear } from "../layers/linear.js";
import { checkScope, type ParameterScope } from "../parameters.js";

/** Widths of an additive attention. */
export interface AdditiveAttentionConfig {
  /** Of queries. */
  readonly queries: number;
  /** Of keys, which are the values too. */
  readonly keys: number;
  /** Of the space in which they are compared. */
  readonly hidden: number;
}

const sizes = { queries: checks.anInteger(1), keys: checks.anInteger(1), hidden: checks.anInteger(1) };

/** The layer with its parameters: "query" W, "key" U with a bias, "score" v. */
export class AdditiveAttention {
  static {
    checks.guardMethods(this);
  }

  readonly #query: Linear;
  readonly #key: Linear;
  readonly #score: Linear;

  constructor(scope: ParameterScope, config: AdditiveAttentionConfig) {
    checkScope("AdditiveAttention", scope);
    checks.checkOptions("AdditiveAttention", config, sizes, Object.keys(sizes));
    this.#query = new Linear(scope.child("query"), config.queries, config.hidden, false);
    this.#key = new Linear(scope.child("key"), config.keys, config.hidden);
    this.#score = new Linear(scope.child("score"), config.hidden, 1, false);
  }

  /** keys [B, m, keys] → [B, m, hidden], which `forward` compares; computed once for all queries. */
  project(keys: Tensor): Tensor {
    checks.check("AdditiveAttention.project: keys", keys, checks.aTensor);
    return this.#key.forward(keys);
  }

  /**
   * One query per row.
   *
   * @param query - [B, queries]
   * @param keys - [B, m, keys]
   * @param projected - what `project` gives of the keys
   * @param hiddenKeys - [B, m], not 0 where a key is padding
   * @returns the mixed keys [B, keys] and the weights [B, m]
   * @throws ShapeError if query or keys have other shapes
   */
  forward(
    query: Tensor,
    keys: Tensor,
    projected: Tensor = this.project(keys),
    hiddenKeys?: Tensor,
  ): { context: Tensor; weights: Tensor } {
    checks.check("AdditiveAttention.forward: query", query, checks.aTensor);
    checks.check("AdditiveAttention.forward: keys", keys, checks.aTensor);
    checks.check("AdditiveAttention.forward: projected", projected, checks.aTensor);
    checks.checkGiven("AdditiveAttention.forward: hiddenKeys", hiddenKeys, checks.aTensor);
    if (query.rank !== 2 || keys.rank !== 3 || query.shape[0] !== keys.shape[0]) {
      throw new ShapeError(
        `AdditiveAttention.forward: query is [${query.shape.join(", ")}] and keys [${keys.shape.join(", ")}]; ` +
          "they must be [batch, width] and [batch, length, width].",
      );
    }
    const [batch, length, width] = keys.shape as [number, number, number];
    const own = this.#query.forward(query);
    const compared = projected.add(own.reshape([batch, 1, own.shape[1]!])).tanh();
    const scores = this.#score.forward(compared).reshape([batch, length]);
    const weights = (hiddenKeys ? scores.maskedFill(hiddenKeys, -Infinity) : scores).softmax();
    const context = weights.reshape([batch, 1, length]).matmul(keys).reshape([batch, width]);
    return { context, weights };
  }
}
