/** Token and position embeddings: x[b, i] = token[ids[b][i]] + position[i]. */
import { tensor, type Tensor } from "@selectron/core";
import type { ParameterScope } from "./parameters.js";
import { checkRows } from "./rows.js";

/** A table of vectors, one per id. */
export class Embedding {
  /** [entries, width]. */
  readonly weight: Tensor;

  constructor(scope: ParameterScope, entries: number, width: number) {
    this.weight = scope.parameter("weight", [entries, width]);
  }

  /** ids of any shape → that shape followed by width. */
  forward(ids: Tensor): Tensor {
    return this.weight.gather(ids);
  }
}

/** What every position of the residual stream starts with. */
export class TokenAndPositionEmbedding {
  readonly #token: Embedding;
  readonly #position: Embedding;

  constructor(scope: ParameterScope, vocabularySize: number, maxLength: number, width: number) {
    this.#token = new Embedding(scope.child("token"), vocabularySize, width);
    this.#position = new Embedding(scope.child("position"), maxLength, width);
  }

  /**
   * tokens [B][n] → [B, n, D].
   *
   * @throws RangeError on an id outside the vocabulary, rows of different lengths, no rows, or rows past the maximum length
   */
  forward(tokens: readonly (readonly number[])[]): Tensor {
    const vocabularySize = this.#token.weight.shape[0]!;
    const maxLength = this.#position.weight.shape[0]!;
    if (tokens.length === 0) throw new RangeError("tokens: the batch is empty; pass one row of ids or more.");
    const length = tokens[0]!.length;
    checkRows("tokens", tokens, length, "Pad the shorter rows and pass `padding`.");
    if (length > maxLength) {
      throw new RangeError(`tokens: rows of length ${length} exceed maxLength ${maxLength}; shorten them.`);
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
    const ids = tensor(Float32Array.from(tokens.flat()), [tokens.length, length]);
    return this.#token.forward(ids).add(this.#position.weight.slice(0, length));
  }
}
