/**
 * The keys of GPT-2's configurations that give no size: those that change nothing that is computed here, and those of which some values
 * make another model. Known are Hugging Face's (`GPT2Config` and what every configuration of transformers may have), nanoGPT's, and the
 * words with which normalised configurations describe a model. Anything else may change the model, and is refused.
 */
import { jsonText } from "@selectron/core";

/** Keys with the values that this model has, compared as JSON. */
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

/** What is drawn, trained, generated, tokenised or said about a model changes none of its logits. */
// prettier-ignore
const HARMLESS = new Set([
  // Of GPT2Config: dropout, initial values, heads for other tasks, the precision of intermediate results, the cache.
  "initializer_range", "use_cache", "reorder_and_upcast_attn", "n_special", "predict_special_tokens", "output_past", "n_ctx",
  "gradient_checkpointing",
  // Of every configuration: where it comes from, how it is stored.
  "name_or_path", "transformers_version", "torch_dtype", "dtype", "torchscript", "use_bfloat16", "tf_legacy_loss", "attn_implementation",
  "chunk_size_feed_forward", "is_decoder", "tie_encoder_decoder", "return_dict", "output_attentions", "output_hidden_states", "auto_map",
  // Tasks and labels.
  "finetuning_task", "id2label", "label2id", "num_labels", "problem_type", "task_specific_params", "prefix", "tokenizer_class",
  // Generation.
  "max_length", "min_length", "max_new_tokens", "min_new_tokens", "do_sample", "early_stopping", "num_beams", "num_beam_groups",
  "diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
  "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences", "output_scores", "return_dict_in_generate",
  "remove_invalid_values", "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens",
  // Of training scripts such as nanoGPT's.
  "dropout", "drop_rate", "learning_rate", "lr", "weight_decay", "batch_size", "max_iters", "max_steps", "seed", "epochs", "optimizer",
  // What normalised configurations say about a model, its data and its results.
  "name", "description", "license", "source_dir", "source_repo", "kind", "task", "task_description", "vocab", "vocabulary", "special_tokens",
  "head_type", "input_format", "position_ids", "training", "training_offset", "train_lengths", "test_lengths", "reported_accuracy",
  "measured_accuracy", "sha256",
]);

/** Families of harmless keys: private ones, rates of dropout, the summary that classifiers take, ids of special tokens. */
const HARMLESS_FAMILY = /^_|_pdrop$|_dropout$|^summary_|_token_ids?$/;

/**
 * What is wrong with keys that give no size: a value that makes another model, or a key that is not known. Undefined if nothing is.
 *
 * @param known - keys that are read elsewhere
 * @param ignored - keys that are not known, but that change nothing
 */
export function otherModel(
  fields: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  ignored: readonly string[],
): string | undefined {
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    const supported = SUPPORTED.get(key);
    if (value === undefined || known.has(key) || HARMLESS.has(key) || HARMLESS_FAMILY.test(key)) continue;
    if (key === "architectures") {
      const all = value === null ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
      const other = all.find((name) => !ARCHITECTURES.includes(name as string));
      if (other !== undefined) {
        return `architectures has ${jsonText(other)}; supported are ${ARCHITECTURES.slice(0, 2).join(" and ")}`;
      }
    } else if (key === "architecture") {
      if (typeof value !== "string" || !(ARCHITECTURE.test(value) || ARCHITECTURES.includes(value))) {
        return `architecture is ${jsonText(value)}; supported is "gpt2"`;
      }
    } else if (!supported) {
      if (!ignored.includes(key)) unknown.push(jsonText(key));
    } else if (!supported.some((one) => jsonText(one, Infinity) === jsonText(value, Infinity))) {
      return `${key} is ${jsonText(value)}; supported is ${supported.map((one) => jsonText(one)).join(" or ")}`;
    }
  }
  if (unknown.length === 0) return undefined;
  const names = unknown.slice(0, 5).join(", ") + (unknown.length > 5 ? `, and ${unknown.length - 5} more` : "");
  return (
    `${names} ${unknown.length === 1 ? "is" : "are"} not known here and may make another model. ` +
    `If it changes nothing that is computed, leave it out, or pass { ignore: [${unknown.slice(0, 5).join(", ")}] }`
  );
}
