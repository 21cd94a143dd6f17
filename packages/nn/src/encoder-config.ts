/** The sizes of an encoder. */

/** One block: an attention sublayer, then a feed-forward sublayer. */
export interface BlockConfig {
  /** Attention heads; 0 for no attention sublayer. */
  readonly heads: number;
  /** Width of each head's queries, keys and values. */
  readonly dHead: number;
  /** Width of the hidden feed-forward layer; 0 for no feed-forward sublayer. */
  readonly dFf: number;
}

/** An encoder's sizes, which determine the names and shapes of its parameters. */
export interface EncoderConfig {
  readonly vocabularySize: number;
  /** Longest sequence: the number of position embeddings. */
  readonly maxLength: number;
  /** Width of the residual stream. */
  readonly dModel: number;
  readonly blocks: readonly BlockConfig[];
  /** Width of the unembedding: logits per position. */
  readonly outputs: number;
  /** Layer norm before each sublayer and before the unembedding; false by default. */
  readonly layerNorm?: boolean | undefined;
  /** Whether a position sees itself and earlier positions only, as a decoder's does; false by default. */
  readonly causal?: boolean | undefined;
}

/** Throws a RangeError if a size is not a whole number in range. */
export function checkEncoderConfig(config: EncoderConfig): void {
  const check = (name: string, value: number, least: number): void => {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`EncoderConfig.${name} is ${value}; it must be an integer, ${least} or more.`);
    }
  };
  check("vocabularySize", config.vocabularySize, 1);
  check("maxLength", config.maxLength, 1);
  check("dModel", config.dModel, 1);
  check("outputs", config.outputs, 1);
  config.blocks.forEach((block, index) => {
    check(`blocks[${index}].heads`, block.heads, 0);
    check(`blocks[${index}].dHead`, block.dHead, block.heads === 0 ? 0 : 1);
    check(`blocks[${index}].dFf`, block.dFf, 0);
  });
}
