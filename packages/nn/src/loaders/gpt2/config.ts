/** The sizes of a GPT-2-style model, read from Hugging Face's `config.json`, nanoGPT's `model_args` or a normalised configuration. */
import { checks, jsonText, readable, type Activation } from "@selectron/core";
import { anActivation } from "../../checks.js";
import { otherModel } from "./config-keys.js";

/** A model that cannot be loaded, with the reason and a remedy. */
export class Gpt2Error extends Error {
  override readonly name = "Gpt2Error";

  constructor(message: string) {
    super(readable(message));
  }
}

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
export interface Gpt2Options {
  /** Keys of the configuration that are not known here, but that change nothing that is computed. */
  readonly ignore?: readonly string[] | undefined;
}

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
  checks.checkOptions("gpt2Config", options, { ignore: checks.aList("an array of keys", checks.aText) });
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Gpt2Error("the configuration must be a JSON object, such as the config.json beside the weights");
  }
  const fields = json as Readonly<Record<string, unknown>>;
  const problem = otherModel(fields, new Set(Object.values(NAMES).flat()), options.ignore ?? []);
  if (problem !== undefined) throw new Gpt2Error(`the configuration's ${problem}`);
  const [layers, heads, dModel] = [
    count(fields, NAMES.layers),
    count(fields, NAMES.heads),
    count(fields, NAMES.dModel),
  ];
  if (dModel % heads !== 0) {
    throw new Gpt2Error(`the configuration has ${heads} heads, which do not divide a width of ${dModel}`);
  }
  const dHead = count(fields, NAMES.dHead, dModel / heads);
  if (dHead * heads !== dModel) {
    throw new Gpt2Error(
      `the configuration's d_head is ${dHead}; ${heads} heads of it do not make a width of ${dModel}`,
    );
  }
  const [activation, bias, tied] = [activationOf(fields), flag(fields, NAMES.bias), flag(fields, NAMES.tied)];
  return {
    layers,
    heads,
    dModel,
    dFf: count(fields, NAMES.dFf, 4 * dModel),
    // Hugging Face's n_ctx is a former name, which it does not read.
    maxLength: count(fields, given(fields, NAMES.maxLength) ? NAMES.maxLength : [...NAMES.maxLength, "n_ctx"]),
    vocabularySize: count(fields, NAMES.vocabularySize),
    epsilon: epsilonOf(fields),
    ...(activation === undefined ? {} : { activation }),
    ...(bias === undefined ? {} : { bias }),
    ...(tied === undefined ? {} : { tied }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** The name under which a field is given, with its value. Throws a Gpt2Error if two names have different values. */
function given(fields: Fields, names: readonly string[]): { name: string; value: unknown } | undefined {
  const all = names.filter((name) => fields[name] !== undefined && fields[name] !== null);
  const [name] = all;
  if (name === undefined) return undefined;
  const value = fields[name];
  const other = all.find((one) => fields[one] !== value);
  if (other === undefined) return { name, value };
  const texts = [name, other].map((one) => `${one} is ${jsonText(fields[one])}`);
  throw new Gpt2Error(`the configuration contradicts itself: ${texts.join(", ")}`);
}

function count(fields: Fields, names: readonly string[], fallback?: number): number {
  const found = given(fields, names);
  if (!found) {
    if (fallback !== undefined) return fallback;
    throw new Gpt2Error(`the configuration does not give ${names[0]} or ${names.at(-1)}`);
  }
  const { name, value } = found;
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new Gpt2Error(`the configuration's ${name} is ${jsonText(value)}; it must be an integer, 1 or more`);
  }
  return value as number;
}

function flag(fields: Fields, names: readonly string[]): boolean | undefined {
  const found = given(fields, names);
  if (found === undefined || typeof found.value === "boolean") return found?.value as boolean | undefined;
  throw new Gpt2Error(`the configuration's ${found.name} is ${jsonText(found.value)}; it must be true or false`);
}

/** 0 would make NaN of a row of equal numbers, and what float32 holds as infinity makes every norm 0. */
function epsilonOf(fields: Fields): number {
  const { name, value } = given(fields, NAMES.epsilon) ?? { name: "", value: 1e-5 };
  if (typeof value === "number" && Math.fround(value) > 0 && Math.fround(value) < Infinity) return value;
  throw new Gpt2Error(`the configuration's ${name} is ${jsonText(value)}; it must be more than 0, such as 1e-5`);
}

function activationOf(fields: Fields): Activation | undefined {
  const found = given(fields, NAMES.activation);
  if (found === undefined) return undefined;
  const { name, value } = found;
  const word = typeof value === "string" ? /^(\w+)( \(.*\))?$/.exec(value)?.[1] : undefined;
  if (word !== undefined && Object.hasOwn(ACTIVATIONS, word)) return ACTIVATIONS[word];
  const supported = Object.keys(ACTIVATIONS).join(", ");
  throw new Gpt2Error(`the configuration's ${name} is ${jsonText(value)}; supported are ${supported}`);
}
