/**
 * GPT-NeoX models (Black et al. 2022, arXiv 2204.06745), such as Pythia: layer norms before the sublayers, which add to the stream in
 * parallel or one after the other, rotary positions on a part of each head, and one map for queries, keys and values.
 */
import { checks, type Tensor } from "@selectron/core";
import { groupedAttention, patternOf } from "../../attention/grouped.js";
import { rotation, type Rotation } from "../../positions/rotary-tables.js";
import { CausalModel, lastIfOnly, NamedWeights, type CausalLayers, type CausalPass } from "../causal-model.js";
import type { ConfigOptions } from "../config-fields.js";
import { checkFilesOptions, readWeights, type FilesOptions, type ModelFile } from "../weights.js";
import { fail, neoXConfig, type NeoXConfig } from "./config.js";
import { checkedParameters, isBuffer, UNEMBEDDING } from "./parameters.js";

/** A GPT-NeoX model. */
export class GptNeoX extends CausalModel<NeoXConfig> {
  static {
    checks.guardMethods(this);
  }

  /**
   * @param parameters - by the names of Hugging Face, with or without the prefix `gpt_neox.`; shapes as in `neoXShapes`
   * @throws LoadError that names the parameter that is missing, unknown, of another shape, or not finite
   */
  constructor(config: NeoXConfig, parameters: ReadonlyMap<string, Tensor>) {
    const checked = checkedParameters(config, parameters);
    super("GptNeoX", config, checked, new GptNeoXLayers(config, checked));
  }

  /**
   * Reads a file, or the files into which a model is split, and its configuration.
   *
   * @param files - safetensors in float32, float16 or bfloat16; `shardNames` tells which there are
   * @param config - parsed JSON; see {@link neoXConfig}
   * @throws LoadError if a file is damaged or missing, the configuration does not fit them, or the architecture is another
   */
  static fromSafetensors(
    files: ModelFile | readonly ModelFile[],
    config: unknown,
    options: ConfigOptions & FilesOptions = {},
  ): GptNeoX {
    checkFilesOptions("GptNeoX.fromSafetensors", options);
    const sizes = neoXConfig(config, { ignore: options.ignore });
    return new GptNeoX(sizes, readWeights(files, options, isBuffer, fail));
  }
}

/** Its layers. */
class GptNeoXLayers implements CausalLayers {
  readonly #config: NeoXConfig;
  readonly #weights: NamedWeights;

  constructor(config: NeoXConfig, parameters: ReadonlyMap<string, Tensor>) {
    this.#config = config;
    this.#weights = new NamedWeights(parameters);
  }

  logits(ids: Tensor, pass: CausalPass): Tensor {
    const { layers, rotaryColumns: columns, base, pairing = "halves", scaling, parallel = true, tied } = this.#config;
    const { cache, watch } = pass;
    const turn =
      columns === 0
        ? (x: Tensor): Tensor => x
        : rotation({ columns, base, pairing, scaling }, cache?.length ?? 0, ids.shape[1]!);
    let x = this.#weights.get("embed_in.weight").gather(ids);
    if (watch) x = watch("embedding", x);
    for (let layer = 0; layer < layers; layer++) {
      const path = `layers.${layer}`;
      const mixed = x.add(this.#attention(this.#norm(x, `${path}.input_layernorm`), path, turn, pass));
      const read = this.#norm(parallel ? x : mixed, `${path}.post_attention_layernorm`);
      x = mixed.add(this.#feedForward(read, path, pass));
      if (watch) x = watch(`${path}.residual`, x);
    }
    return this.#weights.map(
      this.#norm(lastIfOnly(x, pass), "final_layer_norm"),
      tied ? "embed_in" : UNEMBEDDING.replace(".weight", ""),
    );
  }

  #norm(x: Tensor, name: string): Tensor {
    return x.layerNorm(this.#weights.get(`${name}.weight`), this.#weights.get(`${name}.bias`), this.#config.epsilon);
  }

  /** [B, n, D] → [B, n, D]. */
  #attention(x: Tensor, path: string, turn: Rotation, { cache, watch }: CausalPass): Tensor {
    const { heads, dModel, attentionBias = true } = this.#config;
    const [batch, length] = x.shape as [number, number];
    const dHead = dModel / heads;
    // [B, n, H, 3 · dHead]: each head has its query, key and value side by side.
    const all = this.#weights
      .map(x, `${path}.attention.query_key_value`, attentionBias)
      .reshape([batch, length, heads, 3 * dHead]);
    const [query, key, value] = [0, 1, 2].map((part) =>
      all.slice(part * dHead, (part + 1) * dHead, 3).permute([0, 2, 1, 3]),
    ) as [Tensor, Tensor, Tensor];
    const turned = turn(key);
    const keys = cache ? cache.append(`${path}.key`, turned, 2) : turned;
    const values = cache ? cache.append(`${path}.value`, value, 2) : value;
    const mixed = groupedAttention(turn(query), keys, values, patternOf(watch, `${path}.attention.pattern`));
    return this.#weights.map(mixed, `${path}.attention.dense`, attentionBias);
  }

  /** [B, n, D] → [B, n, D]. */
  #feedForward(x: Tensor, path: string, { watch }: CausalPass): Tensor {
    const hidden = this.#weights.map(x, `${path}.mlp.dense_h_to_4h`, true)[this.#config.activation ?? "geluExact"]();
    const watched = watch ? watch(`${path}.feedForward.hidden`, hidden) : hidden;
    return this.#weights.map(watched, `${path}.mlp.dense_4h_to_h`, true);
  }
}
