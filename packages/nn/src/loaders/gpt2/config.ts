/** The sizes of a GPT-2-style model, read from Hugging Face's `config.json` or from a normalised one. */

/** A model that cannot be loaded, with the reason and a remedy. */
export class Gpt2Error extends Error {
  override readonly name = "Gpt2Error";
}

/** Pre-layer-norm decoder with learned positions and gelu in its tanh form (Radford et al. 2019). */
export interface Gpt2Config {
  readonly layers: number;
  readonly heads: number;
  readonly dModel: number;
  /** Width of the hidden feed-forward layer. */
  readonly dFf: number;
  /** Number of position embeddings. */
  readonly maxLength: number;
  readonly vocabularySize: number;
  /** Added to the variance in layer norms. */
  readonly epsilon: number;
}

/** Our fields with the names that configurations give them: Hugging Face's first. */
const SIZES = {
  layers: ["n_layer", "layers"],
  heads: ["n_head", "heads"],
  dModel: ["n_embd", "d_model"],
  maxLength: ["n_positions", "n_ctx"],
  vocabularySize: ["vocab_size"],
} as const;

/** Other fields that a configuration may have, and the values that this model supports. */
const SUPPORTED: Readonly<Record<string, readonly unknown[]>> = {
  model_type: ["gpt2"],
  activation_function: ["gelu_new", "gelu_pytorch_tanh"],
  scale_attn_weights: [true],
  scale_attn_by_inverse_layer_idx: [false],
  add_cross_attention: [false],
};

/**
 * A configuration from parsed JSON. Takes the keys of Hugging Face (`n_layer`, `n_head`, `n_embd`, `n_positions`,
 * `vocab_size`, `n_inner`, `layer_norm_epsilon`) or `layers`, `heads`, `d_model`, `n_ctx`, `d_mlp`, `layer_norm_eps`.
 *
 * @throws Gpt2Error if a size is missing or impossible, or the architecture is not GPT-2's
 */
export function gpt2Config(json: unknown): Gpt2Config {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Gpt2Error("the configuration must be a JSON object, such as the config.json beside the weights");
  }
  const fields = json as Readonly<Record<string, unknown>>;
  checkArchitecture(fields);
  const count = (names: readonly string[], fallback?: number): number => {
    const name = names.find((candidate) => fields[candidate] !== undefined && fields[candidate] !== null);
    const value = name === undefined ? fallback : fields[name];
    if (value === undefined) throw new Gpt2Error(`the configuration does not give ${names.join(" or ")}`);
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw new Gpt2Error(`the configuration's ${name} is ${JSON.stringify(value)}; it must be an integer, 1 or more`);
    }
    return value as number;
  };
  const [layers, heads, dModel] = [count(SIZES.layers), count(SIZES.heads), count(SIZES.dModel)];
  if (dModel % heads !== 0) {
    throw new Gpt2Error(`the configuration has ${heads} heads, which do not divide a width of ${dModel}`);
  }
  const epsilon = fields["layer_norm_epsilon"] ?? fields["layer_norm_eps"] ?? 1e-5;
  if (typeof epsilon !== "number" || !(epsilon >= 0)) {
    throw new Gpt2Error(`the configuration's layer_norm_epsilon is ${JSON.stringify(epsilon)}; it must be 0 or more`);
  }
  return {
    layers,
    heads,
    dModel,
    dFf: count(["n_inner", "d_mlp"], 4 * dModel),
    maxLength: count(SIZES.maxLength),
    vocabularySize: count(SIZES.vocabularySize),
    epsilon,
  };
}

function checkArchitecture(fields: Readonly<Record<string, unknown>>): void {
  for (const [name, values] of Object.entries(SUPPORTED)) {
    const value = fields[name];
    if (value !== undefined && !values.includes(value)) {
      throw new Gpt2Error(
        `the configuration's ${name} is ${JSON.stringify(value)}; supported is ${values.map((v) => JSON.stringify(v)).join(" or ")}`,
      );
    }
  }
  const architecture = fields["architecture"];
  if (typeof architecture === "string" && !/^gpt-?2\b/i.test(architecture)) {
    throw new Gpt2Error(`the configuration's architecture is ${JSON.stringify(architecture)}; supported is "gpt2"`);
  }
}
