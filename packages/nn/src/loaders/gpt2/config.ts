/** The sizes of a GPT-2-style model, read from Hugging Face's `config.json`, nanoGPT's `model_args` or a normalised configuration. */
import { checks, type Activation } from "@selectron/core";
import { anActivation } from "../../checks.js";
import { ConfigFields, fieldsOf, type ConfigOptions } from "../config-fields.js";
import { otherModel } from "../config-keys.js";
import { LoadError } from "../load-error.js";
import { GPT2_KEYS } from "./keys.js";

/** A GPT-2-style model that cannot be loaded, with the reason and a remedy. */
export class Gpt2Error extends LoadError {
  override readonly name = "Gpt2Error";
}

/** Makes the error of this family. */
export const fail = (message: string): Gpt2Error => new Gpt2Error(message);

/** Pre-layer-norm decoder with learned positions (Radford et al. 2019). */
export interface Gpt2Config {
  readonly layers: number;
  readonly heads: number;
  readonly dModel: number;
  /** Width of the hidden feed-forward layer. */
  readonly dFf: number;
  /** Number of position embeddings. */
  readonly maxLength: number;
  readonly vocabularySize: number;
  /** Added to the variance in layer norms. */
  readonly epsilon: number;
  /** Of the feed-forward layers; "gelu", the tanh form, by default. */
  readonly activation?: Activation | undefined;
  /** Whether maps and norms have biases; true by default. */
  readonly bias?: boolean | undefined;
  /** Whether the unembedding is the token embedding; by default it is if there is no `lm_head.weight`. */
  readonly tied?: boolean | undefined;
}

const aSize = checks.anInteger(1);
const kinds = {
  layers: checks.anInteger(0),
  heads: aSize,
  dModel: aSize,
  dFf: aSize,
  maxLength: aSize,
  vocabularySize: aSize,
  epsilon: checks.aPositive,
  activation: anActivation,
  bias: checks.aFlag,
  tied: checks.aFlag,
};

/** Throws a TypeError or a RangeError that names the field that does not fit. */
export function checkGpt2Config(config: Gpt2Config): void {
  checks.checkOptions("Gpt2Config", config, kinds, Object.keys(kinds).slice(0, 7));
}

/** Options of loading. */
export type Gpt2Options = ConfigOptions;

/** Our fields with the names that configurations give them: Hugging Face's first. Names of one field have to agree. */
const NAMES = {
  layers: ["n_layer", "num_hidden_layers", "layers"],
  heads: ["n_head", "num_attention_heads", "heads"],
  dModel: ["n_embd", "hidden_size", "d_model"],
  dFf: ["n_inner", "d_mlp", "intermediate_size"],
  dHead: ["d_head"],
  maxLength: ["n_positions", "max_position_embeddings", "block_size"],
  vocabularySize: ["vocab_size", "n_vocab"],
  epsilon: ["layer_norm_epsilon", "layer_norm_eps"],
  activation: ["activation_function", "activation"],
  bias: ["bias"],
  tied: ["tie_word_embeddings", "tied_unembedding"],
} as const satisfies Record<string, readonly string[]>;

/** Activations by Hugging Face's names, which a remark in brackets may follow. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_new: "gelu",
  gelu_fast: "gelu",
  gelu_pytorch_tanh: "gelu",
  gelu: "geluExact",
  gelu_python: "geluExact",
  relu: "relu",
};

/**
 * A configuration from parsed JSON. Takes the keys of Hugging Face (`n_layer`, `n_head`, `n_embd`, `n_positions`,
 * `vocab_size`, `n_inner`, `layer_norm_epsilon`), of nanoGPT (`block_size`, `bias`), or `layers`, `heads`, `d_model`, `n_ctx`, `d_mlp`,
 * `layer_norm_eps`.
 *
 * @throws Gpt2Error if a size is missing or impossible, the architecture is not GPT-2's, or a key is not known
 */
export function gpt2Config(json: unknown, options: Gpt2Options = {}): Gpt2Config {
  const fields = fieldsOf("gpt2Config", json, options, fail);
  const problem = otherModel(fields, GPT2_KEYS, new Set(Object.values(NAMES).flat()), options.ignore ?? []);
  if (problem !== undefined) throw fail(`the configuration's ${problem}`);
  const read = new ConfigFields(fields, fail);
  const [layers, heads, dModel] = [read.count(NAMES.layers), read.count(NAMES.heads), read.count(NAMES.dModel)];
  if (dModel % heads !== 0) {
    throw new Gpt2Error(`the configuration has ${heads} heads, which do not divide a width of ${dModel}`);
  }
  const dHead = read.count(NAMES.dHead, dModel / heads);
  if (dHead * heads !== dModel) {
    throw new Gpt2Error(
      `the configuration's d_head is ${dHead}; ${heads} heads of it do not make a width of ${dModel}`,
    );
  }
  const [activation, bias, tied] = [
    read.word(NAMES.activation, ACTIVATIONS),
    read.flag(NAMES.bias),
    read.flag(NAMES.tied),
  ];
  return {
    layers,
    heads,
    dModel,
    dFf: read.count(NAMES.dFf, 4 * dModel),
    // Hugging Face's n_ctx is a former name, which it does not read.
    maxLength: read.count(read.given(NAMES.maxLength) ? NAMES.maxLength : [...NAMES.maxLength, "n_ctx"]),
    vocabularySize: read.count(NAMES.vocabularySize),
    epsilon: read.epsilon(NAMES.epsilon, 1e-5),
    ...(activation === undefined ? {} : { activation }),
    ...(bias === undefined ? {} : { bias }),
    ...(tied === undefined ? {} : { tied }),
  };
}
