/**
 * The keys of configurations that give no size: those that change nothing that is computed here, and those of which some values make
 * another model, which each family lists. Known are Hugging Face's (what every configuration of transformers may have), nanoGPT's, and
 * the words with which normalised configurations describe a model. Anything else may change the model, and is refused.
 */
import { jsonText } from "@selectron/core";
import type { Fields } from "./config-fields.js";

/** What is drawn, trained, generated, tokenised or said about a model changes none of its logits. */
// prettier-ignore
const HARMLESS = new Set([
  // Of GPT2Config: dropout, initial values, heads for other tasks, the precision of intermediate results, the cache.
  "initializer_range", "use_cache", "reorder_and_upcast_attn", "n_special", "predict_special_tokens", "output_past", "n_ctx",
  "gradient_checkpointing", "pretraining_tp", "max_window_layers", "rope_type",
  // Of every configuration: where it comes from, how it is stored.
  "name_or_path", "transformers_version", "torch_dtype", "dtype", "torchscript", "use_bfloat16", "tf_legacy_loss", "attn_implementation",
  "chunk_size_feed_forward", "is_decoder", "transformers.js_config", "tie_encoder_decoder", "return_dict", "output_attentions", "output_hidden_states", "auto_map",
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

/** What a family of models says of keys that give no size. */
export interface FamilyKeys {
  /** Keys with the values that its models have, compared as JSON. */
  readonly supported: ReadonlyMap<string, readonly unknown[]>;
  /** Classes of Hugging Face whose logits these are. */
  readonly architectures: readonly string[];
  /** A description in words, under `architecture`. */
  readonly architecture?: RegExp;
}

/**
 * What is wrong with keys that give no size: a value that makes another model, or a key that is not known. Undefined if nothing is.
 *
 * @param known - keys that are read elsewhere
 * @param ignored - keys that are not known, but that change nothing
 */
export function otherModel(
  fields: Fields,
  { supported, architectures, architecture }: FamilyKeys,
  known: ReadonlySet<string>,
  ignored: readonly string[],
): string | undefined {
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    const values = supported.get(key);
    if (value === undefined || known.has(key) || HARMLESS.has(key) || HARMLESS_FAMILY.test(key)) continue;
    if (key === "architectures") {
      const all = value === null ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
      const other = all.find((name) => !architectures.includes(name as string));
      if (other !== undefined) {
        return `architectures has ${jsonText(other)}; supported are ${architectures.slice(0, 2).join(" and ")}`;
      }
    } else if (key === "architecture" && architecture) {
      if (typeof value !== "string" || !(architecture.test(value) || architectures.includes(value))) {
        return `architecture is ${jsonText(value)}; supported is ${jsonText(supported.get("model_type")![0])}`;
      }
    } else if (!values) {
      if (!ignored.includes(key)) unknown.push(jsonText(key));
    } else if (!values.some((one) => jsonText(one, Infinity) === jsonText(value, Infinity))) {
      return `${key} is ${jsonText(value)}; supported is ${values.map((one) => jsonText(one)).join(" or ")}`;
    }
  }
  if (unknown.length === 0) return undefined;
  const names = unknown.slice(0, 5).join(", ") + (unknown.length > 5 ? `, and ${unknown.length - 5} more` : "");
  return (
    `${names} ${unknown.length === 1 ? "is" : "are"} not known here and may make another model. ` +
    `If it changes nothing that is computed, leave it out, or pass { ignore: [${unknown.slice(0, 5).join(", ")}] }`
  );
}
