/** The keys of configurations of the Llama kind of which some values make another model. */
import type { FamilyKeys } from "../config-keys.js";

export const LLAMA_KEYS: FamilyKeys = {
  supported: new Map<string, readonly unknown[]>([
    ["model_type", ["llama", "mistral", "qwen2"]],
    ["is_encoder_decoder", [false]],
    ["add_cross_attention", [false]],
    ["cross_attention_hidden_size", [null]],
    ["pruned_heads", [{}, null]],
    ["quantization_config", [null]],
    ["use_scaled_rope", [false]],
    ["rope_interleaved", [false]],
    ["moe", [null]],
  ]),
  architectures: [
    "LlamaForCausalLM",
    "LlamaModel",
    "MistralForCausalLM",
    "MistralModel",
    "Qwen2ForCausalLM",
    "Qwen2Model",
  ],
};
