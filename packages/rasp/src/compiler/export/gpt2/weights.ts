/**
 * A compiled decoder's weights as those of a GPT-2, whose layer norms and GELU do not change what it computes.
 *
 * - **Layer norm.** The residual stream holds every coordinate twice, x and -x, beside a constant C and -C. So the mean is 0 and the standard
 *   deviation, C √(2 / n_embd), is the same for every input, because C outweighs all else. The gain takes it away again. What reads a coordinate
 *   reads half the difference of the two: what else a mean may be, by rounding, is in both.
 * - **GELU.** GELU(s·a) / s is relu(a) where a is 0 or far enough from it, and nearer to it everywhere for a large s, the sharpness.
 * - **Biases.** Biases of maps that read the stream are weights of two of its coordinates, of which one is 1 at BOS and the other everywhere else. So
 *   what layer norm does to a read it does to all of it, and a read that must be 0 at BOS, as what a head counts must, is a sum of zeros
 *   there, and no difference. Where maps write, biases are biases.
 *
 * All factors are powers of two, but for the gain.
 */
import { tensor, type Tensor } from "@selectron/core";
import type { Gpt2Config, TransformerEncoder } from "@selectron/nn";
import { uniformEncoder, type UniformEncoder } from "../uniform.js";

/** The constants of a GPT-2 made from an encoder, both powers of two. */
export interface Constants {
  /** C. */
  readonly constant: number;
  readonly sharpness: number;
}

/** One row of the unembedding: the weights of the encoder's logits, and what is added. */
export interface AnswerRow {
  /** The encoder's logit. */
  readonly logit: number;
  readonly plus: number;
}

export interface Gpt2Weights {
  readonly config: Gpt2Config;
  /** By Hugging Face's names, without the prefix `transformer.`. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The compiled model with equal layers, which tells heads and units apart. */
  readonly uniform: UniformEncoder;
}

/** The encoder's coordinate that is 1 at BOS and 0 elsewhere. */
const BOS = 0;
/** As in GPT-2. Beside C² it is nothing. */
export const EPSILON = 1e-5;

/**
 * @param encoder - causal, and without constants that later biases take away
 * @param rows - for each entry of the vocabulary what its logit is. The first ones are BOS and the tokens of the encoder
 */
export function gpt2Weights(
  encoder: TransformerEncoder,
  constants: Constants,
  rows: readonly AnswerRow[],
): Gpt2Weights {
  const uniform = uniformEncoder(encoder, headWidth(encoder));
  const writer = new Writer(uniform, constants);
  const { layers, heads, dModel, dFf } = writer;
  const { maxLength } = encoder.config;
  const tensors = new Map<string, Tensor>();
  writer.embeddings(tensors, rows.length);
  for (let layer = 0; layer < layers; layer++) {
    writer.norm(tensors, `h.${layer}.ln_1`);
    writer.attention(tensors, layer);
    writer.norm(tensors, `h.${layer}.ln_2`);
    writer.feedForward(tensors, layer);
  }
  writer.norm(tensors, "ln_f");
  writer.unembedding(tensors, rows);
  return {
    config: { layers, heads, dModel, dFf, maxLength, vocabularySize: rows.length, epsilon: EPSILON, tied: false },
    tensors,
    uniform,
  };
}

/** The least width with which all heads together are as wide as the stream: the encoder's coordinates, 1 and C, each twice. */
function headWidth({ config }: TransformerEncoder): number {
  const heads = Math.max(1, ...config.blocks.map((block) => block.heads));
  const widest = Math.max(1, ...config.blocks.map((block) => (block.heads > 0 ? block.dHead : 1)));
  return Math.max(widest, Math.ceil((2 * (config.dModel + 2)) / heads));
}

/** A column or a bias of the encoder, by its row. */
type Matrix = { readonly data: Float32Array; readonly columns: number };

class Writer {
  readonly layers: number;
  readonly heads: number;
  readonly dModel: number;
  readonly dFf: number;
  readonly #encoder: TransformerEncoder;
  readonly #constants: Constants;
  /** Coordinates of the encoder; those of their negatives begin one later, after that of C. */
  readonly #width: number;
  /** The coordinate that is 1 everywhere in the encoder, and here everywhere but at BOS. */
  readonly #one: number;

  constructor({ model, shape, places }: UniformEncoder, constants: Constants) {
    this.#encoder = model;
    this.#constants = constants;
    this.#width = shape.dModel;
    this.#one = places.one;
    this.layers = model.config.blocks.length;
    this.heads = shape.heads;
    this.dModel = shape.heads * shape.dHead;
    this.dFf = shape.dFf;
  }

