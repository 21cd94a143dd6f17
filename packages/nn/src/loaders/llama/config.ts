/**
 * The sizes of a model of the Llama kind, read from Hugging Face's `config.json` (Llama, Mistral, Qwen2) or from Meta's and Mistral's own
 * `params.json`.
 */
import { checks, jsonText } from "@selectron/core";
import { checkLayers } from "../../checks.js";
import { checkScaling, rotaryKinds, type RotaryPairing, type RotaryScaling } from "../../positions/rotary-tables.js";
import { ConfigFields, fieldsOf, type ConfigOptions } from "../config-fields.js";
import { otherModel } from "../config-keys.js";
import { LoadError } from "../load-error.js";
import { ROTARY_NAMES, rotaryOf, rotaryShare } from "../rotary-fields.js";
import { LLAMA_KEYS } from "./keys.js";

/** What a hidden layer's gate goes through. */
export type LlamaActivation = "silu" | "gelu" | "geluExact" | "relu";

/** Pre-norm decoder with RMS norms, rotary positions and gated feed-forward layers (Touvron et al. 2023, arXiv 2302.13971). */
export interface LlamaConfig {
  readonly layers: number;
  /** Of queries. */
  readonly heads: number;
  /** Of keys and values, a divisor of `heads`. */
  readonly keyValueHeads: number;
  readonly dHead: number;
  readonly dModel: number;
  /** Width of the gated hidden layer. */
  readonly dFf: number;
  readonly vocabularySize: number;
  /** Longest sequence; unlimited if absent. */
  readonly maxLength?: number | undefined;
  /** Added to the mean square in norms. */
  readonly epsilon: number;
  /** Of rotary positions; 10000 in the paper. */
  readonly base: number;
  /** Which columns turn together; by default as the weights' names say: "interleaved" for Meta's, "halves" for Hugging Face's. */
  readonly pairing?: RotaryPairing | undefined;
  readonly scaling?: RotaryScaling | undefined;
  /** "silu" by default. */
  readonly activation?: LlamaActivation | undefined;
  /** Whether the unembedding is the token embedding; false by default. */
  readonly tied?: boolean | undefined;
  /** Whether the maps to queries, keys and values have biases; false by default. */
  readonly attentionBias?: boolean | undefined;
  /** Whether the map after attention has a bias; false by default. */
  readonly outputBias?: boolean | undefined;
  /** Whether the maps of the feed-forward layers have biases; false by default. */
  readonly feedForwardBias?: boolean | undefined;
}

export const fail = (message: string): LoadError => new LoadError(message);

const aSize = checks.anInteger(1);
const kinds = {
  layers: checks.anInteger(0),
  heads: aSize,
  keyValueHeads: aSize,
  dHead: aSize,
  dModel: aSize,
  dFf: aSize,
  vocabularySize: aSize,
  epsilon: checks.aPositive,
  maxLength: aSize,
  ...rotaryKinds,
  activation: checks.oneOf(["silu", "gelu", "geluExact", "relu"]),
  tied: checks.aFlag,
  attentionBias: checks.aFlag,
  outputBias: checks.aFlag,
  feedForwardBias: checks.aFlag,
};

/** Throws a TypeError or a RangeError that names the field that does not fit. */
export function checkLlamaConfig(config: LlamaConfig): void {
  checks.checkOptions("LlamaConfig", config, kinds, [...Object.keys(kinds).slice(0, 8), "base"]);
  checkLayers("LlamaConfig.layers", config.layers);
  checkScaling("LlamaConfig", config.scaling);
  const { heads, keyValueHeads, dHead } = config;
  if (heads % keyValueHeads !== 0) {
    throw new RangeError(`LlamaConfig: keyValueHeads is ${keyValueHeads}; it must divide the ${heads} heads.`);
  }
  if (dHead % 2 !== 0) throw new RangeError(`LlamaConfig: dHead is ${dHead}; rotary positions turn pairs of columns.`);
}

/** Our fields with the names that configurations give them: Hugging Face's first. */
const NAMES = {
  layers: ["num_hidden_layers", "n_layers"],
  heads: ["num_attention_heads", "n_heads"],
  keyValueHeads: ["num_key_value_heads", "n_kv_heads"],
  dHead: ["head_dim"],
  dModel: ["hidden_size", "dim"],
  dFf: ["intermediate_size", "hidden_dim"],
  vocabularySize: ["vocab_size"],
  maxLength: ["max_position_embeddings", "max_seq_len"],
  epsilon: ["rms_norm_eps", "norm_eps"],
  activation: ["hidden_act"],
  tied: ["tie_word_embeddings"],
  attentionBias: ["attention_bias"],
  feedForwardBias: ["mlp_bias"],
  window: ["sliding_window"],
  usesWindow: ["use_sliding_window"],
  layerTypes: ["layer_types"],
  multipleOf: ["multiple_of"],
  multiplier: ["ffn_dim_multiplier"],
  ...ROTARY_NAMES,
} as const satisfies Record<string, readonly string[]>;

