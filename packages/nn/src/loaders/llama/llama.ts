/**
 * Models of the Llama kind (Touvron et al. 2023, arXiv 2302.13971): RMS norms before the sublayers, rotary positions in either pairing,
 * grouped-query attention, gated feed-forward layers, an unembedding that is tied or not. The names are those of Hugging Face's safetensors;
 * Meta's and Mistral's own are read as well.
 */
import { checks, type Tensor } from "@selectron/core";
import { groupedAttention, patternOf } from "../../attention/grouped.js";
import { rmsNorm } from "../../layers/rms-norm.js";
import { rotation, type Rotation } from "../../positions/rotary-tables.js";
import {
  CausalModel,
  lastIfOnly,
  NamedWeights,
  splitHeads,
  type CausalLayers,
  type CausalPass,
} from "../causal-model.js";
import type { ConfigOptions } from "../config-fields.js";
import { checkFilesOptions, readWeights, type FilesOptions, type ModelFile } from "../weights.js";
import { fail, llamaConfig, type LlamaActivation, type LlamaConfig } from "./config.js";
import { checkedParameters, isBuffer, UNEMBEDDING } from "./parameters.js";

/** A model of the Llama kind. */
export class Llama extends CausalModel<LlamaConfig> {
  static {
    checks.guardMethods(this);
  }

  /**
   * @param parameters - by the names of Hugging Face, with or without the prefix `model.`, or by Meta's; shapes as in `llamaShapes`
   * @throws LoadError that names the parameter that is missing, unknown, of another shape, or not finite
   */
  constructor(config: LlamaConfig, parameters: ReadonlyMap<string, Tensor>) {
    const { parameters: checked, pairing } = checkedParameters(config, parameters);
    const sizes = { ...config, pairing: config.pairing ?? pairing };
    super("Llama", sizes, checked, new LlamaLayers(sizes, checked));
  }

  /**
   * Reads a file, or the files into which a model is split, and its configuration.
   *
   * @param files - safetensors in float32, float16 or bfloat16; `shardNames` tells which there are
   * @param config - parsed JSON; see {@link llamaConfig}
   * @throws LoadError if a file is damaged or missing, the configuration does not fit them, or the architecture is another
   */
  static fromSafetensors(
    files: ModelFile | readonly ModelFile[],
    config: unknown,
    options: ConfigOptions & FilesOptions = {},
  ): Llama {
    checkFilesOptions("Llama.fromSafetensors", options);
    const sizes = llamaConfig(config, { ignore: options.ignore });
    return new Llama(sizes, readWeights(files, options, isBuffer, fail));
  }
}

/** Its layers. */
class LlamaLayers implements CausalLayers {
  readonly #config: LlamaConfig;
  readonly #weights: NamedWeights;

  constructor(config: LlamaConfig, parameters: ReadonlyMap<string, Tensor>) {
    this.#config = config;
    this.#weights = new NamedWeights(parameters);
  }

  logits(ids: Tensor, pass: CausalPass): Tensor {
    const { layers, dHead, base, pairing = "halves", scaling, tied = false } = this.#config;
    const { cache, watch } = pass;
    const turn = rotation({ columns: dHead, base, pairing, scaling }, cache?.length ?? 0, ids.shape[1]!);
    let x = this.#weights.get("embed_tokens.weight").gather(ids);
    if (watch) x = watch("embedding", x);
    for (let layer = 0; layer < layers; layer++) {
      const path = `layers.${layer}`;
      x = x.add(this.#attention(this.#norm(x, `${path}.input_layernorm`), path, turn, pass));
      x = x.add(this.#feedForward(this.#norm(x, `${path}.post_attention_layernorm`), path, pass));
      if (watch) x = watch(`${path}.residual`, x);
    }
    return this.#weights.map(
      this.#norm(lastIfOnly(x, pass), "norm"),
      tied ? "embed_tokens" : UNEMBEDDING.replace(".weight", ""),
    );
  }

  #norm(x: Tensor, name: string): Tensor {
    return rmsNorm(x, this.#weights.get(`${name}.weight`), this.#config.epsilon);
  }

  /** [B, n, D] → [B, n, D]. */
  #attention(x: Tensor, path: string, turn: Rotation, { cache, watch }: CausalPass): Tensor {
    const { heads, keyValueHeads, attentionBias, outputBias } = this.#config;
    const part = (name: string, count: number): Tensor =>
      splitHeads(this.#weights.map(x, `${path}.self_attn.${name}_proj`, attentionBias), count);
    const query = turn(part("q", heads));
    const [key, value] = [turn(part("k", keyValueHeads)), part("v", keyValueHeads)];
    const keys = cache ? cache.append(`${path}.key`, key, 2) : key;
    const values = cache ? cache.append(`${path}.value`, value, 2) : value;
    const mixed = groupedAttention(query, keys, values, patternOf(watch, `${path}.attention.pattern`));
    return this.#weights.map(mixed, `${path}.self_attn.o_proj`, outputBias);
  }

  /** down(activation(gate(x)) · up(x)): [B, n, D] → [B, n, D]. */
  #feedForward(x: Tensor, path: string, { watch }: CausalPass): Tensor {
    const { activation = "silu", feedForwardBias } = this.#config;
    const gate = activate(this.#weights.map(x, `${path}.mlp.gate_proj`, feedForwardBias), activation);
    const hidden = gate.mul(this.#weights.map(x, `${path}.mlp.up_proj`, feedForwardBias));
    const watched = watch ? watch(`${path}.feedForward.hidden`, hidden) : hidden;
    return this.#weights.map(watched, `${path}.mlp.down_proj`, feedForwardBias);
  }
}

/** "silu" is x · sigmoid(x) (Elfwing et al. 2018, arXiv 1702.03118). */
const activate = (x: Tensor, activation: LlamaActivation): Tensor =>
  activation === "silu" ? x.mul(x.sigmoid()) : x[activation]();
