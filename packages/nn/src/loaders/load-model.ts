/** Any model of others that nn knows, by what its configuration says it is. */
import { checks, jsonText } from "@selectron/core";
import type { ConfigOptions } from "./config-fields.js";
import { LoadError } from "./load-error.js";
import { Gpt2 } from "./gpt2/gpt2.js";
import { Llama } from "./llama/llama.js";
import { GptNeoX } from "./neox/neox.js";
import type { FilesOptions, ModelFile } from "./weights.js";

/** A model that `loadModel` gives: `forward` gives its logits, and `generate` takes it. */
export type LoadedModel = Gpt2 | Llama | GptNeoX;

/** Options of loading: the index of the files, and keys of the configuration that change nothing. */
export type LoadOptions = ConfigOptions & FilesOptions;

type Loader = (files: ModelFile | readonly ModelFile[], config: unknown, options: LoadOptions) => LoadedModel;

const gpt2: Loader = (...call) => Gpt2.fromSafetensors(...call);
const llama: Loader = (...call) => Llama.fromSafetensors(...call);
const neoX: Loader = (...call) => GptNeoX.fromSafetensors(...call);

/** The families by `model_type`. */
const FAMILIES: Readonly<Record<string, Loader>> = { gpt2, llama, mistral: llama, qwen2: llama, gpt_neox: neoX };

/**
 * Loads a model from what lies in its folder: GPT-2, the Llama kind (Llama, Mistral, Qwen2) or GPT-NeoX (Pythia), with Hugging Face's
 * names, nanoGPT's or Meta's, in float32, float16 or bfloat16.
 *
 * @param config - parsed JSON of its `config.json`, or of `params.json`
 * @param files - its safetensors file or files (`shardNames` lists those of an index): their bytes, or sources, of which only the
 * weights come into memory
 * @throws LoadError if the architecture is not known, the configuration does not fit the weights, or a file is damaged or missing: the
 * message names the key or the tensor
 */
export function loadModel(
  config: unknown,
  files: ModelFile | readonly ModelFile[],
  options: LoadOptions = {},
): LoadedModel {
  checks.checkOptions("loadModel", options, {
    index: checks.anObject("the parsed JSON of a model.safetensors.index.json"),
    ignore: checks.aList("an array of keys", checks.aText),
  });
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new LoadError("the configuration must be a JSON object, such as the config.json beside the weights");
  }
  return familyOf(config as Readonly<Record<string, unknown>>)(files, config, options);
}

/** The family that a configuration names, or that its sizes are written as. */
function familyOf(config: Readonly<Record<string, unknown>>): Loader {
  const type = config["model_type"];
  if (typeof type === "string" && Object.hasOwn(FAMILIES, type)) return FAMILIES[type]!;
  if (type === undefined || type === null) {
    // nanoGPT's sizes, and Meta's.
    if (config["n_embd"] !== undefined) return gpt2;
    if (config["dim"] !== undefined) return llama;
  }
  const known = Object.keys(FAMILIES).join(", ");
  const said = type === undefined ? "does not give model_type" : `says model_type ${jsonText(type)}`;
  throw new LoadError(`the configuration ${said}; models that can be loaded are ${known}`);
}
