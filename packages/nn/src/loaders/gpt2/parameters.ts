/**
 * The parameters of a GPT-2-style model under the names of Hugging Face's safetensors: their shapes, and their check.
 */
import type { Tensor } from "@selectron/core";
import { Gpt2Error, type Gpt2Config } from "./config.js";

/** Names and shapes of the parameters, without the prefix `transformer.`. */
export function gpt2Shapes(config: Gpt2Config): Map<string, readonly number[]> {
  const { layers, dModel, dFf, maxLength, vocabularySize } = config;
  const shapes = new Map<string, readonly number[]>([
    ["wte.weight", [vocabularySize, dModel]],
    ["wpe.weight", [maxLength, dModel]],
  ]);
  const layerNorm = (name: string): void => {
    shapes.set(`${name}.weight`, [dModel]);
    shapes.set(`${name}.bias`, [dModel]);
  };
  const linear = (name: string, inputs: number, outputs: number): void => {
    shapes.set(`${name}.weight`, [inputs, outputs]);
    shapes.set(`${name}.bias`, [outputs]);
  };
  for (let layer = 0; layer < layers; layer++) {
    const path = `h.${layer}`;
    layerNorm(`${path}.ln_1`);
    linear(`${path}.attn.c_attn`, dModel, 3 * dModel);
    linear(`${path}.attn.c_proj`, dModel, dModel);
    layerNorm(`${path}.ln_2`);
    linear(`${path}.mlp.c_fc`, dModel, dFf);
    linear(`${path}.mlp.c_proj`, dFf, dModel);
  }
  layerNorm("ln_f");
  return shapes;
}

/** The unembedding's name where it is not tied to the token embedding. */
export const UNEMBEDDING = "lm_head.weight";

/**
 * Whether a name is of a buffer that older versions of Hugging Face's library saved: the causal mask, its fill value.
 */
const isBuffer = (name: string): boolean => /\.attn\.(bias|masked_bias)$/.test(name);

/**
 * The given tensors without buffers, checked to be the parameters of a model.
 *
 * @throws Gpt2Error that names the parameter that is missing, unknown, of another shape, or not finite
 */
export function checkedParameters(config: Gpt2Config, given: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const shapes = gpt2Shapes(config);
  const tied = given.get("wte.weight");
  if (given.has(UNEMBEDDING)) shapes.set(UNEMBEDDING, [config.vocabularySize, config.dModel]);
  if (!tied) {
    const names = [...given.keys()];
    throw new Gpt2Error(
      `the file is not a GPT-2-style model: it has no "transformer.wte.weight", but ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`,
    );
  }
  const parameters = new Map<string, Tensor>();
  for (const [name, shape] of shapes) {
    const value = given.get(name);
    if (!value) {
      throw new Gpt2Error(`the configuration does not fit the weights: they lack ${name} [${shape.join(", ")}]`);
    }
    if (value.shape.join() !== shape.join()) {
      throw new Gpt2Error(
        `the configuration does not fit the weights: ${name} has shape [${value.shape.join(", ")}], expected [${shape.join(", ")}]`,
      );
    }
    const wrong = value.data.findIndex((element) => !Number.isFinite(element));
    if (wrong >= 0) {
      throw new Gpt2Error(
        `${name} is damaged: element ${wrong} of ${value.size} is ${value.data[wrong]}; every weight must be finite`,
      );
    }
    parameters.set(name, value);
  }
  const unknown = [...given.keys()].filter((name) => !shapes.has(name) && !isBuffer(name));
  if (unknown.length > 0) {
    throw new Gpt2Error(
      `the configuration does not fit the weights: ${unknown.slice(0, 3).join(", ")} belong${unknown.length === 1 ? "s" : ""} to no part of a GPT-2 with ${config.layers} layers`,
    );
  }
  return parameters;
}
