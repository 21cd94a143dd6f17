/**
 * Arguments of the attention kernels, which compute softmax(scale · Q Kᵀ + bias) V for each batch row and head.
 * Operands are read in place: strides say whether the heads of a position are adjacent or apart. Query i is at position
 * i + keys − queries, so the last query is at the position of the last key, as when earlier keys come from a cache.
 */

/** Element (b, h, i, c) is `data[offset + b * batchStride + h * headStride + i * rowStride + c]`. */
export interface HeadsView {
  readonly data: Float32Array;
  readonly offset: number;
  readonly batchStride: number;
  readonly headStride: number;
  readonly rowStride: number;
}

/** Which blocks of the attention pattern are computed. */
export interface AttentionBlocks {
  /** Rows and columns of a block; the last blocks may be smaller. */
  readonly size: number;
  /** [⌈queries / size⌉, ⌈keys / size⌉], 0 where a block is masked. */
  readonly visible: Uint8Array;
}

/** Sizes, and the keys that no query sees. */
export interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Columns of query and key. */
  readonly width: number;
  /** Columns of value and out. */
  readonly valueWidth: number;
  readonly scale: number;
  /** [batch, keys], not 0 where a key is hidden from every query. */
  readonly hiddenKeys?: Float32Array | undefined;
}

/** Sizes and masks of the forward and the backward pass. A query that sees no key gets 0. */
export interface AttentionPattern extends AttentionSizes {
  /** How many keys before its position a query sees, all by default. With `after` this is a sliding window. */
  readonly before?: number | undefined;
  /** How many keys after its position a query sees, all by default; 0 is causal. */
  readonly after?: number | undefined;
  /** Added to the scaled scores: element (b, h, i, j). */
  readonly bias?: HeadsView | undefined;
  readonly blocks?: AttentionBlocks | undefined;
}

/** The forward pass. Keys and values must be finite even where they are masked. */
export interface AttentionCall extends AttentionPattern {
  readonly query: HeadsView;
  readonly key: HeadsView;
  readonly value: HeadsView;
  /** Written. */
  readonly out: HeadsView;
  /**
   * Written if given: [batch, heads, queries], log of the sum of exponentiated scores; −∞ for a query that sees
   * nothing.
   */
  readonly logSumExp?: Float32Array | undefined;
}

/** The backward pass: gradients of query, key and value, not of the bias. */
export interface AttentionBackwardCall extends AttentionPattern {
  readonly query: HeadsView;
  readonly key: HeadsView;
  readonly value: HeadsView;
  /** As the forward pass wrote them. */
  readonly out: HeadsView;
  readonly logSumExp: Float32Array;
  readonly outGradient: HeadsView;
  /** Written. */
  readonly queryGradient: HeadsView;
  readonly keyGradient: HeadsView;
  readonly valueGradient: HeadsView;
}

/** Sizes and lists of both passes of attention over lists: each query sees only the keys listed for it. */
export interface AttentionOverPattern extends AttentionSizes {
  /** [queries + 1]; the keys of query i are `listed[starts[i]]` to `listed[starts[i + 1] − 1]`. */
  readonly starts: Int32Array;
  readonly listed: Int32Array;
  /** [batch, heads, pairs], factors on the weights, applied after the softmax; 1 by default. */
  readonly factors?: Float32Array | undefined;
}

/** The forward pass. A query that sees no key gets 0. */
export interface AttentionOverCall extends AttentionOverPattern {
  readonly query: HeadsView;
  readonly key: HeadsView;
  readonly value: HeadsView;
  /** Written. */
  readonly out: HeadsView;
  /** Written if given: [batch, heads, pairs], the softmax before the factors. */
  readonly weights?: Float32Array | undefined;
}

/** The backward pass. */
export interface AttentionOverBackwardCall extends AttentionOverPattern {
  readonly query: HeadsView;
  readonly key: HeadsView;
  readonly value: HeadsView;
  /** As the forward pass wrote them. */
  readonly weights: Float32Array;
  readonly outGradient: HeadsView;
  /** Written. */
  readonly queryGradient: HeadsView;
  readonly keyGradient: HeadsView;
  readonly valueGradient: HeadsView;
}
