/**
 * The parameters that TransformerLens' models have, with their shapes, as its source says (TransformerLensOrg/TransformerLens, commit
 * 4cd36aaeb5dad931d085bd5d46a12b402fe15272 of 2026-07-22): for a configuration with `normalization_type` None, standard positions and
 * no attn_only. Nothing here is read from our exporter.
 */

/** A configuration, by TransformerLens' names. */
export interface Sizes {
  readonly n_layers: number;
  readonly d_model: number;
  readonly d_head: number;
  readonly n_heads: number;
  readonly d_mlp: number;
  readonly n_ctx: number;
  readonly d_vocab: number;
  readonly d_vocab_out: number;
}

type Shapes = Readonly<Record<string, readonly number[]>>;

const layers = ({ n_layers }: Sizes, of: (prefix: string) => Shapes): Shapes =>
  Object.assign({}, ...Array.from({ length: n_layers }, (_, layer) => of(`blocks.${layer}.`))) as Shapes;

/**
 * `HookedTransformer`, up to 3.x: `transformer_lens/components/{embed,pos_embed,unembed,abstract_attention,attention}.py` and
 * `components/mlps/mlp.py`. Beside these there are the buffers `attn.mask` and `attn.IGNORE`.
 */
export function hookedParameters(sizes: Sizes): Shapes {
  const { d_model, d_head, n_heads, d_mlp, n_ctx, d_vocab, d_vocab_out } = sizes;
  return {
    "embed.W_E": [d_vocab, d_model],
    "pos_embed.W_pos": [n_ctx, d_model],
    ...layers(sizes, (block) => ({
      [`${block}attn.W_Q`]: [n_heads, d_model, d_head],
      [`${block}attn.W_K`]: [n_heads, d_model, d_head],
      [`${block}attn.W_V`]: [n_heads, d_model, d_head],
      [`${block}attn.W_O`]: [n_heads, d_head, d_model],
      [`${block}attn.b_Q`]: [n_heads, d_head],
      [`${block}attn.b_K`]: [n_heads, d_head],
      [`${block}attn.b_V`]: [n_heads, d_head],
      [`${block}attn.b_O`]: [d_model],
      [`${block}mlp.W_in`]: [d_model, d_mlp],
      [`${block}mlp.b_in`]: [d_mlp],
      [`${block}mlp.W_out`]: [d_mlp, d_model],
      [`${block}mlp.b_out`]: [d_model],
    })),
    "unembed.W_U": [d_model, d_vocab_out],
    "unembed.b_U": [d_vocab_out],
  };
}

/**
 * `TransformerBridge.boot_native`, 4.x: the module's torch layers (`model_bridge/sources/native/model.py`: `nn.Linear` holds [out, in]) by
 * the bridge's names for them (`model_bridge/supported_architectures/native.py`). The bridge's own `state_dict` has `unembed.bias`
 * beside these, zeros that the bridge makes: the module's head has no bias.
 */
export function bridgeParameters(sizes: Sizes): Shapes {
  const { d_model, d_head, n_heads, d_mlp, n_ctx, d_vocab, d_vocab_out } = sizes;
  const all = n_heads * d_head;
  return {
    "embed.weight": [d_vocab, d_model],
    "pos_embed.weight": [n_ctx, d_model],
    ...layers(sizes, (block) => ({
      [`${block}attn.q.weight`]: [all, d_model],
      [`${block}attn.q.bias`]: [all],
      [`${block}attn.k.weight`]: [all, d_model],
      [`${block}attn.k.bias`]: [all],
      [`${block}attn.v.weight`]: [all, d_model],
      [`${block}attn.v.bias`]: [all],
      [`${block}attn.o.weight`]: [d_model, all],
      [`${block}attn.o.bias`]: [d_model],
      [`${block}mlp.in.weight`]: [d_mlp, d_model],
      [`${block}mlp.in.bias`]: [d_mlp],
      [`${block}mlp.out.weight`]: [d_model, d_mlp],
      [`${block}mlp.out.bias`]: [d_model],
    })),
    "unembed.weight": [d_vocab_out, d_model],
  };
}

/**
 * The fields of the configuration that both know (`config/transformer_lens_config.py`, `config/hooked_transformer_config.py` and
 * `config/transformer_bridge_config.py`). `HookedTransformerConfig(**config)` refuses any other.
 */
export const CONFIG_FIELDS = [
  ...["d_model", "d_head", "n_layers", "n_ctx", "n_heads", "d_mlp", "d_vocab", "d_vocab_out", "act_fn", "eps"],
  ...["use_attn_scale", "attn_scale", "normalization_type", "attention_dir", "attn_only", "positional_embedding_type"],
  ...["default_prepend_bos", "seed", "init_weights", "init_mode", "dtype", "device", "model_name", "final_rms"],
] as const;
