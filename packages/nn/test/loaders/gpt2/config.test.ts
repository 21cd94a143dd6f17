/** Configurations: those that people publish load, and none is taken for another model's. */
import { gpt2Config, Gpt2, Gpt2Error } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { sizes, weights } from "./tiny.js";

/** Deeper than a recursive writer of JSON goes. */
const nested: unknown = JSON.parse("[".repeat(20_000) + "]".repeat(20_000));

/** OpenAI's sizes as Hugging Face published them, over the years. */
const published = {
  activation_function: "gelu_new", architectures: ["GPT2LMHeadModel"], attn_pdrop: 0.1, bos_token_id: 50256, embd_pdrop: 0.1,
  eos_token_id: 50256, initializer_range: 0.02, layer_norm_epsilon: 1e-5, model_type: "gpt2", n_ctx: 1024, n_embd: 768, n_head: 12,
  n_inner: null, n_layer: 12, n_positions: 1024, reorder_and_upcast_attn: false, resid_pdrop: 0.1,
  scale_attn_by_inverse_layer_idx: false, scale_attn_weights: true, summary_activation: null, summary_first_dropout: 0.1,
  summary_proj_to_labels: true, summary_type: "cls_index", summary_use_proj: true,
  task_specific_params: { "text-generation": { do_sample: true, max_length: 50 } }, transformers_version: "4.35.2", use_cache: true,
  vocab_size: 50257,
}; // prettier-ignore

/** With every key that transformers wrote in full, for a while. */
const inFull = {
  ...published, _name_or_path: "gpt2", _attn_implementation_autoset: true, add_cross_attention: false, bad_words_ids: null,
  begin_suppress_tokens: null, chunk_size_feed_forward: 0, cross_attention_hidden_size: null, decoder_start_token_id: null,
  diversity_penalty: 0, do_sample: false, dtype: "float32", early_stopping: false, encoder_no_repeat_ngram_size: 0,
  exponential_decay_length_penalty: null, finetuning_task: null, forced_bos_token_id: null, forced_eos_token_id: null,
  gradient_checkpointing: false, id2label: { 0: "LABEL_0" }, is_decoder: false, is_encoder_decoder: false, label2id: { LABEL_0: 0 },
  length_penalty: 1, max_length: 20, min_length: 0, no_repeat_ngram_size: 0, num_beam_groups: 1, num_beams: 1,
  num_return_sequences: 1, output_attentions: false, output_hidden_states: false, output_scores: false, pad_token_id: 99, prefix: null,
  problem_type: null, pruned_heads: {}, remove_invalid_values: false, repetition_penalty: 1, return_dict: true,
  return_dict_in_generate: false, sep_token_id: null, suppress_tokens: null, temperature: 1, tf_legacy_loss: false,
  tie_encoder_decoder: false, tie_word_embeddings: true, tokenizer_class: null, top_k: 50, top_p: 1, torch_dtype: null,
  torchscript: false, typical_p: 1, use_bfloat16: false,
}; // prettier-ignore

describe("loads what is published", () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ["OpenAI's", published, { layers: 12, heads: 12, dModel: 768, dFf: 3072, maxLength: 1024, vocabularySize: 50257, activation: "gelu" }],
    ["one in full", inFull, { dFf: 3072, tied: true }],
    [
      "one of 2019, without an activation",
      { attn_pdrop: 0.1, embd_pdrop: 0.1, finetuning_task: null, initializer_range: 0.02, layer_norm_epsilon: 1e-5, n_ctx: 300, n_embd: 128, n_head: 8,
        n_layer: 3, n_positions: 300, num_labels: 1, output_attentions: false, output_hidden_states: false, output_past: true, pruned_heads: {},
        resid_pdrop: 0.1, summary_activation: null, summary_type: "cls_index", torchscript: false, use_bfloat16: false, vocab_size: 8318 },
      { layers: 3, dFf: 512, maxLength: 300 },
    ],
    ["one with n_special and hidden_size", { ...published, n_special: 0, predict_special_tokens: true, hidden_size: 768 }, { dModel: 768 }],
    ["one whose n_ctx is not n_positions", { ...published, n_ctx: 512 }, { maxLength: 1024 }],
    ["one with the exact gelu", { ...published, activation_function: "gelu", tokenizer_class: "BertTokenizer" }, { activation: "geluExact" }],
    ["OpenAI's own hparams", { n_vocab: 50257, n_ctx: 1024, n_embd: 768, n_head: 12, n_layer: 12 }, { vocabularySize: 50257, maxLength: 1024 }],
    [
      "nanoGPT's model_args",
      { n_layer: 6, n_head: 6, n_embd: 384, block_size: 256, bias: false, vocab_size: 65, dropout: 0.2 },
      { maxLength: 256, bias: false, layers: 6 },
    ],
    [
      "a normalised one",
      { name: "x", architecture: "gpt2 (pre-layernorm decoder, learned absolute positions)", layers: 1, heads: 1, d_model: 16, d_head: 16, d_mlp: 64,
        n_ctx: 152, activation: "gelu_new (tanh approximation)", layer_norm_eps: 1e-5, attention_scale: "1/sqrt(d_head)", tied_unembedding: true,
        vocab_size: 6, vocab: ["a"], head_type: "multi_label_sigmoid", training: { lr: 0.1 } },
      { activation: "gelu", tied: true, dFf: 64 },
    ],
  ])("%s", (_, config, expected) => {
    expect(gpt2Config(config)).toMatchObject(expected);
  }); // prettier-ignore
});

