/**
 * The configuration for TransformerLens: the arguments of `HookedTransformerConfig` and of `TransformerBridge.boot_native`. Both fill in
 * what is missing with what a language model has: layer norm, a causal mask, 4 · d_model hidden units where d_mlp is 0 or absent.
 * So everything that a compiled model has otherwise is here.
 */
import type { EncoderConfig } from "@selectron/nn";

/** @param config - with equal layers, one or more */
export function lensConfig(config: EncoderConfig): Readonly<Record<string, number | string | boolean | null>> {
  const { heads, dHead, dFf } = config.blocks[0]!;
  return {
    n_layers: config.blocks.length,
    d_model: config.dModel,
    d_head: dHead,
    n_heads: heads,
    d_mlp: dFf,
    n_ctx: config.maxLength,
    d_vocab: config.vocabularySize,
    d_vocab_out: config.outputs,
    act_fn: "relu",
    normalization_type: null,
    attention_dir: config.causal === true ? "causal" : "bidirectional",
    positional_embedding_type: "standard",
    default_prepend_bos: false,
    init_weights: false,
  };
}
