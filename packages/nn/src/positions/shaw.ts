/**
 * Relative position representations (Shaw et al. 2018, arXiv 1803.02155, equations 3 and 4): a learnt vector per
 * clipped distance is added to each key and to each value. Each layer has its own tables, which its heads share.
 */
import { tensor, type Tensor } from "@selectron/core";
import type { ParameterScope } from "../parameters.js";
import { byOffset, type PositionSizes, type Positions, type RelativePositions } from "./positions.js";

export class ShawPositions implements Positions {
  readonly #dHead: number;
  readonly #maxDistance: number;

  /** @param maxDistance - larger distances count as this one */
  constructor({ dHead }: PositionSizes, maxDistance: number) {
    this.#dHead = dHead;
    this.#maxDistance = maxDistance;
  }

  relative(scope: ParameterScope): RelativePositions {
    const entries = 2 * this.#maxDistance + 1;
    const keyTable = scope.parameter("key", [entries, this.#dHead], "xavier");
    const valueTable = scope.parameter("value", [entries, this.#dHead], "xavier");
    return {
      scores: (query, keys) => {
        const vectors = this.#vectors(keyTable, query.shape[2]!, keys);
        return byQuery(query, vectors.transpose()).div(Math.sqrt(this.#dHead));
      },
      values: (pattern) => byQuery(pattern, this.#vectors(valueTable, pattern.shape[2]!, pattern.shape[3]!)),
    };
  }

  /** The vector of every pair of positions: [queries, keys, dHead]. */
  #vectors(table: Tensor, queries: number, keys: number): Tensor {
    const most = this.#maxDistance;
    const rows = byOffset(queries, keys, (offset) => most + Math.max(-most, Math.min(most, offset)));
    return table.gather(tensor(rows, [queries, keys]));
  }
}

/** Row i of x [B, H, queries, m] times the i-th matrix [queries, m, n]: [B, H, queries, n]. */
function byQuery(x: Tensor, matrices: Tensor): Tensor {
  const [batch, heads, queries, m] = x.shape as [number, number, number, number];
  const rows = x.permute([2, 0, 1, 3]).reshape([queries, batch * heads, m]);
  return rows.matmul(matrices).reshape([queries, batch, heads, matrices.shape[2]!]).permute([1, 2, 0, 3]);
}
