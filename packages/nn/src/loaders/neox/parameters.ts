/** The parameters of a GPT-NeoX model under the names of Hugging Face's safetensors: their shapes, and their check. */
import type { Tensor } from "@selectron/core";
import { checkParameters } from "../../checks.js";
import { checkHead, checkLayerCount, checkWeights, plainNames, shown } from "../weights.js";
import { checkNeoXConfig, fail, type NeoXConfig } from "./config.js";

/** The unembedding's name where it is not tied to the token embedding. */
export const UNEMBEDDING = "embed_out.weight";

const EMBEDDING = "embed_in.weight";

/**
 * Names and shapes of the parameters, without the prefix `gpt_neox.`; maps are [out, in]. The rows of `query_key_value` are, for each head,
 * its query, its key and its value.
 *
 * @throws RangeError if there are too many layers to list
 */
export function neoXShapes(config: NeoXConfig): Map<string, readonly number[]> {
  checkNeoXConfig(config);
  const { layers, dModel, dFf, vocabularySize, tied = false, attentionBias = true } = config;
  const shapes = new Map<string, readonly number[]>([[EMBEDDING, [vocabularySize, dModel]]]);
  const norm = (name: string): void => {
    shapes.set(`${name}.weight`, [dModel]);
    shapes.set(`${name}.bias`, [dModel]);
  };
  const map = (name: string, inputs: number, outputs: number, bias: boolean): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
  };
  for (let layer = 0; layer < layers; layer++) {
    const path = `layers.${layer}`;
    norm(`${path}.input_layernorm`);
    map(`${path}.attention.query_key_value`, dModel, 3 * dModel, attentionBias);
    map(`${path}.attention.dense`, dModel, dModel, attentionBias);
    norm(`${path}.post_attention_layernorm`);
    map(`${path}.mlp.dense_h_to_4h`, dModel, dFf, true);
    map(`${path}.mlp.dense_4h_to_h`, dFf, dModel, true);
  }
  norm("final_layer_norm");
  if (!tied) shapes.set(UNEMBEDDING, [vocabularySize, dModel]);
  return shapes;
}

/** Buffers that older files have: the causal mask, its fill value, the frequencies of rotary positions. */
const BUFFER = /\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$|(^|\.)rotary_emb\.inv_freq$/;

export const isBuffer = (name: string): boolean => BUFFER.test(name);

/** What wrappers and the language model around it put before the names. */
const PREFIX = /^(_orig_mod\.|module\.)*(gpt_neox\.)?/;

/**
 * The given tensors under our names, checked to be the parameters of a model.
 *
 * @throws LoadError that names the parameter that is missing, unknown, of another shape, or not finite
 */
export function checkedParameters(config: NeoXConfig, given: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  checkParameters("GptNeoX", given);
  checkNeoXConfig(config);
  const parameters = plainNames(given, PREFIX, isBuffer, fail);
  // Newer versions of Hugging Face's library may write the unembedding under the name that other models have.
  const head = parameters.get("lm_head.weight");
  if (head && !parameters.has(UNEMBEDDING)) {
    parameters.delete("lm_head.weight");
    parameters.set(UNEMBEDDING, head);
  }
  if (!parameters.has(EMBEDDING)) {
    const names = [...given.keys()].slice(0, 3).map(shown).join(", ");
    throw fail(
      `the file is not a GPT-NeoX model: it has no "gpt_neox.${EMBEDDING}", but ${names}${given.size > 3 ? ", …" : ""}`,
    );
  }
  checkLayerCount(config.layers, parameters.keys(), /^layers\.(\d+)\./, fail);
  checkHead(config.tied ?? false, parameters, { head: UNEMBEDDING, embedding: EMBEDDING }, fail);
  const shapes = neoXShapes(config);
  checkWeights(parameters, { shapes, model: `a GPT-NeoX with ${config.layers} layers` }, fail);
  return new Map([...shapes.keys()].map((name) => [name, parameters.get(name)!]));
}
