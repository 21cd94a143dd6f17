/**
 * GPT-2-style models (Radford et al. 2019, "Language Models are Unsupervised Multitask Learners") with the names and
 * layouts of Hugging Face's safetensors: linear maps are [in, out], `c_attn` gives queries, keys and values side by
 * side, the unembedding is the transposed token embedding unless there is an `lm_head`.
 */
import { attention, checks, type Activation, type Tensor } from "@selectron/core";
import { causalMask, paddingMask } from "../../attention/masks.js";
import { DecodingCache } from "../../cache.js";
import { checkExclusive, ContextError, plainRows } from "../../checks.js";
import { cached, type Decoding, type Generative } from "../../generation/generative.js";
import { Packing, unpackedWatch, type Padding } from "../../padding.js";
import { watcher, type Patcher, type Recorder, type Watching } from "../../recorder.js";
import { checkFinite, idTensor } from "../ids.js";
import { checkFilesOptions, readWeights, type FilesOptions, type ModelFile } from "../weights.js";
import { fail, gpt2Config, type Gpt2Config, type Gpt2Options } from "./config.js";
import { isBuffer } from "./layout.js";
import { checkedParameters, UNEMBEDDING } from "./parameters.js";

/** Options of a forward pass. */
export interface Gpt2ForwardOptions extends Watching {
  /** [B][n], the position of each token; by default 0, 1, 2, … for the real ones. */
  readonly positions?: readonly (readonly number[])[] | undefined;
  /**
   * [B][n], true where a token is real. A row has the logits of its real tokens alone, wherever the padding is; logits of padding mean
   * nothing.
   */
  readonly padding?: Padding | undefined;
  /** `tokens` continue the sequence in the cache, and are added to it. Not with positions or padding. */
  readonly cache?: DecodingCache | undefined;
  /** Gives the logits of the last position alone, [B, 1, V]: what generation needs of a prompt. Not with padding. */
  readonly lastOnly?: boolean | undefined;
  /**
   * Called with "embedding" [B, n, D], the sum of both embeddings, and per layer L with "h.L.attn.pattern" [B, H, n, n] (rows = queries),
   * "h.L.attn.heads" [B, H, n, D / H] (what each head gives, before its part of `c_proj`), "h.L.attn.residual" [B, n, D],
   * "h.L.mlp.hidden" [B, n, F] (after the activation), "h.L.mlp.output" [B, n, D] and "h.L.mlp.residual" [B, n, D]. A residual is the
   * stream after that sublayer was added. `patch` is called with the same, and the pass continues with what it gives.
   */
  readonly record?: Watching["record"];
}

/** What the layers of one pass share. */
interface Pass {
  readonly watch: Patcher | undefined;
  readonly cache: DecodingCache | undefined;
  readonly lastOnly: boolean | undefined;
}

/** A GPT-2-style model. */
export class Gpt2 implements Generative {
  static {
    checks.guardMethods(this);
  }

  /** The sizes of the model. */
  readonly config: Gpt2Config;
  /** By name, without the prefix `transformer.`; shapes as in `gpt2Shapes`, and perhaps `lm_head.weight` [V, D]. */
  readonly parameters: ReadonlyMap<string, Tensor>;

  /**
   * @param parameters - by the names of Hugging Face or nanoGPT, with or without the prefix `transformer.`
   * @throws Gpt2Error that names the parameter that is missing, unknown, of another shape, or not finite
   */
  constructor(config: Gpt2Config, parameters: ReadonlyMap<string, Tensor>) {
    this.config = config;
    this.parameters = checkedParameters(config, parameters);
  }

  /**
   * Reads a file, or the files into which a model is split, and its configuration.
   *
   * @param files - safetensors with the names of Hugging Face or nanoGPT, with or without the prefix `transformer.`, in float32, float16
   * or bfloat16; `shardNames` tells which there are
   * @param config - parsed JSON; see {@link gpt2Config}
   * @throws Gpt2Error if a file is damaged or missing, the configuration does not fit them, or the architecture is not GPT-2's
   */
  static fromSafetensors(
    files: ModelFile | readonly ModelFile[],
    config: unknown,
    options: Gpt2Options & FilesOptions = {},
  ): Gpt2 {
    checkFilesOptions("Gpt2.fromSafetensors", options);
    const sizes = gpt2Config(config, { ignore: options.ignore });
    return new Gpt2(sizes, readWeights(files, options, isBuffer, fail));
  }

