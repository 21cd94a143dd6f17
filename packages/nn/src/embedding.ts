/**
 * The start of the residual stream: x[b, i] = scale · token[ids[b][i]] + P(i), with P the positional encoding.
 * The scale is 1, or √D as in Vaswani et al. 2017, section 3.4. BERT (Devlin et al. 2019, arXiv 1810.04805, section 3)
 * adds segment[s[b][i]], for the sentence that a token belongs to, and normalises the sum.
 */
import { checks, tensor, type Rng, type Tensor } from "@selectron/core";
import { DecodingCache } from "./cache.js";
import { Dropout } from "./layers/dropout.js";
import { Embedding } from "./layers/embedding-table.js";
import { LayerNorm } from "./layers/layer-norm.js";
import { aPacking, type Packing } from "./padding.js";
import type { Positions } from "./positions/positions.js";
import { checkRows, ContextError, plainRows } from "./checks.js";

/** The parts of an embedding. */
export interface EmbeddingOptions {
  readonly token: Embedding;
  readonly positions: Positions;
  readonly segment?: Embedding | undefined;
  /** Applied to the sum. */
  readonly norm?: LayerNorm | undefined;
  /** Factor on the token embeddings. */
  readonly scale: number;
  readonly dropout: number;
}

/** Inputs for one batch besides its tokens. */
export interface EmbeddingInput {
  /** [B, n], not 0 where a token is padding, which is to come last: see `packing`. */
  readonly hiddenKeys?: Tensor | undefined;
  /** [B][n], the segment of each token; 0 if absent. */
  readonly segments?: readonly (readonly number[])[] | undefined;
  /** Puts each row's padding last in the result; hiddenKeys has that order already. */
  readonly packing?: Packing | undefined;
  readonly cache?: DecodingCache | undefined;
  /** Draws dropout; without it nothing is dropped. */
  readonly rng?: Rng | undefined;
}

const partKinds = {
  token: checks.anInstance(Embedding),
  positions: checks.anObject("an encoding, of positionsOf"),
  segment: checks.anInstance(Embedding),
  norm: checks.anInstance(LayerNorm),
  scale: checks.aFinite,
  dropout: checks.aRate,
};

const inputKinds = {
  hiddenKeys: checks.aTensor,
  segments: checks.aList("an array of rows, such as [[0, 0, 1]]"),
  packing: aPacking,
  cache: checks.anInstance(DecodingCache),
  rng: checks.anRng,
};

/** Token, position and segment embeddings, summed. */
export class TokenAndPositionEmbedding {
  static {
    checks.guardMethods(this);
  }

  readonly #token: Embedding;
  readonly #positions: Positions;
  readonly #segment: Embedding | undefined;
  readonly #norm: LayerNorm | undefined;
  readonly #scale: number;
  readonly #dropout: Dropout;

  constructor(parts: EmbeddingOptions) {
    checks.checkOptions("TokenAndPositionEmbedding", parts, partKinds, ["token", "positions", "scale", "dropout"]);
    const { token, positions, segment, norm, scale, dropout } = parts;
    this.#token = token;
    this.#positions = positions;
    this.#segment = segment;
    this.#norm = norm;
    this.#scale = scale;
    this.#dropout = new Dropout(dropout);
  }

  /**
   * tokens [B][n] → [B, n, D].
   *
   * @throws RangeError on an id outside the vocabulary, rows of different lengths, no rows, rows past what the
   * positional encoding can encode, or segments that do not fit
   */
  forward(given: readonly (readonly number[])[], input: EmbeddingInput = {}): Tensor {
    const tokens = plainRows("tokens", given);
    checks.checkOptions("TokenAndPositionEmbedding.forward", input, inputKinds);
    const { hiddenKeys, cache, rng, packing } = input;
    const shape = this.#check(tokens, cache);
    const token = this.#token.forward(tensor(Float32Array.from((packing?.rows(tokens) ?? tokens).flat()), shape));
    let x = this.#scale === 1 ? token : token.mul(this.#scale);
    const absolute = this.#positions.absolute?.(x, { start: cache?.length ?? 0, hiddenKeys, cache });
    if (absolute) x = x.add(absolute);
    const segment = this.#segmentsOf(shape, input);
    if (segment) x = x.add(segment);
    return this.#dropout.forward(this.#norm?.forward(x) ?? x, rng);
  }

  /** [B, n, D], or [1, 1, D] if all tokens belong to segment 0. */
  #segmentsOf([batch, length]: [number, number], { segments: given, packing }: EmbeddingInput): Tensor | undefined {
    const segments = given && plainRows("segments", given);
    if (!this.#segment) {
      if (segments) throw new RangeError("segments: this model has none; make it with a number of `segments`.");
      return undefined;
    }
    if (!segments) return this.#segment.forward(tensor([[0]]));
    const count = this.#segment.weight.shape[0]!;
    if (segments.length !== batch) {
      throw new RangeError(`segments: ${segments.length} rows for ${batch} rows of tokens; pass one for each.`);
    }
    checkRows("segments", segments, length, "Pass the segment of every token.");
    const ids = (packing?.rows(segments) ?? segments).flat();
    const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= count);
    if (bad !== undefined) {
      throw new RangeError(`segments: ${checks.describeValue(bad)} is none of the model's; use 0 to ${count - 1}.`);
    }
    return this.#segment.forward(tensor(Float32Array.from(ids), [batch, length]));
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
      throw new ContextError(`tokens: rows of length ${end} exceed maxLength ${maxLength}; shorten them.`);
    }
    tokens.forEach((row, b) => {
      row.forEach((id, i) => {
        if (!Number.isInteger(id) || id < 0 || id >= vocabularySize) {
          throw new RangeError(
            `tokens: id ${checks.describeValue(id)} at row ${b}, position ${i} is outside the vocabulary; use 0 to ${vocabularySize - 1}.`,
          );
        }
      });
    });
    return [tokens.length, length];
  }
}
