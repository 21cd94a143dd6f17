"""GPT-2, models of the Llama kind and GPT-NeoX in plain PyTorch, from the papers' formulas, with Hugging Face's names and configurations."""
import math

import torch
import torch.nn.functional as F


def attend(query, key, value):
    """Causal attention of heads [B, H, n, d]."""
    length = query.shape[2]
    future = torch.ones(length, length).triu(1).bool()
    scores = (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])).masked_fill(future, -math.inf)
    return scores.softmax(-1) @ value


def split(x, heads):
    """[B, n, H d] to [B, H, n, d]."""
    return x.view(*x.shape[:2], heads, -1).transpose(1, 2)


def joined(x):
    """[B, H, n, d] to [B, n, H d]."""
    return x.transpose(1, 2).flatten(2)


def gpt2(config, weights, ids):
    """Radford et al. 2019; maps are [in, out]."""
    width, layers, heads = config["n_embd"], config["n_layer"], config["n_head"]
    tanh = config.get("activation_function", "gelu_new") == "gelu_new"

    def norm(x, name):
        return F.layer_norm(x, (width,), weights[f"{name}.weight"], weights[f"{name}.bias"], config["layer_norm_epsilon"])

    def affine(x, name):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["wte.weight"][ids] + weights["wpe.weight"][: ids.shape[1]]
    for layer in range(layers):
        path = f"h.{layer}"
        query, key, value = (split(part, heads) for part in affine(norm(x, f"{path}.ln_1"), f"{path}.attn.c_attn").split(width, -1))
        x = x + affine(joined(attend(query, key, value)), f"{path}.attn.c_proj")
        hidden = F.gelu(affine(norm(x, f"{path}.ln_2"), f"{path}.mlp.c_fc"), approximate="tanh" if tanh else "none")
        x = x + affine(hidden, f"{path}.mlp.c_proj")
    return norm(x, "ln_f") @ weights.get("lm_head.weight", weights["wte.weight"]).T


def rotate(x, columns, base, interleaved, scaling=None):
    """Rotary positions on the first columns of heads [B, H, n, d]; the interleaved ones as products of complex numbers, as Meta writes."""
    frequencies = 1.0 / base ** (torch.arange(0, columns, 2).float() / columns)
    if scaling:
        kind, factor = scaling["rope_type"], scaling["factor"]
        if kind == "linear":
            frequencies = frequencies / factor
        else:
            low, high, length = (scaling[key] for key in ("low_freq_factor", "high_freq_factor", "original_max_position_embeddings"))
            wavelengths = 2 * math.pi / frequencies
            smooth = (length / wavelengths - low) / (high - low)
            mixed = (1 - smooth) * frequencies / factor + smooth * frequencies
            slow = torch.where(wavelengths > length / low, frequencies / factor, mixed)
            frequencies = torch.where(wavelengths < length / high, frequencies, slow)
    angles = torch.outer(torch.arange(x.shape[2]).float(), frequencies)
    turning, rest = x[..., :columns], x[..., columns:]
    if interleaved:
        pairs = torch.view_as_complex(turning.unflatten(-1, (-1, 2)).contiguous())
        turned = torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)
    else:
        cos, sin = (torch.cat([f(angles)] * 2, -1) for f in (torch.cos, torch.sin))
        first, second = turning.chunk(2, -1)
        turned = turning * cos + torch.cat([-second, first], -1) * sin
    return torch.cat([turned, rest], -1)


def llama(config, weights, ids):
    """Touvron et al. 2023, with grouped-query attention; maps are [out, in]. Interleaved where the names are Meta's."""
    original = "dim" in config
    heads = config["n_heads" if original else "num_attention_heads"]
    groups = config["n_kv_heads" if original else "num_key_value_heads"]
    epsilon = config["norm_eps" if original else "rms_norm_eps"]
    names = (
        {"q": "attention.wq", "k": "attention.wk", "v": "attention.wv", "o": "attention.wo", "gate": "feed_forward.w1",
         "up": "feed_forward.w3", "down": "feed_forward.w2", "first": "attention_norm", "second": "ffn_norm",
         "embedding": "tok_embeddings", "head": "output"}
        if original
        else {**{part: f"self_attn.{part}_proj" for part in "qkvo"}, **{part: f"mlp.{part}_proj" for part in ("gate", "up", "down")},
              "first": "input_layernorm", "second": "post_attention_layernorm", "embedding": "embed_tokens", "head": "lm_head"}
    )  # fmt: skip

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weights[f"{name}.weight"]

    x = weights[f"{names['embedding']}.weight"][ids]
    for layer in range(config["n_layers" if original else "num_hidden_layers"]):

        def part(x, name):
            path = f"layers.{layer}.{names[name]}"
            return F.linear(x, weights[f"{path}.weight"], weights.get(f"{path}.bias"))

        y = norm(x, f"layers.{layer}.{names['first']}")
        query, key, value = split(part(y, "q"), heads), split(part(y, "k"), groups), split(part(y, "v"), groups)
        turn = (query.shape[-1], config["rope_theta"], original, config.get("rope_scaling"))
        query, key = rotate(query, *turn), rotate(key, *turn)
        key, value = (shared.repeat_interleave(heads // groups, 1) for shared in (key, value))
        x = x + part(joined(attend(query, key, value)), "o")
        y = norm(x, f"layers.{layer}.{names['second']}")
        x = x + part(F.silu(part(y, "gate")) * part(y, "up"), "down")
    head = weights.get(f"{names['head']}.weight", weights[f"{names['embedding']}.weight"])
    return norm(x, "norm") @ head.T


def neox(config, weights, ids):
    """Black et al. 2022; maps are [out, in], and each head has the rows of its query, key and value side by side."""
    width, heads, base = config["hidden_size"], config["num_attention_heads"], config["rotary_emb_base"]
    columns = int(config["rotary_pct"] * width // heads)

    def norm(x, name):
        return F.layer_norm(x, (width,), weights[f"{name}.weight"], weights[f"{name}.bias"], config["layer_norm_eps"])

    def affine(x, name):
        return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    x = weights["embed_in.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        path = f"layers.{layer}"
        fused = affine(norm(x, f"{path}.input_layernorm"), f"{path}.attention.query_key_value")
        query, key, value = split(fused, heads).chunk(3, -1)
        query, key = (rotate(part, columns, base, False) for part in (query, key))
        attended = affine(joined(attend(query, key, value)), f"{path}.attention.dense")
        read = x if config["use_parallel_residual"] else x + attended
        hidden = F.gelu(affine(norm(read, f"{path}.post_attention_layernorm"), f"{path}.mlp.dense_h_to_4h"))
        x = x + attended + affine(hidden, f"{path}.mlp.dense_4h_to_h")
    return norm(x, "final_layer_norm") @ weights.get("embed_out.weight", weights["embed_in.weight"]).T


FAMILIES = {"gpt2": gpt2, "llama": llama, "gpt_neox": neox}
