/** The sizes of a GPT-NeoX model, read from Hugging Face's `config.json`. */
import { checks, type Activation } from "@selectron/core";
import { anActivation, checkLayers } from "../../checks.js";
import { checkScaling, rotaryKinds, type RotaryPairing, type RotaryScaling } from "../../positions/rotary-tables.js";
import { ConfigFields, fieldsOf, type ConfigOptions } from "../config-fields.js";
import { otherModel, type FamilyKeys } from "../config-keys.js";
import { LoadError } from "../load-error.js";
import { ROTARY_NAMES, rotaryOf, rotaryShare } from "../rotary-fields.js";

/** Pre-layer-norm decoder with rotary positions on a part of each head (Black et al. 2022, arXiv 2204.06745). */
export interface NeoXConfig {
  readonly layers: number;
  readonly heads: number;
  readonly dModel: number;
  /** Width of the hidden feed-forward layer. */
  readonly dFf: number;
  readonly vocabularySize: number;
  /** Longest sequence; unlimited if absent. */
  readonly maxLength?: number | undefined;
  /** Added to the variance in layer norms. */
  readonly epsilon: number;
  /** How many columns of each head turn, an even number. */
  readonly rotaryColumns: number;
  /** Of rotary positions; 10000 in the paper. */
  readonly base: number;
  /** Which columns turn together; "halves" by default, as in all published models. */
  readonly pairing?: RotaryPairing | undefined;
  readonly scaling?: RotaryScaling | undefined;
  /** "geluExact" by default. */
  readonly activation?: Activation | undefined;
  /** Whether a layer adds attention and feed-forward of one input, as in GPT-J, and not one after the other; true by default. */
  readonly parallel?: boolean | undefined;
  /** Whether the unembedding is the token embedding; false by default. */
  readonly tied?: boolean | undefined;
  /** Whether the maps of attention have biases; true by default. */
  readonly attentionBias?: boolean | undefined;
}

export const fail = (message: string): LoadError => new LoadError(message);

const aSize = checks.anInteger(1);
const kinds = {
  layers: checks.anInteger(0),
  heads: aSize,
  dModel: aSize,
  dFf: aSize,
  vocabularySize: aSize,
  epsilon: checks.aPositive,
  rotaryColumns: checks.anInteger(0),
  maxLength: aSize,
  ...rotaryKinds,
  activation: anActivation,
  parallel: checks.aFlag,
  tied: checks.aFlag,
  attentionBias: checks.aFlag,
};

/** Throws a TypeError or a RangeError that names the field that does not fit. */
export function checkNeoXConfig(config: NeoXConfig): void {
  checks.checkOptions("NeoXConfig", config, kinds, [...Object.keys(kinds).slice(0, 7), "base"]);
  checkLayers("NeoXConfig.layers", config.layers);
  checkScaling("NeoXConfig", config.scaling);
  const { heads, dModel, rotaryColumns } = config;
  if (dModel % heads !== 0) {
    throw new RangeError(`NeoXConfig: ${heads} heads do not divide a width of ${dModel}.`);
  }
  if (rotaryColumns % 2 !== 0 || rotaryColumns > dModel / heads) {
    throw new RangeError(
      `NeoXConfig: rotaryColumns is ${rotaryColumns}; it must be even, and no more than the ${dModel / heads} columns of a head.`,
    );
  }
}

const KEYS: FamilyKeys = {
  supported: new Map<string, readonly unknown[]>([
    ["model_type", ["gpt_neox"]],
    ["is_encoder_decoder", [false]],
    ["add_cross_attention", [false]],
    ["cross_attention_hidden_size", [null]],
    ["pruned_heads", [{}, null]],
    ["quantization_config", [null]],
  ]),
  architectures: ["GPTNeoXForCausalLM", "GPTNeoXModel"],
};

const NAMES = {
  layers: ["num_hidden_layers"],
  heads: ["num_attention_heads"],
  dModel: ["hidden_size"],
  dFf: ["intermediate_size"],
  vocabularySize: ["vocab_size"],
  maxLength: ["max_position_embeddings"],
  epsilon: ["layer_norm_eps"],
  activation: ["hidden_act"],
  parallel: ["use_parallel_residual"],
  tied: ["tie_word_embeddings"],
  attentionBias: ["attention_bias"],
  ...ROTARY_NAMES,
} as const satisfies Record<string, readonly string[]>;

/** Activations by Hugging Face's names. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: "geluExact",
  gelu_python: "geluExact",
  gelu_new: "gelu",
  gelu_fast: "gelu",
  gelu_pytorch_tanh: "gelu",
  relu: "relu",
};

/**
 * A configuration from parsed JSON with Hugging Face's keys: `num_hidden_layers`, `num_attention_heads`, `hidden_size`,
 * `intermediate_size`, `rotary_pct`, `rotary_emb_base`, `use_parallel_residual`, ….
 *
 * @throws LoadError if a size is missing or impossible, the architecture is another, or a key is not known
 */
export function neoXConfig(json: unknown, options: ConfigOptions = {}): NeoXConfig {
  const fields = fieldsOf("neoXConfig", json, options, fail);
  const problem = otherModel(fields, KEYS, new Set(Object.values(NAMES).flat()), options.ignore ?? []);
  if (problem !== undefined) throw fail(`the configuration's ${problem}`);
  const read = new ConfigFields(fields, fail);
  const [heads, dModel] = [read.count(NAMES.heads), read.count(NAMES.dModel)];
  if (dModel % heads !== 0) {
    throw fail(`the configuration has ${heads} heads, which do not divide a width of ${dModel}`);
  }
  const share = rotaryShare(read, 0.25, fail);
  const rotaryColumns = Math.floor(share * (dModel / heads));
  if (rotaryColumns % 2 !== 0) {
    throw fail(
      `the configuration's rotary_pct is ${share}, which are ${rotaryColumns} of the ${dModel / heads} columns of a head; they turn in pairs`,
    );
  }
  const maxLength = read.given(NAMES.maxLength) && read.count(NAMES.maxLength);
  return {
    layers: read.layers(NAMES.layers),
    heads,
    dModel,
    dFf: read.count(NAMES.dFf),
    vocabularySize: read.count(NAMES.vocabularySize),
    ...(maxLength === undefined ? {} : { maxLength }),
    epsilon: read.epsilon(NAMES.epsilon, 1e-5),
    rotaryColumns,
    ...rotaryOf(read, fail),
    activation: read.word(NAMES.activation, ACTIVATIONS) ?? "geluExact",
    parallel: read.flag(NAMES.parallel) ?? true,
    tied: read.flag(NAMES.tied) ?? false,
    attentionBias: read.flag(NAMES.attentionBias) ?? true,
  };
}
