/**
 * What models of other families have in common: a causal decoder with named parameters, whose forward pass takes padding anywhere, a cache
 * of keys and values for generation, and callbacks on its activations. A family adds its layers.
 */
import { checks, type Tensor } from "@selectron/core";
import { DecodingCache } from "../cache.js";
import { checkExclusive, checkParameters, checkRows, ContextError, plainRows } from "../checks.js";
import { cached, type Decoding, type Generative } from "../generation/generative.js";
import { Packing, unpackedWatch, type Padding } from "../padding.js";
import { watcher, type Patcher, type Watching } from "../recorder.js";
import { checkFinite, idTensor } from "./ids.js";
import { LoadError } from "./load-error.js";

/** Options of a forward pass. */
export interface CausalOptions extends Watching {
  /**
   * [B][n], true where a token is real. A row has the logits of its real tokens alone, wherever the padding is; logits of padding mean
   * nothing. Not with a cache.
   */
  readonly padding?: Padding | undefined;
  /** `tokens` continue the sequence in the cache, and are added to it. */
  readonly cache?: DecodingCache | undefined;
  /** Gives the logits of the last position alone, [B, 1, V]: what generation needs of a prompt. Not with padding. */
  readonly lastOnly?: boolean | undefined;
  /**
   * Called with "embedding" [B, n, D] and, per layer, "layers.L.attention.pattern" [B, H, n, n] (rows = queries),
   * "layers.L.feedForward.hidden" [B, n, F] (what goes into the last map) and "layers.L.residual" [B, n, D], the stream after the layer.
   */
  readonly record?: Watching["record"];
}

/** What the layers of one pass share. */
export interface CausalPass {
  readonly cache: DecodingCache | undefined;
  /** Whether the logits of the last position are all that is asked for. */
  readonly lastOnly: boolean;
  /** Sees, and may change, an activation of its name. */
  readonly watch: Patcher | undefined;
}

/** The layers of a family. */
export interface CausalLayers {
  /** ids [B, n] → logits [B, n, V], or [B, 1, V] of the last position alone. Position i may only see what is before it. */
  logits(ids: Tensor, pass: CausalPass): Tensor;
}

/** Sizes that every family has. */
export interface CausalSizes {
  readonly vocabularySize: number;
  readonly maxLength?: number | undefined;
}

const optionKinds = {
  padding: checks.aList("an array of rows, true where a token is real"),
  cache: checks.anInstance(DecodingCache),
  lastOnly: checks.aFlag,
  record: checks.aFunction("a function of a name and a tensor"),
  patch: checks.aFunction("a function of a name and a tensor"),
};

const sizeKinds = { vocabularySize: checks.anInteger(1), maxLength: checks.anInteger(1) };
const someLayers = checks.anObjectWith("layers with logits(ids, pass)", "logits");

/** A causal model of a family. */
export class CausalModel<Sizes extends CausalSizes = CausalSizes> implements Generative {
  static {
    checks.guardMethods(this);
  }

  /** The sizes of the model. */
  readonly config: Sizes;
  /** By name, in the order of the layers. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly #family: string;
  readonly #layers: CausalLayers;

  /** @param family - its name, for errors */
  constructor(family: string, config: Sizes, parameters: ReadonlyMap<string, Tensor>, layers: CausalLayers) {
    checks.check("CausalModel: family", family, checks.aText);
    checks.check("CausalModel: config", config, checks.anObject("an object of sizes"));
    const { vocabularySize, maxLength } = config;
    checks.checkOptions("CausalModel", { vocabularySize, maxLength }, sizeKinds, ["vocabularySize"]);
    checkParameters("CausalModel", parameters);
    checks.check("CausalModel: layers", layers, someLayers);
    checks.check("CausalModel: layers.logits", layers.logits, checks.aFunction("a function of ids and a pass"));
    this.#family = family;
    this.#layers = layers;
    this.config = config;
    this.parameters = parameters;
  }

