/**
 * What the residual stream starts with: x[b, i] = scale · token[ids[b][i]] + P(i), P as the positional encoding has it.
 * The scale is 1, or √D as in Vaswani et al. 2017, section 3.4.
 */
import { tensor, type Rng, type Tensor } from "@selectron/core";
import type { DecodingCache } from "./cache.js";
import { Dropout } from "./dropout.js";
import type { Embedding } from "./embedding-table.js";
import type { Positions } from "./positions/positions.js";
import { checkRows } from "./rows.js";

export interface EmbeddingOptions {
  readonly token: Embedding;
  readonly positions: Positions;
  /** Factor on the token embeddings. */
  readonly scale: number;
  readonly dropout: number;
}

/** What an embedding of one batch may need. */
export interface EmbeddingInput {
  /** [B, n], not 0 where a token is padding. */
  readonly hiddenKeys?: Tensor | undefined;
  readonly cache?: DecodingCache | undefined;
  /** Dropout happens, and draws from it. */
  readonly rng?: Rng | undefined;
}

export class TokenAndPositionEmbedding {
  readonly #token: Embedding;
  readonly #positions: Positions;
  readonly #scale: number;
  readonly #dropout: Dropout;

  constructor({ token, positions, scale, dropout }: EmbeddingOptions) {
    this.#token = token;
    this.#positions = positions;
    this.#scale = scale;
    this.#dropout = new Dropout(dropout);
  }

  /**
   * tokens [B][n] → [B, n, D].
   *
   * @throws RangeError on an id outside the vocabulary, rows of different lengths, no rows, or rows past what the
   * positional encoding can encode
   */
  forward(tokens: readonly (readonly number[])[], { hiddenKeys, cache, rng }: EmbeddingInput = {}): Tensor {
    const ids = tensor(Float32Array.from(tokens.flat()), this.#check(tokens, cache));
    const token = this.#token.forward(ids);
    const scaled = this.#scale === 1 ? token : token.mul(this.#scale);
    const absolute = this.#positions.absolute?.(scaled, { start: cache?.length ?? 0, hiddenKeys, cache });
    return this.#dropout.forward(absolute ? scaled.add(absolute) : scaled, rng);
  }

  /** The batch's shape [B, n]. */
  #check(tokens: readonly (readonly number[])[], cache: DecodingCache | undefined): [number, number] {
    const vocabularySize = this.#token.weight.shape[0]!;
    const { maxLength = Infinity } = this.#positions;
    if (tokens.length === 0) throw new RangeError("tokens: the batch is empty; pass one row of ids or more.");
    const length = tokens[0]!.length;
    checkRows("tokens", tokens, length, "Pad the shorter rows and pass `padding`.");
    const end = length + (cache?.length ?? 0);
    if (end > maxLength) {
      throw new RangeError(`tokens: rows of length ${end} exceed maxLength ${maxLength}; shorten them.`);
    }
    tokens.forEach((row, b) => {
      row.forEach((id, i) => {
        if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
          throw new RangeError(
            `tokens: id ${id} at row ${b}, position ${i} is outside the vocabulary; use 0 to ${vocabularySize - 1}.`,
          );
        }
      });
    });
    return [tokens.length, length];
  }
}