describe("refuses what may be another model", () => {
  it.each<[Record<string, unknown>, string]>([
    [{ activation: "silu" }, 'activation is "silu"; supported are gelu_new, '],
    [{ activation_function: "gelu_new", activation: "relu" }, 'contradicts itself: activation_function is "gelu_new", activation is "relu"'],
    [{ activation_function: "quick_gelu" }, 'activation_function is "quick_gelu"'],
    [{ activation_function: "toString" }, 'activation_function is "toString"'],
    [{ activation_function: 5 }, "activation_function is 5"],
    [{ positional_embedding_type: "rotary" }, 'positional_embedding_type is "rotary"; supported is "standard"'],
    [{ position_embedding_type: "relative_key" }, 'position_embedding_type is "relative_key"'],
    [{ normalization_type: null }, 'normalization_type is null; supported is "LN"'],
    [{ normalization_type: "RMS" }, 'normalization_type is "RMS"'],
    [{ scale_attn_by_inverse_layer_idx: true }, "scale_attn_by_inverse_layer_idx is true; supported is false"],
    [{ scale_attn_weights: false }, "scale_attn_weights is false; supported is true"],
    [{ add_cross_attention: true }, "add_cross_attention is true; supported is false"],
    [{ is_encoder_decoder: true }, "is_encoder_decoder is true"],
    [{ pruned_heads: { 0: [1] } }, 'pruned_heads is {"0":[1]}'],
    [{ quantization_config: { bits: 4, quant_method: "gptq" } }, 'quantization_config is {"bits":4,'],
    [{ model_type: "gptj" }, 'model_type is "gptj"; supported is "gpt2"'],
    [{ model_type: null }, "model_type is null"],
    [{ architectures: ["GPT2ForSequenceClassification"] }, 'architectures has "GPT2ForSequenceClassification"; supported are GPT2LMHeadModel'],
    [{ architectures: "GPT2LMHeadModel", architecture: "llama" }, 'architecture is "llama"'],
    [{ architecture: "gpt2 with rotary positions" }, "architecture is"],
    [{ rotary_dim: 64 }, '"rotary_dim" is not known here and may make another model'],
    [{ use_rmsnorm: true, use_relu: true }, '"use_rmsnorm", "use_relu" are not known here'],
    [{ constructor: 1 }, '"constructor" is not known here'],
    [Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 0])), '"k0", "k1", "k2", "k3", "k4", and 4 more are not known here'],
    [{ ["k".repeat(1000)]: 0 }, `"${"k".repeat(29)}… (942 characters) …${"k".repeat(29)}" is not known here`],
    [{ d_head: 3 }, "d_head is 3; 2 heads of it do not make a width of 4"],
    [{ n_layer: 1, layers: 2 }, "contradicts itself: n_layer is 1, layers is 2"],
    [{ n_inner: 8, d_mlp: 9 }, "contradicts itself: n_inner is 8, d_mlp is 9"],
    [{ n_positions: 5, block_size: 6 }, "contradicts itself: n_positions is 5, block_size is 6"],
    [{ tie_word_embeddings: "no" }, 'tie_word_embeddings is "no"; it must be true or false'],
    [{ layer_norm_epsilon: 0 }, "layer_norm_epsilon is 0; it must be more than 0"],
    [{ layer_norm_epsilon: 1e300 }, "layer_norm_epsilon is 1e+300"],
    [{ layer_norm_epsilon: 1e-60 }, "layer_norm_epsilon is 1e-60"],
    [{ n_layer: 2 ** 53 }, "n_layer is 9007199254740992; it must be an integer"],
    [{ n_inner: 0 }, "n_inner is 0; it must be an integer, 1 or more"],
    [{ n_inner: nested }, "n_inner is […]; it must be an integer, 1 or more"],
    [{ activation: nested }, "activation is […]"],
    [{ layer_norm_epsilon: nested }, "layer_norm_epsilon is […]"],
    [{ architecture: nested }, "architecture is […]"],
    [{ model_type: nested }, "model_type is […]"],
    [{ model_type: "gpt\u001b[31m" }, 'model_type is "gpt\\u001b[31m"'],
  ])("%#", (change, message) => {
    expect(() => gpt2Config({ ...sizes, ...change })).toThrow(Gpt2Error);
    expect(() => gpt2Config({ ...sizes, ...change })).toThrow(message);
  }); // prettier-ignore

  it("in short, whatever the values are", () => {
    const deep = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`) as unknown;
    for (const key of [
      "n_layer",
      "activation",
      "bias",
      "model_type",
      "layer_norm_epsilon",
      "architectures",
      "unknown",
    ]) {
      for (const value of [deep, "\u001b[31m".repeat(100_000), 5n, Symbol("s"), { toJSON: () => undefined }]) {
        const load = (): unknown => gpt2Config({ ...sizes, [key]: value });
        expect(load).toThrow(Gpt2Error);
        expect(load).toThrow(/^[^\u001b]{1,500}$/);
      }
    }
  });

  it("unless an unknown key is said to change nothing", () => {
    const config = { ...sizes, wandb_run: "x", note: 1 };
    expect(() => gpt2Config(config)).toThrow('pass { ignore: ["wandb_run", "note"] }');
    expect(gpt2Config(config, { ignore: ["wandb_run", "note"] })).toEqual(gpt2Config(sizes));
    expect(() => gpt2Config(config, { ignore: ["note"] })).toThrow('"wandb_run" is not known');
    const { parameters } = Gpt2.fromSafetensors(weights(), config, { ignore: ["wandb_run", "note"] });
    expect(parameters.size).toBe(16);
    const quantized = { ...sizes, quantization_config: {} };
    expect(() => gpt2Config(quantized, { ignore: ["quantization_config"] })).toThrow("quantization_config is {}");
  });
});