  /** A parameter by its name, in the file's shape. Throws a TypeError that names the nearest where there is none. */
  parameter(name: string): Tensor {
    checks.check(`${this.#family}.parameter: name`, name, checks.aText);
    const parameter = this.parameters.get(name);
    if (!parameter) {
      throw checks.unknownName(`${this.#family}.parameter`, "parameter", name, [...this.parameters.keys()]);
    }
    return parameter;
  }

  /** The context: the longest sequence. Unlimited if undefined. */
  get maxLength(): number | undefined {
    return this.config.maxLength;
  }

  /**
   * tokens [B][n] → logits [B, n, V]; [B, 1, V] with `lastOnly`.
   *
   * @throws RangeError on an id outside the vocabulary, or rows of unequal length
   * @throws ContextError if the sequence is longer than the context
   * @throws LoadError if a logit is not finite
   */
  forward(rows: readonly (readonly number[])[], options: CausalOptions = {}): Tensor {
    const operation = `${this.#family}.forward`;
    const tokens = plainRows(`${operation}: tokens`, rows);
    checks.checkOptions(operation, options, optionKinds);
    const { padding, cache, lastOnly } = options;
    const [batch, length] = [tokens.length, tokens[0]?.length ?? 0];
    if (length === 0) throw new RangeError(`${operation}: there are no tokens; pass one row of ids or more.`);
    const whole = (cache?.length ?? 0) + length;
    const longest = padding ? longestOf(plainRows("padding", padding), batch, length) : whole;
    const limit = this.config.maxLength ?? Infinity;
    if (longest > limit) {
      throw new ContextError(
        `${operation}: rows of ${longest} tokens are longer than the model's context of ${limit}; shorten them.`,
      );
    }
    checkExclusive(operation, { padding, cache, lastOnly });
    // With a row's real tokens first, causal attention hides the padding from all of them.
    const packing = padding && Packing.of(padding);
    const ids = idTensor(operation, "token", tokens, this.config.vocabularySize, batch, length);
    const watch = unpackedWatch(watcher(options), packing);
    const logits = this.#layers.logits(packing ? packing.pack(ids) : ids, {
      cache,
      watch,
      lastOnly: lastOnly === true,
    });
    cache?.advance(length);
    checkFinite(logits, this.parameters, fail);
    return packing ? packing.unpack(logits) : logits;
  }

  /** Starts a sequence with a cache of its own. */
  begin(): Decoding {
    return cached((tokens, cache) => this.forward(tokens, { cache, lastOnly: true })).begin();
  }
}

const fail = (message: string): LoadError => new LoadError(message);

/** Parameters by name, as layers use them. */
export class NamedWeights {
  readonly #parameters: ReadonlyMap<string, Tensor>;

  constructor(parameters: ReadonlyMap<string, Tensor>) {
    this.#parameters = parameters;
  }

  /** A parameter that has been checked to be there. */
  get(name: string): Tensor {
    return this.#parameters.get(name)!;
  }

  /** x [..., in] through a map that is kept as [out, in], as torch.nn.Linear has it. */
  map(x: Tensor, name: string, bias = false): Tensor {
    return x.matmul(this.get(`${name}.weight`).transpose(), bias ? { bias: this.get(`${name}.bias`) } : {});
  }
}

/** The number of real tokens of the longest row. Throws a RangeError for rows of other lengths than the tokens'. */
function longestOf(padding: Padding, batch: number, length: number): number {
  if (padding.length !== batch) {
    throw new RangeError(`padding: ${padding.length} rows, but ${batch} rows of tokens; pass one row for each.`);
  }
  checkRows("padding", padding, length, "Pass one flag for each token.");
  return Math.max(...padding.map((row) => row.filter(Boolean).length));
}

/** What the unembedding reads: the last position alone where that is all that is asked for. */
export const lastIfOnly = (x: Tensor, { lastOnly }: CausalPass): Tensor => (lastOnly ? x.slice(-1, undefined, 1) : x);

/** [B, n, heads · dHead] → [B, heads, n, dHead], a view. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return x.reshape([batch, length, heads, width / heads]).permute([0, 2, 1, 3]);
}
