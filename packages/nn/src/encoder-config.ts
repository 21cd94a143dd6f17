/** The sizes of a single-stack model. */
import { checks } from "@selectron/core";
import { checkStackConfig, stackKinds, stackRequired, type StackConfig } from "./stack.js";

/** A stack and its output maps, which determine the names and shapes of a model's parameters. */
export interface EncoderConfig extends StackConfig {
  /** Width of the unembedding: outputs per position. */
  readonly outputs: number;
  /** Whether the unembedding is the token embedding transposed, without bias; then outputs is the vocabulary's size. */
  readonly tied?: boolean | undefined;
  /** Whether `pool` makes one vector of a whole sequence, as BERT's does; false by default. */
  readonly pooler?: boolean | undefined;
}

const encoderKinds = { ...stackKinds, outputs: checks.anInteger(1), tied: checks.aFlag, pooler: checks.aFlag };

/** Throws a RangeError if a size is not a whole number in range. */
export function checkEncoderConfig(config: EncoderConfig): void {
  checks.checkOptions("EncoderConfig", config, encoderKinds, [...stackRequired, "outputs"]);
  checkStackConfig(config, "EncoderConfig");
  if (config.tied && config.outputs !== config.vocabularySize) {
    throw new RangeError(
      `EncoderConfig.outputs is ${config.outputs}; tied to the token embedding it must be ${config.vocabularySize}.`,
    );
  }
}
