/**
 * The parameters of a model of the Llama kind under the names of Hugging Face's safetensors: their shapes, the names under which Meta and
 * Mistral publish them, and their check.
 */
import type { Tensor } from "@selectron/core";
import { checkParameters } from "../../checks.js";
import type { RotaryPairing } from "../../positions/rotary-tables.js";
import { checkHead, checkLayerCount, checkWeights, plainNames, shown } from "../weights.js";
import { checkLlamaConfig, fail, type LlamaConfig } from "./config.js";

/** The unembedding's name where it is not tied to the token embedding. */
export const UNEMBEDDING = "lm_head.weight";

const EMBEDDING = "embed_tokens.weight";

/**
 * Names and shapes of the parameters, without the prefix `model.`; maps are [out, in].
 *
 * @throws RangeError if there are too many layers to list
 */
export function llamaShapes(config: LlamaConfig): Map<string, readonly number[]> {
  checkLlamaConfig(config);
  const { layers, heads, keyValueHeads, dHead, dModel, dFf, vocabularySize, tied = false } = config;
  const { attentionBias = false, outputBias = false, feedForwardBias = false } = config;
  const shapes = new Map<string, readonly number[]>([[EMBEDDING, [vocabularySize, dModel]]]);
  const map = (name: string, inputs: number, outputs: number, bias: boolean): void => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
  };
  for (let layer = 0; layer < layers; layer++) {
    const path = `layers.${layer}`;
    shapes.set(`${path}.input_layernorm.weight`, [dModel]);
    map(`${path}.self_attn.q_proj`, dModel, heads * dHead, attentionBias);
    map(`${path}.self_attn.k_proj`, dModel, keyValueHeads * dHead, attentionBias);
    map(`${path}.self_attn.v_proj`, dModel, keyValueHeads * dHead, attentionBias);
    map(`${path}.self_attn.o_proj`, heads * dHead, dModel, outputBias);
    shapes.set(`${path}.post_attention_layernorm.weight`, [dModel]);
    map(`${path}.mlp.gate_proj`, dModel, dFf, feedForwardBias);
    map(`${path}.mlp.up_proj`, dModel, dFf, feedForwardBias);
    map(`${path}.mlp.down_proj`, dFf, dModel, feedForwardBias);
  }
  shapes.set("norm.weight", [dModel]);
  if (!tied) shapes.set(UNEMBEDDING, [vocabularySize, dModel]);
  return shapes;
}

/** Buffers that some files have: the frequencies of rotary positions. */
const BUFFER = /(^|\.)(rotary_emb\.inv_freq|rope\.freqs)$/;

export const isBuffer = (name: string): boolean => BUFFER.test(name);

/** What wrappers and the language model around it put before the names. */
const PREFIX = /^(_orig_mod\.|module\.)*(model\.)?/;

/** Meta's names of the parts, with Hugging Face's. */
const ORIGINAL: readonly (readonly [RegExp, string])[] = [
  [/^tok_embeddings\./, "embed_tokens."],
  [/^output\./, "lm_head."],
  [/\.attention\.w([qkvo])\./, ".self_attn.$1_proj."],
  [/\.feed_forward\.w1\./, ".mlp.gate_proj."],
  [/\.feed_forward\.w2\./, ".mlp.down_proj."],
  [/\.feed_forward\.w3\./, ".mlp.up_proj."],
  [/\.attention_norm\./, ".input_layernorm."],
  [/\.ffn_norm\./, ".post_attention_layernorm."],
];

/**
 * The given tensors under our names, checked to be the parameters of a model, and the pairing of rotary positions that their names mean.
 *
 * @throws LoadError that names the parameter that is missing, unknown, of another shape, or not finite
 */
export function checkedParameters(
  config: LlamaConfig,
  given: ReadonlyMap<string, Tensor>,
): { readonly parameters: ReadonlyMap<string, Tensor>; readonly pairing: RotaryPairing } {
  checkParameters("Llama", given);
  checkLlamaConfig(config);
  let parameters = plainNames(given, PREFIX, isBuffer, fail);
  const pairing = parameters.has("tok_embeddings.weight") ? "interleaved" : "halves";
  if (pairing === "interleaved") {
    parameters = new Map(
      [...parameters].map(([name, value]) => [
        ORIGINAL.reduce((text, [from, to]) => text.replace(from, to), name),
        value,
      ]),
    );
  }
  if (!parameters.has(EMBEDDING)) {
    const names = [...given.keys()].slice(0, 3).map(shown).join(", ");
    throw fail(
      `the file is not a model of the Llama kind: it has no "model.${EMBEDDING}" or "tok_embeddings.weight", but ${names}${given.size > 3 ? ", …" : ""}`,
    );
  }
  checkLayerCount(config.layers, parameters.keys(), /^layers\.(\d+)\./, fail);
  checkHead(config.tied ?? false, parameters, { head: UNEMBEDDING, embedding: EMBEDDING }, fail);
  const shapes = llamaShapes(config);
  checkWeights(parameters, { shapes, model: `a model of the Llama kind with ${config.layers} layers` }, fail);
  return { parameters: new Map([...shapes.keys()].map((name) => [name, parameters.get(name)!])), pairing };
}