  /** A parameter by its name, in the file's shape. Throws a TypeError that names the nearest where there is none. */
  parameter(name: string): Tensor {
    checks.check("Gpt2.parameter: name", name, checks.aText);
    const parameter = this.parameters.get(name);
    if (!parameter) throw checks.unknownName("Gpt2.parameter", "parameter", name, [...this.parameters.keys()]);
    return parameter;
  }

  /** The map from the stream to scores of the vocabulary: [D, V]. */
  get unembedding(): Tensor {
    return (this.parameters.get(UNEMBEDDING) ?? this.parameter("wte.weight")).transpose();
  }

  /**
   * tokens [B][n] → logits [B, n, V]; [B, 1, V] with `lastOnly`.
   *
   * @param options - or the positions alone
   * @param record - called with each layer's attention pattern alone, `h.L.attn.pattern` [B, H, n, n]; the one in the options with every
   * activation
   * @throws RangeError on an id outside the vocabulary, a position outside the table, or rows of unequal length
   * @throws Gpt2Error if a logit is not finite
   */
  forward(
    rows: readonly (readonly number[])[],
    options: Gpt2ForwardOptions | readonly (readonly number[])[] = {},
    record?: Recorder,
  ): Tensor {
    const tokens = plainRows("Gpt2.forward: tokens", rows);
    const { padding, positions: places, record: first, patch, cache, lastOnly } = forwardOptions(options);
    checks.checkGiven("Gpt2.forward: record", record, checks.aFunction("a function of a name and a tensor"));
    const positions = places && plainRows("Gpt2.forward: positions", places);
    const { vocabularySize, maxLength } = this.config;
    const [batch, length] = [tokens.length, tokens[0]?.length ?? 0];
    if (length === 0) throw new RangeError("Gpt2.forward: there are no tokens; pass one row of ids or more.");
    checkExclusive("Gpt2.forward", { padding, positions, cache, lastOnly });
    const before = cache?.length ?? 0;
    if (positions === undefined && padding === undefined && before + length > maxLength) {
      throw new ContextError(
        `Gpt2.forward: rows of ${before + length} tokens are longer than the model's context of ${maxLength}; shorten them.`,
      );
    }
    // Causal attention hides padding that comes last from all real tokens.
    const hidden = padding && paddingMask(padding, batch, length);
    const packing = padding && Packing.of(padding);
    const given =
      positions && padding ? positions.map((row, b) => row.map((at, i) => (padding[b]?.[i] ? at : 0))) : positions;
    const ids = idTensor("Gpt2.forward", "token", tokens, vocabularySize, batch, length);
    const at = given && idTensor("Gpt2.forward", "position", given, maxLength, batch, length);
    const packed = <T extends Tensor | undefined>(x: T): T => (x && packing ? (packing.pack(x) as T) : x);
    const watch = unpackedWatch(watcher({ record: both(first, record && ofPatterns(record)), patch }), packing);
    const place = this.parameter("wpe.weight").gather(
      packed(at) ?? this.#places(batch, length, packed(hidden), before),
    );
    const logits = this.#logits(this.parameter("wte.weight").gather(packed(ids)).add(place), {
      watch,
      cache,
      lastOnly,
    });
    cache?.advance(length);
    checkFinite(logits, this.parameters, fail);
    const whole = logits.reshape([batch, lastOnly === true ? 1 : length, vocabularySize]);
    return packing ? packing.unpack(whole) : whole;
  }

  /** The sum of the embeddings [B, n, D] → [B · n, V], or [B, V] of the last position alone. */
  #logits(embedding: Tensor, pass: Pass): Tensor {
    const { watch, lastOnly } = pass;
    const { layers, dModel, epsilon } = this.config;
    const norm = (x: Tensor, name: string): Tensor =>
      x.layerNorm(this.parameter(`${name}.weight`), this.parameter(`${name}.bias`), epsilon);
    let x = seen(watch, "embedding", embedding);
    for (let layer = 0; layer < layers; layer++) {
      const path = `h.${layer}`;
      x = seen(watch, `${path}.attn.residual`, x.add(this.#attention(norm(x, `${path}.ln_1`), path, pass)));
      x = seen(watch, `${path}.mlp.residual`, x.add(this.#feedForward(norm(x, `${path}.ln_2`), path, watch)));
    }
    const read = lastOnly === true ? x.slice(-1, undefined, 1) : x;
    return norm(read, "ln_f").reshape([-1, dModel]).matmul(this.unembedding);
  }

  /** `before` and what follows in each row, and 0 for padding. Throws a RangeError if there are more real tokens than positions. */
  #places(batch: number, length: number, hidden: Tensor | undefined, before: number): Tensor {
    const rows = Array.from({ length: batch }, (_, b) =>
      Array.from({ length }, (_, i) => (hidden?.data[b * length + i] ? 0 : before + i)),
    );
    return idTensor("Gpt2.forward", "position", rows, this.config.maxLength, batch, length);
  }

  /** The context: the longest sequence. */
  get maxLength(): number {
    return this.config.maxLength;
  }

  /** Starts a sequence with a cache of its own. */
  begin(): Decoding {
    return cached((tokens, cache) => this.forward(tokens, { cache, lastOnly: true })).begin();
  }

  /** [B, n, D] → [B, n, D]. */
  #attention(x: Tensor, path: string, { watch, cache }: Pass): Tensor {
    const { heads, dModel } = this.config;
    const [batch, length] = x.shape as [number, number, number];
    const all = this.#linear(x, `${path}.attn.c_attn`);
    const [query, key, value] = [0, 1, 2].map((part) =>
      all
        .slice(part * dModel, (part + 1) * dModel, 2)
        .reshape([batch, length, heads, dModel / heads])
        .permute([0, 2, 1, 3]),
    );
    const keys = cache ? cache.append(`${path}.key`, key!, 2) : key!;
    const values = cache ? cache.append(`${path}.value`, value!, 2) : value!;
    const mixed = seen(watch, `${path}.attn.heads`, mix(query!, keys, values, `${path}.attn.pattern`, watch));
    return this.#linear(mixed.permute([0, 2, 1, 3]).reshape([batch, length, dModel]), `${path}.attn.c_proj`);
  }

  /** [B, n, D] → [B, n, D]. */
  #feedForward(x: Tensor, path: string, watch: Patcher | undefined): Tensor {
    const inner = this.#linear(x, `${path}.mlp.c_fc`, this.config.activation ?? "gelu");
    const hidden = seen(watch, `${path}.mlp.hidden`, inner);
    return seen(watch, `${path}.mlp.output`, this.#linear(hidden, `${path}.mlp.c_proj`));
  }

  #linear(x: Tensor, name: string, activation?: Activation): Tensor {
    return x.matmul(this.parameter(`${name}.weight`), { bias: this.parameter(`${name}.bias`), activation });
  }
}