  embeddings(tensors: Map<string, Tensor>, entries: number): void {
    const { vocabularySize, maxLength } = this.#encoder.config;
    const token = this.#matrix("embedding.token.weight");
    const position = this.#matrix("embedding.position.weight");
    const tokens = new Float32Array(entries * this.dModel);
    for (let id = 0; id < vocabularySize; id++) this.#write(tokens, id, token, id, 1);
    const positions = new Float32Array(maxLength * this.dModel);
    for (let at = 0; at < maxLength; at++) {
      this.#write(positions, at, position, at, 1);
      if (at === 0) this.#pair(positions, 0, 1, this.#one, -1);
      positions[at * this.dModel + this.#width] = this.#constants.constant;
      positions[at * this.dModel + 2 * this.#width + 1] = -this.#constants.constant;
    }
    tensors.set("wte.weight", tensor(tokens, [entries, this.dModel]));
    tensors.set("wpe.weight", tensor(positions, [maxLength, this.dModel]));
  }

  norm(tensors: Map<string, Tensor>, name: string): void {
    const deviation = this.#constants.constant * Math.sqrt(2 / this.dModel);
    tensors.set(`${name}.weight`, tensor(new Float32Array(this.dModel).fill(deviation), [this.dModel]));
    tensors.set(`${name}.bias`, tensor(new Float32Array(this.dModel), [this.dModel]));
  }

  attention(tensors: Map<string, Tensor>, layer: number): void {
    const { dModel } = this;
    const path = `blocks.${layer}.attention`;
    const weights = new Float32Array(dModel * 3 * dModel);
    ["query", "key", "value"].forEach((part, p) => {
      const read = { columns: 3 * dModel, from: p * dModel, factor: 1 };
      this.#read(weights, read, this.#matrix(`${path}.${part}.weight`), this.#matrix(`${path}.${part}.bias`));
    });
    tensors.set(`h.${layer}.attn.c_attn.weight`, tensor(weights, [dModel, 3 * dModel]));
    tensors.set(`h.${layer}.attn.c_attn.bias`, tensor(new Float32Array(3 * dModel), [3 * dModel]));
    this.#writes(tensors, `h.${layer}.attn.c_proj`, `${path}.output`, dModel, 1);
  }

  feedForward(tensors: Map<string, Tensor>, layer: number): void {
    const { dModel, dFf } = this;
    const { sharpness } = this.#constants;
    const path = `blocks.${layer}.feedForward`;
    const weights = new Float32Array(dModel * dFf);
    const read = { columns: dFf, from: 0, factor: sharpness };
    this.#read(weights, read, this.#matrix(`${path}.hidden.weight`), this.#matrix(`${path}.hidden.bias`));
    tensors.set(`h.${layer}.mlp.c_fc.weight`, tensor(weights, [dModel, dFf]));
    tensors.set(`h.${layer}.mlp.c_fc.bias`, tensor(new Float32Array(dFf), [dFf]));
    this.#writes(tensors, `h.${layer}.mlp.c_proj`, `${path}.output`, dFf, 1 / sharpness);
  }

  unembedding(tensors: Map<string, Tensor>, rows: readonly AnswerRow[]): void {
    const { data, columns } = this.#matrix("unembedding.weight");
    const head = new Float32Array(rows.length * this.dModel);
    rows.forEach(({ logit, plus }, row) => {
      const constant = data[this.#one * columns + logit]! + plus;
      for (let c = 0; c < this.#width; c++) {
        const weight = c === this.#one ? constant : data[c * columns + logit]! + (c === BOS ? constant : 0);
        this.#pair(head, row * this.dModel, 1, c, weight / 2);
      }
    });
    tensors.set("lm_head.weight", tensor(head, [rows.length, this.dModel]));
  }

  #matrix(name: string): Matrix {
    const { data, shape } = this.#encoder.parameters().get(name)!;
    return { data, columns: shape.at(-1)! };
  }

  /** Sets x of a coordinate and adds to -x: `start` and `step` are where coordinate 0 is, and how far apart they are. */
  #pair(into: Float32Array, start: number, step: number, coordinate: number, value: number): void {
    into[start + coordinate * step]! += value;
    into[start + (this.#width + 1 + coordinate) * step]! -= value;
  }

  /** Adds a row of the encoder, times a factor, to a row that is written to the stream. */
  #write(into: Float32Array, row: number, from: Matrix, fromRow: number, factor: number): void {
    for (let c = 0; c < this.#width; c++) {
      this.#pair(into, row * this.dModel, 1, c, factor * from.data[fromRow * from.columns + c]!);
    }
  }

  /** The columns that read the stream. Half of each weight reads x, and half of it -x. */
  #read(
    into: Float32Array,
    { columns, from, factor }: { readonly columns: number; readonly from: number; readonly factor: number },
    weights: Matrix,
    bias: Matrix,
  ): void {
    for (let column = 0; column < weights.columns; column++) {
      for (let c = 0; c < this.#width; c++) {
        const weight = weights.data[c * weights.columns + column]!;
        if (weight !== 0) this.#pair(into, from + column, columns, c, (factor * weight) / 2);
      }
      const constant = bias.data[column]!;
      if (constant === 0) continue;
      for (const c of [this.#one, BOS]) this.#pair(into, from + column, columns, c, (factor * constant) / 2);
    }
  }

  /** A map that writes to the stream, [rows, n_embd]. */
  #writes(tensors: Map<string, Tensor>, name: string, path: string, rows: number, factor: number): void {
    const weights = new Float32Array(rows * this.dModel);
    const from = this.#matrix(`${path}.weight`);
    for (let row = 0; row < rows; row++) this.#write(weights, row, from, row, factor);
    const bias = new Float32Array(this.dModel);
    this.#write(bias, 0, this.#matrix(`${path}.bias`), 0, 1);
    tensors.set(`${name}.weight`, tensor(weights, [rows, this.dModel]));
    tensors.set(`${name}.bias`, tensor(bias, [this.dModel]));
  }
}
