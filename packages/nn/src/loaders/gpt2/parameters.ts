/**
 * The parameters of a GPT-2-style model under the names of Hugging Face's safetensors: their shapes, and their check.
 */
import type { Tensor } from "@selectron/core";
import { checkLayers, checkParameters } from "../../checks.js";
import { areEqual, checkLayerCount, checkWeights, plainNames, shown } from "../weights.js";
import { checkGpt2Config, fail, Gpt2Error, type Gpt2Config } from "./config.js";
import { isBuffer, makeOurLayout, PREFIX } from "./layout.js";

/**
 * Names and shapes of the parameters, without the prefix `transformer.`.
 *
 * @throws RangeError if there are too many layers to list
 */
export function gpt2Shapes(config: Gpt2Config): Map<string, readonly number[]> {
  checkGpt2Config(config);
  const { layers, dModel, dFf, maxLength, vocabularySize } = config;
  checkLayers("Gpt2Config.layers", layers);
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
 * The given tensors under our names and in our layout, checked to be the parameters of a model.
 *
 * @throws Gpt2Error that names the parameter that is missing, unknown, of another shape, or not finite
 */
export function checkedParameters(config: Gpt2Config, given: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  checkParameters("Gpt2", given);
  checkGpt2Config(config);
  const parameters = plainNames(given, PREFIX, isBuffer, fail);
  if (!parameters.has("wte.weight")) {
    const names = [...given.keys()].map(shown);
    throw new Gpt2Error(
      `the file is not a GPT-2-style model: it has no "transformer.wte.weight", but ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`,
    );
  }
  checkLayerCount(config.layers, parameters.keys(), /^h\.(\d+)\./, fail);
  const shapes = gpt2Shapes(config);
  makeOurLayout(parameters, config, shapes);
  const head = parameters.get(UNEMBEDDING);
  if (head) shapes.set(UNEMBEDDING, [config.vocabularySize, config.dModel]);
  checkWeights(parameters, { shapes, model: `a GPT-2 with ${config.layers} layers` }, fail);
  checkUnembedding(config, head, parameters.get("wte.weight")!);
  return new Map([...shapes.keys()].map((name) => [name, parameters.get(name)!]));
}

function checkUnembedding({ tied }: Gpt2Config, head: Tensor | undefined, token: Tensor): void {
  if (tied === false && !head) {
    throw new Gpt2Error(
      `the configuration's tie_word_embeddings is false, but the weights have no ${UNEMBEDDING}. ` +
        "Save the whole language model, or say true if the unembedding is the token embedding",
    );
  }
  if (!tied || !head) return;
  if (areEqual(head, token)) return;
  throw new Gpt2Error(
    `the configuration's tie_word_embeddings is true, but ${UNEMBEDDING} is not the token embedding. ` +
      "Say false to use it, or leave it out",
  );
}
