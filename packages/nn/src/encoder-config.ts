/** The sizes of a single-stack model. */
import { checkInteger } from "./checks.js";
import { checkStackConfig, type StackConfig } from "./stack.js";

/** A stack and its output maps, which determine the names and shapes of a model's parameters. */
export interface EncoderConfig extends StackConfig {
  /** Width of the unembedding: outputs per position. */
  readonly outputs: number;
  /** Whether the unembedding is the token embedding transposed, without bias; then outputs is the vocabulary's size. */
  readonly tied?: boolean | undefined;
  /** Whether `pool` makes one vector of a whole sequence, as BERT's does; false by default. */
  readonly pooler?: boolean | undefined;
}

/** Throws a RangeError if a size is not a whole number in range. */
export function checkEncoderConfig(config: EncoderConfig): void {
  checkStackConfig(config, "EncoderConfig");
  checkInteger("EncoderConfig.outputs", config.outputs, 1);
  if (config.tied && config.outputs !== config.vocabularySize) {
    throw new RangeError(
      `EncoderConfig.outputs is ${config.outputs}; tied to the token embedding it must be ${config.vocabularySize}.`,
    );
  }
}