/**
 * What each head gives, [B, H, n, D / H]. The fused kernel computes it, unless the pattern was changed: watching alone changes no bit.
 */
function mix(query: Tensor, key: Tensor, value: Tensor, name: string, watch: Patcher | undefined): Tensor {
  const fused = (): Tensor => attention(query, key, value, { causal: true });
  if (!watch) return fused();
  const [length, width] = query.shape.slice(2) as [number, number];
  const keys = key.shape[2]!;
  const scores = query.matmul(key.transpose(), { alpha: 1 / Math.sqrt(width) });
  const pattern = scores.maskedFill(causalMask(length, keys), -Infinity).softmax();
  const used = watch(name, pattern);
  return used === pattern ? fused() : used.matmul(value);
}

/** What to go on with after an activation was shown to those who watch. */
const seen = (watch: Patcher | undefined, name: string, value: Tensor): Tensor => watch?.(name, value) ?? value;

/** A callback that is called with patterns only. */
const ofPatterns =
  (record: Recorder): Recorder =>
  (name, value) => {
    if (name.endsWith(".pattern")) record(name, value);
  };

/** One callback that calls both. */
const both = (a: Recorder | undefined, b: Recorder | undefined): Recorder | undefined =>
  a && b
    ? (name, value) => {
        a(name, value);
        b(name, value);
      }
    : (a ?? b);

/** Options, or positions alone. */
function forwardOptions(options: Gpt2ForwardOptions | readonly (readonly number[])[]): Gpt2ForwardOptions {
  if (Array.isArray(options)) return { positions: options as readonly (readonly number[])[] };
  checks.checkOptions("Gpt2.forward", options, forwardKinds);
  return options as Gpt2ForwardOptions;
}

const forwardKinds = {
  positions: checks.aList("an array of rows, such as [[0, 1, 2]]"),
  padding: checks.aList("an array of rows, true where a token is real"),
  cache: checks.anInstance(DecodingCache),
  lastOnly: checks.aFlag,
  record: checks.aFunction("a function of a name and a tensor"),
  patch: checks.aFunction("a function of a name and a tensor"),
};
