/**
 * The files beside the weights that Hugging Face's libraries read: how text becomes ids and back, and how a model generates. The tokenizer
 * is a table of whole tokens (WordLevel). Tokens of one letter need nothing between them; others may be apart by spaces, which separate
 * unless a token has one. What is no token is refused, because a model would answer it with something. BOS comes first.
 */
import type { Gpt2Config } from "@selectron/nn";
import type { Vocabulary } from "./vocabulary.js";

/** By file name: what is to be written as JSON. */
export type JsonFiles = Readonly<Record<string, unknown>>;

/** `config.json`, `tokenizer.json`, `tokenizer_config.json` and `generation_config.json`. */
export function descriptionFiles(config: Gpt2Config, vocabulary: Vocabulary): JsonFiles {
  const { texts } = vocabulary;
  const ends = endsOf(vocabulary);
  const bos = texts[0]!;
  return {
    "config.json": { ...sizes(config), bos_token_id: 0, ...ends, "transformers.js_config": { dtype: "fp32" } },
    "tokenizer.json": tokenizer(vocabulary),
    "tokenizer_config.json": {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: bos,
      pad_token: bos,
      model_max_length: config.maxLength,
      clean_up_tokenization_spaces: false,
      padding_side: "left",
    },
    "generation_config.json": {
      bos_token_id: 0,
      pad_token_id: 0,
      ...ends,
      do_sample: false,
      max_length: config.maxLength,
    },
  };
}

/** An answer that is no token ends a text. */
function endsOf({ texts, inputs }: Vocabulary): { readonly eos_token_id?: readonly number[] } {
  const ends = [...texts.keys()].slice(inputs);
  return ends.length === 0 ? {} : { eos_token_id: ends };
}

const sizes = (config: Gpt2Config) => ({
  architectures: ["GPT2LMHeadModel"],
  model_type: "gpt2",
  n_layer: config.layers,
  n_head: config.heads,
  n_embd: config.dModel,
  n_inner: config.dFf,
  n_positions: config.maxLength,
  vocab_size: config.vocabularySize,
  activation_function: "gelu_new",
  layer_norm_epsilon: config.epsilon,
  tie_word_embeddings: false,
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  reorder_and_upcast_attn: false,
  attn_pdrop: 0,
  embd_pdrop: 0,
  resid_pdrop: 0,
  torch_dtype: "float32",
  use_cache: true,
});

function tokenizer(vocabulary: Vocabulary): unknown {
  const { texts } = vocabulary;
  const bos = texts[0]!;
  const first = { SpecialToken: { id: bos, type_id: 0 } };
  const sequence = (id: string): unknown => ({ Sequence: { id, type_id: 0 } });
  const isLetters = texts.slice(1).every((text) => [...text].length === 1);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      { id: 0, content: bos, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    ],
    normalizer: null,
    pre_tokenizer: preTokenizer(vocabulary),
    post_processor: {
      type: "TemplateProcessing",
      single: [first, sequence("A")],
      pair: [first, sequence("A"), sequence("B")],
      special_tokens: { [bos]: { id: bos, ids: [0], tokens: [bos] } },
    },
    decoder: isLetters ? { type: "Fuse" } : null,
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(texts.map((text, id) => [text, id])),
      // Not in the table: so that a word that is no token is refused.
      unk_token: "<unk>",
    },
  };
}

/** Spaces apart, and then the longest token that fits at each place. */
function preTokenizer({ texts, inputs }: Vocabulary): unknown {
  const tokens = texts.slice(1, inputs).filter((text) => text !== "");
  const longestFirst = [...tokens].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const split = {
    type: "Split",
    pattern: { Regex: longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|") },
    behavior: "Isolated",
    invert: false,
  };
  if (tokens.some((text) => /\s/.test(text))) return split;
  return { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, split] };
}
