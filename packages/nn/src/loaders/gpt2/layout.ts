/** The names and layouts in which the weights of GPT-2-style models are saved, made those of Hugging Face. */
import { zeros, type Tensor } from "@selectron/core";
import { Gpt2Error, type Gpt2Config } from "./config.js";

/** What wrappers put before every name: torch.compile, DataParallel, and the language model around GPT2Model. */
export const PREFIX = /^(_orig_mod\.|module\.)*(transformer\.)?/;

/** Buffers that older versions of Hugging Face's library and nanoGPT saved: the causal mask, its fill value. */
const BUFFER = /\.attn\.(bias|masked_bias)$/;

/** Whether a tensor of a file is such a buffer. */
export const isBuffer = (name: string): boolean => BUFFER.test(name);

/** Linear maps, which Hugging Face keeps as [in, out] and torch.nn.Linear, as in nanoGPT, as [out, in]. */
const MAP = /\.(c_attn|c_proj|c_fc)\.weight$/;

/**
 * Makes maps [in, out], and biases of a model that has none zeros.
 *
 * @param shapes - of the parameters
 * @throws Gpt2Error if the layout leaves open which model it is
 */
export function makeOurLayout(
  parameters: Map<string, Tensor>,
  config: Gpt2Config,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  if (isTransposed(parameters, config.dModel)) {
    if (config.activation === undefined) {
      throw new Gpt2Error(
        `the weights are those of nanoGPT, whose maps are [out, in]; say which activation it was trained with: ` +
          `"activation_function": "gelu" (nanoGPT since 2023), or "gelu_new" (before)`,
      );
    }
    for (const [name, value] of parameters) {
      if (MAP.test(name) && value.rank === 2) parameters.set(name, value.transpose());
    }
  }
  fillBiases(parameters, config, shapes);
}

/** Whether maps are [out, in]: the one map that is never square tells. */
function isTransposed(parameters: ReadonlyMap<string, Tensor>, dModel: number): boolean {
  const shape = parameters.get("h.0.attn.c_attn.weight")?.shape;
  return shape?.length === 2 && shape[0] === 3 * dModel && shape[1] === dModel;
}

/** Sets the biases of a model without any to 0. */
function fillBiases(
  parameters: Map<string, Tensor>,
  { bias }: Gpt2Config,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  const names = [...shapes.keys()].filter((name) => name.endsWith(".bias"));
  const present = names.find((name) => parameters.has(name));
  if (bias !== false) {
    if (present === undefined && parameters.has("h.0.attn.c_attn.weight")) {
      throw new Gpt2Error(
        `the weights have no biases, as some models of nanoGPT; if the model has none, say so in the configuration: "bias": false`,
      );
    }
    return;
  }
  if (present !== undefined) {
    throw new Gpt2Error(`the configuration says "bias": false, but the weights have ${present}`);
  }
  for (const name of names) parameters.set(name, zeros([...shapes.get(name)!]));
}
