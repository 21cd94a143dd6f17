/**
 * Checkpoints that PyTorch writes, as people have them: GPT-2, the Llama kind and GPT-NeoX, with and without prefixes, with mask buffers, in
 * float16 and bfloat16, in shards. `loadModel` reads the folders; the logits are compared with those of the formulas in python/models.py.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Rng } from "@selectron/core";
import {
  generate,
  gpt2Config,
  gpt2Shapes,
  llamaConfig,
  llamaShapes,
  loadModel,
  neoXConfig,
  neoXShapes,
  shardNames,
} from "@selectron/nn";
import { fileSource } from "./file-source.mjs";
import { difference } from "./python.mjs";

/** The bound of the issue that asked for these models, relative to 1 + |logit|. */
const LIMIT = 1e-4;
const [ROWS, LENGTH, VOCABULARY] = [4, 40, 61];

const gpt2 = {
  model_type: "gpt2",
  n_layer: 3,
  n_head: 4,
  n_embd: 32,
  n_positions: 48,
  vocab_size: VOCABULARY,
  layer_norm_epsilon: 1e-5,
};
const llama = {
  model_type: "llama",
  num_hidden_layers: 3,
  num_attention_heads: 8,
  num_key_value_heads: 2,
  hidden_size: 64,
  intermediate_size: 96,
  vocab_size: VOCABULARY,
  max_position_embeddings: 48,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  hidden_act: "silu",
  tie_word_embeddings: false,
};
const meta = {
  dim: 64,
  n_layers: 3,
  n_heads: 8,
  n_kv_heads: 4,
  vocab_size: VOCABULARY,
  multiple_of: 32,
  norm_eps: 1e-5,
  rope_theta: 10000,
};
const neox = {
  model_type: "gpt_neox",
  num_hidden_layers: 3,
  num_attention_heads: 4,
  hidden_size: 64,
  intermediate_size: 128,
  vocab_size: VOCABULARY,
  max_position_embeddings: 48,
  layer_norm_eps: 1e-5,
  rotary_pct: 0.25,
  rotary_emb_base: 10000,
  use_parallel_residual: true,
  hidden_act: "gelu",
  tie_word_embeddings: false,
};
const llama3 = {
  rope_type: "llama3",
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 32,
};

const shapesOf = {
  gpt2: (config) => gpt2Shapes(gpt2Config(config)),
  llama: (config) => llamaShapes(llamaConfig(config)),
  gpt_neox: (config) => neoXShapes(neoXConfig(config)),
};

/** Meta's names for ours. */
const original = (name) =>
  [
    ["embed_tokens", "tok_embeddings"],
    ["lm_head", "output"],
    ["post_attention_layernorm", "ffn_norm"],
    ["input_layernorm", "attention_norm"],
    ["self_attn.q_proj", "attention.wq"],
    ["self_attn.k_proj", "attention.wk"],
    ["self_attn.v_proj", "attention.wv"],
    ["self_attn.o_proj", "attention.wo"],
    ["mlp.gate_proj", "feed_forward.w1"],
    ["mlp.down_proj", "feed_forward.w2"],
    ["mlp.up_proj", "feed_forward.w3"],
  ].reduce((text, [from, to]) => text.replace(from, to), name);

/** Family, what is special, configuration, how it is saved. */
const cases = [
  ["gpt2", "plain", gpt2, {}],
  ["gpt2", "transformer., mask buffers", gpt2, { prefix: true, buffers: true }],
  [
    "gpt2",
    "lm_head, exact GELU",
    { ...gpt2, activation_function: "gelu", tie_word_embeddings: false },
    { head: "lm_head.weight" },
  ],
  ["gpt2", "float16, 3 shards, buffers", gpt2, { prefix: true, dtype: "float16", shards: 3, buffers: true }],
  ["gpt2", "bfloat16, 2 shards", gpt2, { prefix: true, dtype: "bfloat16", shards: 2 }],
  ["llama", "columns in halves, grouped", llama, { prefix: true, buffers: true }],
  [
    "llama",
    "tied, one key, bfloat16",
    { ...llama, num_key_value_heads: 1, tie_word_embeddings: true },
    { prefix: true, dtype: "bfloat16", shards: 2 },
  ],
  [
    "llama",
    "biases, no grouping",
    { ...llama, num_key_value_heads: 8, attention_bias: true, mlp_bias: true },
    { prefix: true },
  ],
  ["llama", "Qwen2", { ...llama, model_type: "qwen2" }, { prefix: true, dtype: "float16" }],
  ["llama", "linear scaling", { ...llama, rope_scaling: { rope_type: "linear", factor: 4 } }, {}],
  ["llama", "scaling of Llama 3", { ...llama, rope_scaling: llama3 }, {}],
  ["llama", "Meta's names, columns side by side", meta, { original: true, shards: 2 }],
  ["gpt_neox", "in parallel", neox, { prefix: true, buffers: true }],
  [
    "gpt_neox",
    "one after the other, float16",
    { ...neox, use_parallel_residual: false },
    { prefix: true, dtype: "float16" },
  ],
  ["gpt_neox", "all columns, tied, 2 shards", { ...neox, rotary_pct: 1, tie_word_embeddings: true }, { shards: 2 }],
];

/** What a user does with a folder. */
function load(folder) {
  const json = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const isSharded = existsSync(join(folder, "model.safetensors.index.json"));
  const index = isSharded ? json("model.safetensors.index.json") : undefined;
  const names = index ? shardNames(index) : ["model.safetensors"];
  return loadModel(
    json("config.json"),
    names.map((name) => fileSource(join(folder, name))),
    { index },
  );
}

/** @returns rows of the table */
export async function compareCheckpoints({ python }) {
  const rng = new Rng(2);
  const jobs = cases.map(([family, note, config, how], i) => {
    const shapes = [...shapesOf[family](config)];
    if (how.head) shapes.push([how.head, [VOCABULARY, config.n_embd]]);
    return {
      name: `checkpoint ${i + 1}`,
      family,
      note,
      config,
      seed: i,
      dtype: how.dtype ?? "float32",
      shards: how.shards ?? 1,
      prefix: how.prefix ?? false,
      buffers: how.buffers ?? false,
      shapes: Object.fromEntries(how.original ? shapes.map(([name, shape]) => [original(name), shape]) : shapes),
      ids: Array.from({ length: ROWS }, () => Array.from({ length: LENGTH }, () => rng.int(VOCABULARY))),
    };
  });
  const { tensors, place } = await python.inPlace("checkpoints.py", jobs);
  return jobs.map(({ name, family, note, ids }) => {
    const model = load(join(place, name));
    const [ours, theirs] = [model.forward(ids).data, tensors.get(`${name}.logits`).data];
    const worst = difference(ours, theirs);
    const best = generate(model, ids[0], { maxTokens: 1 }).tokens[0];
    const last = theirs.subarray((LENGTH - 1) * VOCABULARY, LENGTH * VOCABULARY);
    const failed = !(worst <= LIMIT) || best !== last.indexOf(Math.max(...last));
    return { what: `${family}: ${note}`, compared: `${ours.length} logits`, worst, failed };
  });
}
