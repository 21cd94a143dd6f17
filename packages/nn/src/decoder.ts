/**
 * A decoder-only Transformer (GPT-like): the causal sibling of `TransformerEncoder`. Position i sees positions 0 to i, and
 * its logits are for the token at i + 1. With a cache a step costs what its new tokens cost.
 */
import type { EncoderConfig } from "./encoder-config.js";
import { TransformerEncoder } from "./encoder.js";
import type { ParameterSource } from "./parameters.js";

export class TransformerDecoder extends TransformerEncoder {
  /** As `TransformerEncoder`; `causal` need not be said. */
  constructor(config: EncoderConfig, source?: ParameterSource) {
    super({ ...config, causal: true }, source);
  }
}
