/** The keys of GPT-2's configurations of which some values make another model. */
import type { FamilyKeys } from "../config-keys.js";

/** Keys with the values that these models have. */
const SUPPORTED = new Map<string, readonly unknown[]>([
  ["model_type", ["gpt2"]],
  ["scale_attn_weights", [true]],
  ["scale_attn_by_inverse_layer_idx", [false]],
  ["add_cross_attention", [false]],
  ["is_encoder_decoder", [false]],
  ["cross_attention_hidden_size", [null]],
  ["pruned_heads", [{}, null]],
  ["quantization_config", [null]],
  ["normalization_type", ["LN", "layernorm", "layer_norm"]],
  ["positional_embedding_type", ["standard", "learned", "absolute"]],
  ["position_embedding_type", ["learned", "absolute"]],
  ["attention_scale", ["1/sqrt(d_head)"]],
  ["attention_dir", ["causal"]],
  ["causal", [true]],
  ["unembedding", ["transformer.wte.weight transposed, no bias"]],
  ["linear_layout", ["weights are [in, out]: y = x @ W + b; c_attn output is q | k | v, each split into heads in order"]],
]); // prettier-ignore

/** Classes of Hugging Face whose logits these are. */
const ARCHITECTURES = [
  "GPT2LMHeadModel",
  "GPT2Model",
  "TFGPT2LMHeadModel",
  "TFGPT2Model",
  "FlaxGPT2LMHeadModel",
  "FlaxGPT2Model",
];

/** A description in words. */
const ARCHITECTURE = /^gpt-?2( \(pre-layernorm decoder, learned absolute positions\))?$/i;

export const GPT2_KEYS: FamilyKeys = {
  supported: SUPPORTED,
  architectures: ARCHITECTURES,
  architecture: ARCHITECTURE,
};