/** Activations by Hugging Face's names. */
const ACTIVATIONS: Readonly<Record<string, LlamaActivation>> = {
  silu: "silu",
  swish: "silu",
  gelu: "geluExact",
  gelu_new: "gelu",
  gelu_pytorch_tanh: "gelu",
  relu: "relu",
};

/**
 * A configuration from parsed JSON: Hugging Face's keys (`num_hidden_layers`, `num_attention_heads`, `num_key_value_heads`,
 * `hidden_size`, `intermediate_size`, `rope_theta`, `rope_scaling` or `rope_parameters`, …) or those of `params.json` (`n_layers`, `n_heads`,
 * `n_kv_heads`, `dim`, `multiple_of`, …), which mean interleaved rotary positions.
 *
 * @throws LoadError if a size is missing or impossible, the architecture is another, or a key is not known
 */
export function llamaConfig(json: unknown, options: ConfigOptions = {}): LlamaConfig {
  const fields = fieldsOf("llamaConfig", json, options, fail);
  const problem = otherModel(fields, LLAMA_KEYS, new Set(Object.values(NAMES).flat()), options.ignore ?? []);
  if (problem !== undefined) throw fail(`the configuration's ${problem}`);
  const read = new ConfigFields(fields, fail);
  const isOriginal = fields["dim"] !== undefined;
  const isQwen = fields["model_type"] === "qwen2";
  const [heads, dModel] = [read.count(NAMES.heads), read.count(NAMES.dModel)];
  const keyValueHeads = read.count(NAMES.keyValueHeads, heads);
  const dHead = headWidth(read, dModel, heads);
  if (heads % keyValueHeads !== 0) {
    throw fail(`the configuration has ${keyValueHeads} heads of keys, which do not divide its ${heads} heads`);
  }
  if (rotaryShare(read, 1, fail) !== 1) {
    throw fail(
      "the configuration turns a part of each head only (partial_rotary_factor), which models of the Llama kind do not",
    );
  }
  const maxLength = read.given(NAMES.maxLength) && read.count(NAMES.maxLength);
  checkWindow(read, maxLength);
  const bias = isQwen ? true : read.flag(NAMES.attentionBias);
  return {
    layers: read.layers(NAMES.layers),
    heads,
    keyValueHeads,
    dHead,
    dModel,
    dFf: hiddenWidth(read, dModel),
    vocabularySize: read.count(NAMES.vocabularySize),
    ...(maxLength === undefined ? {} : { maxLength }),
    epsilon: read.epsilon(NAMES.epsilon, isOriginal ? 1e-5 : 1e-6),
    ...rotaryOf(read, fail),
    ...(isOriginal ? { pairing: "interleaved" as const } : {}),
    activation: read.word(NAMES.activation, ACTIVATIONS) ?? "silu",
    tied: read.flag(NAMES.tied) ?? false,
    attentionBias: bias ?? false,
    outputBias: isQwen ? false : (bias ?? false),
    feedForwardBias: read.flag(NAMES.feedForwardBias) ?? false,
  };
}

function headWidth(read: ConfigFields, dModel: number, heads: number): number {
  if (!read.given(NAMES.dHead) && dModel % heads !== 0) {
    throw fail(`the configuration has ${heads} heads, which do not divide a width of ${dModel}, and no head_dim`);
  }
  const dHead = read.count(NAMES.dHead, dModel / heads);
  if (dHead % 2 === 0) return dHead;
  throw fail(`the configuration's heads have ${dHead} columns; rotary positions turn pairs of columns`);
}

/** The width of hidden layers. Meta's files give the number of which it is a multiple: two thirds of 4 · dim, rounded up to one. */
function hiddenWidth(read: ConfigFields, dModel: number): number {
  if (read.given(NAMES.dFf) || !read.given(NAMES.multipleOf)) return read.count(NAMES.dFf);
  const factor = read.amount(NAMES.multiplier, 1, "a number above 0");
  const width = Math.floor(factor * Math.floor((2 * 4 * dModel) / 3));
  const multipleOf = read.count(NAMES.multipleOf);
  return multipleOf * Math.ceil(width / multipleOf);
}

/** A window that no sequence outgrows changes nothing. */
function checkWindow(read: ConfigFields, maxLength: number | undefined): void {
  const types = read.given(NAMES.layerTypes);
  if (types && !(Array.isArray(types.value) && types.value.every((type) => type === "full_attention"))) {
    throw fail(
      `the configuration's layer_types is ${jsonText(types.value)}; supported is "full_attention" in all layers`,
    );
  }
  const window = read.given(NAMES.window);
  if (!window || read.flag(NAMES.usesWindow) === false) return;
  if (read.count(NAMES.window) >= (maxLength ?? Infinity)) return;
  throw fail(
    `the configuration's sliding_window is ${jsonText(window.value)}; a window shorter than the context is not supported. ` +
      "For sequences that are no longer than it, leave it out and give a max_position_embeddings as long",
  );
}
