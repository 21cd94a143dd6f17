/**
 * The parameters of a GPT-2-style model under the names of Hugging Face's safetensors: their shapes, and their check.
 */
import { printable, type Tensor } from "@selectron/core";
import { checkLayers, checkParameters } from "../../checks.js";
import { checkGpt2Config, Gpt2Error, type Gpt2Config } from "./config.js";
import { makeOurLayout, plainNames } from "./layout.js";

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

/** Beyond this no weight was trained, and a single one can make scores infinite and logits NaN; a flipped bit of an exponent does. */
const LARGEST_WEIGHT = 2 ** 40;

/**
 * The given tensors under our names and in our layout, checked to be the parameters of a model.
 *
 * @throws Gpt2Error that names the parameter that is missing, unknown, of another shape, or not finite
 */
export function checkedParameters(config: Gpt2Config, given: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  checkParameters("Gpt2", given);
  checkGpt2Config(config);
  const parameters = plainNames(given);
  if (!parameters.has("wte.weight")) {
    const names = [...given.keys()].map((name) => printable(name, 80));
    throw new Gpt2Error(
      `the file is not a GPT-2-style model: it has no "transformer.wte.weight", but ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`,
    );
  }
  checkLayerCount(config, parameters);
  const shapes = gpt2Shapes(config);
  makeOurLayout(parameters, config, shapes);
  const head = parameters.get(UNEMBEDDING);
  if (head) shapes.set(UNEMBEDDING, [config.vocabularySize, config.dModel]);
  for (const [name, shape] of shapes) checkParameter(name, parameters.get(name), shape);
  const unknown = [...parameters.keys()].filter((name) => !shapes.has(name));
  if (unknown.length > 0) {
    throw new Gpt2Error(
      `the configuration does not fit the weights: ${unknown
        .slice(0, 3)
        .map((name) => printable(name, 80))
        .join(", ")} belong${unknown.length === 1 ? "s" : ""} to no part of a GPT-2 with ${config.layers} layers`,
    );
  }
  checkUnembedding(config, head, parameters.get("wte.weight")!);
  return new Map([...shapes.keys()].map((name) => [name, parameters.get(name)!]));
}

/** Throws unless there are as many layers as the configuration says. Before anything is as large as that. */
function checkLayerCount(config: Gpt2Config, parameters: ReadonlyMap<string, Tensor>): void {
  const numbers = [...parameters.keys()].map((name) => /^h\.(\d+)\./.exec(name)?.[1]);
  const layers = new Set(numbers.filter((number) => number !== undefined)).size;
  if (layers !== config.layers) {
    throw new Gpt2Error(
      `the configuration does not fit the weights: it says ${config.layers} layers, and the weights have ${layers}`,
    );
  }
}

function checkParameter(name: string, value: Tensor | undefined, shape: readonly number[]): void {
  if (!value) {
    throw new Gpt2Error(`the configuration does not fit the weights: they lack ${name} [${shape.join(", ")}]`);
  }
  if (value.shape.join() !== shape.join()) {
    throw new Gpt2Error(
      `the configuration does not fit the weights: ${name} has shape [${value.shape.join(", ")}], expected [${shape.join(", ")}]`,
    );
  }
  const wrong = value.data.findIndex((element) => !(Math.abs(element) <= LARGEST_WEIGHT));
  if (wrong >= 0) {
    throw new Gpt2Error(
      `${name} is damaged: element ${wrong} of ${value.size} is ${value.data[wrong]}; every weight must be finite, and none is beyond 2^40`,
    );
  }
}

function checkUnembedding({ tied }: Gpt2Config, head: Tensor | undefined, token: Tensor): void {
  if (tied === false && !head) {
    throw new Gpt2Error(
      `the configuration's tie_word_embeddings is false, but the weights have no ${UNEMBEDDING}. ` +
        "Save the whole language model, or say true if the unembedding is the token embedding",
    );
  }
  if (!tied || !head) return;
  const [a, b] = [head.data, token.data];
  if (a.some((weight, i) => weight !== b[i])) {
    throw new Gpt2Error(
      `the configuration's tie_word_embeddings is true, but ${UNEMBEDDING} is not the token embedding. ` +
        "Say false to use it, or leave it out",
    );
  }
}
