/**
 * A decoder-only Transformer (GPT-like): the causal sibling of `TransformerEncoder`. Position i sees positions 0 to i,
 * and its logits are for the token at i + 1. With a cache, a step computes its new positions only.
 */
import { checks } from "@selectron/core";
import { checkEncoderConfig, type EncoderConfig } from "./encoder-config.js";
import { TransformerEncoder } from "./encoder.js";
import { cached, type Decoding, type Generative } from "./generation/generative.js";
import type { ParameterSource } from "./parameters.js";

/** A causal model that `generate` can use. */
export class TransformerDecoder extends TransformerEncoder implements Generative {
  static {
    checks.guardMethods(this);
  }

  /** As `TransformerEncoder`; `causal` is implied. */
  constructor(config: EncoderConfig, source?: ParameterSource) {
    checkEncoderConfig(config);
    super({ ...config, causal: true }, source);
  }

  /** Longest sequence that the positions can encode; undefined if any. */
  get maxLength(): number | undefined {
    return this.positionLimit;
  }

  /** Starts a sequence with a cache of its own. */
  begin(): Decoding {
    return cached((tokens, cache) => this.forward(tokens, { cache, lastOnly: true })).begin();
  }
}
