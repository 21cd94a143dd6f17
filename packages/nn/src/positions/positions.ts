/** What every positional encoding is: something added to the embeddings, something done inside attention, or both. */
import type { Tensor } from "@selectron/core";
import type { DecodingCache } from "../cache.js";
import type { ParameterScope } from "../parameters.js";

/** The model that positions are encoded for. */
export interface PositionSizes {
  /** Width of the residual stream. */
  readonly dModel: number;
  /** Longest sequence of the model. */
  readonly maxLength: number;
  readonly heads: number;
  readonly dHead: number;
  /** Whether position i sees nothing after it. */
  readonly causal: boolean;
}

/** The place of a run of embeddings in its sequence. */
export interface PositionContext {
  /** Position of the first embedding: 0, or the number of positions in the cache. */
  readonly start: number;
  /** [B, n], not 0 where a token is padding. */
  readonly hiddenKeys?: Tensor | undefined;
  readonly cache?: DecodingCache | undefined;
}

/** A positional encoding. */
export interface Positions {
  /** Longest sequence that it can encode; unlimited if absent. */
  readonly maxLength?: number;
  /** P, [n, D] or [B, n, D], to be added to the embeddings x [B, n, D]. */
  absolute?(x: Tensor, context: PositionContext): Tensor;
  /** Its part in one self-attention layer, whose own parameters, if any, are declared in `scope`. */
  relative?(scope: ParameterScope): RelativePositions;
}

/** What an encoding does in one self-attention layer. Query i is at position i + keys − queries. */
export interface RelativePositions {
  /** Queries or keys [B, H, n, dHead], rotated according to their positions start, start + 1, … */
  rotate?(x: Tensor, start: number): Tensor;
  /** Added to the scaled scores: broadcasts to [B, H, queries, keys]. query: [B, H, queries, dHead] */
  scores?(query: Tensor, keys: number): Tensor;
  /** Added to the mixed values [B, H, queries, dHead]. pattern: [B, H, queries, keys] */
  values?(pattern: Tensor): Tensor;
}

/** A [queries, keys] matrix of f(position of the key − position of the query), in row-major order. */
export function byOffset(queries: number, keys: number, f: (offset: number) => number): Float32Array {
  const values = Float32Array.from({ length: queries + keys - 1 }, (_, index) => f(index - keys + 1));
  const matrix = new Float32Array(queries * keys);
  // The last query is at the last key's position, so row i has the offsets queries − keys − i and up.
  for (let i = 0; i < queries; i++) matrix.set(values.subarray(queries - 1 - i, queries - 1 - i + keys), i * keys);
  return matrix;
}
