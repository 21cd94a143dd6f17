/** Configurations of the Llama kind and of GPT-NeoX: what they say of a model, and what is refused. */
import { llamaConfig, LoadError, neoXConfig } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { LLAMA, NEOX } from "./small-configs.js";

describe("configurations of the Llama kind", () => {
  it.each<[string, object, object]>([
    ["defaults", {}, { attentionBias: false, outputBias: false, activation: "silu", base: 500, dHead: 2 }],
    ["head_dim", { head_dim: 6 }, { dHead: 6 }],
    ["no num_key_value_heads", { num_key_value_heads: null }, { keyValueHeads: 4 }],
    ["Mistral without a window", { model_type: "mistral", sliding_window: null }, {}],
    ["Mistral with a window of its context", { model_type: "mistral", sliding_window: 16 }, {}],
    [
      "Qwen2",
      { model_type: "qwen2", use_sliding_window: false, sliding_window: 4, max_window_layers: 2 },
      { attentionBias: true, outputBias: false },
    ],
    ["Qwen2 of a newer library", { model_type: "qwen2", layer_types: ["full_attention", "full_attention"] }, {}],
    [
      "biases",
      { attention_bias: true, mlp_bias: true },
      { attentionBias: true, outputBias: true, feedForwardBias: true },
    ],
    ["linear scaling", { rope_scaling: { type: "linear", factor: 2 } }, { scaling: { kind: "linear", factor: 2 } }],
    ["default scaling", { rope_scaling: { rope_type: "default" } }, {}],
    [
      "rope_parameters",
      { rope_theta: undefined, rope_parameters: { rope_type: "default", rope_theta: 700 } },
      { base: 700 },
    ],
    [
      "Llama 3",
      {
        rope_scaling: {
          rope_type: "llama3",
          factor: 8,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 8192,
        },
      },
      { scaling: { kind: "llama3", factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 8192 } },
    ],
  ])("%s", (_, change, expected) => {
    const config = llamaConfig({ ...LLAMA, ...change });
    expect(config).toMatchObject(expected);
    if (!("scaling" in expected)) expect(config.scaling).toBeUndefined();
  });

  it.each<[object, string]>([
    [{ hidden_size: undefined }, "the configuration does not give hidden_size or dim"],
    [{ num_attention_heads: 3 }, "the configuration has 3 heads, which do not divide a width of 8, and no head_dim"],
    [{ num_hidden_layers: 1e6 }, "the configuration's num_hidden_layers is 1000000; models have at most 10000 layers"],
    [{ num_key_value_heads: 3 }, "the configuration has 3 heads of keys, which do not divide its 4 heads"],
    [{ head_dim: 3 }, "the configuration's heads have 3 columns; rotary positions turn pairs of columns"],
    [{ hidden_act: "geglu" }, 'the configuration\'s hidden_act is "geglu"; supported are silu, swish, gelu'],
    [
      { sliding_window: 4 },
      "the configuration's sliding_window is 4; a window shorter than the context is not supported",
    ],
    [{ layer_types: ["sliding_attention"] }, 'supported is "full_attention" in all layers'],
    [{ partial_rotary_factor: 0.5 }, "turns a part of each head only"],
    [
      { rope_scaling: { rope_type: "yarn", factor: 2 } },
      'the configuration\'s rope_type is "yarn"; supported are default, linear, llama3',
    ],
    [{ rope_scaling: { type: "linear" } }, "the configuration's rope_scaling does not give factor"],
    [
      { rope_scaling: { type: "linear", factor: 2, mscale: 1 } },
      'the configuration\'s rope_scaling has "mscale", which is not known here',
    ],
    [{ rope_scaling: "linear" }, 'the configuration\'s rope_scaling is "linear"; it must be an object'],
    [
      {
        rope_scaling: {
          rope_type: "llama3",
          factor: 8,
          low_freq_factor: 4,
          high_freq_factor: 1,
          original_max_position_embeddings: 8,
        },
      },
      "it must be more than low_freq_factor, 4",
    ],
    [
      { rope_parameters: { rope_type: "default", rope_theta: 700 } },
      "the configuration contradicts itself: rope_theta is 500, and in rope_parameters 700",
    ],
    [{ rope_theta: 0.5 }, "the configuration's rope_theta is 0.5; it must be a number, 1 or more"],
    [{ rms_norm_eps: 0 }, "the configuration's rms_norm_eps is 0; it must be more than 0"],
    [{ attention_bias: 1 }, "the configuration's attention_bias is 1; it must be true or false"],
    [{ use_scaled_rope: true }, "use_scaled_rope is true; supported is false"],
  ])("%j is refused", (change, message) => {
    expect(() => llamaConfig({ ...LLAMA, ...change })).toThrow(LoadError);
    expect(() => llamaConfig({ ...LLAMA, ...change })).toThrow(message);
  });
});

describe("configurations of GPT-NeoX", () => {
  it.each<[object, object]>([
    [{}, { rotaryColumns: 2, base: 10000, parallel: true, activation: "geluExact", attentionBias: true }],
    [{ rotary_pct: undefined, partial_rotary_factor: 1 }, { rotaryColumns: 4 }],
    [
      {
        rotary_pct: undefined,
        rotary_emb_base: undefined,
        rope_parameters: { rope_theta: 50, partial_rotary_factor: 0.5 },
      },
      { rotaryColumns: 2, base: 50 },
    ],
    [
      { use_parallel_residual: false, hidden_act: "gelu_new", attention_bias: false },
      { parallel: false, activation: "gelu", attentionBias: false },
    ],
  ])("%j", (change, expected) => expect(neoXConfig({ ...NEOX, ...change })).toMatchObject(expected));

  it.each<[object, string]>([
    [
      { rotary_pct: 0.3 },
      "the configuration's rotary_pct is 0.3, which are 1 of the 4 columns of a head; they turn in pairs",
    ],
    [{ rotary_pct: 2 }, "the configuration's rotary_pct is 2; it must be above 0, up to 1"],
    [{ num_attention_heads: 3 }, "the configuration has 3 heads, which do not divide a width of 8"],
    [{ intermediate_size: undefined }, "the configuration does not give intermediate_size"],
  ])("%j is refused", (change, message) => expect(() => neoXConfig({ ...NEOX, ...change })).toThrow(message));
});
