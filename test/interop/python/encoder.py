"""
nn's TransformerEncoder in plain PyTorch, from the files that Selectron writes: those of `selectron compile` (no norms), of `selectron
train` (norms before the sublayers), and norms after them, as in Vaswani et al. 2017. Where torch has the same layers, it runs them too.
"""
import json
import math
import sys

import torch
import torch.nn.functional as F

import files

#: Where each kind of file has its description.
DESCRIPTIONS = ("card", "selectron.encoder")


def activation(x, name):
    return {"relu": F.relu, "gelu": lambda x: F.gelu(x, approximate="tanh"), "geluExact": F.gelu}[name](x)


def encoder(config, weights, ids):
    """ids [B, n] to logits [B, n, outputs]. Maps are [in, out]."""
    place, epsilon = config.get("layerNorm", "none"), config.get("layerNormEpsilon", 1e-5)
    place = {True: "pre", False: "none"}.get(place, place)
    length = ids.shape[1]

    def affine(x, name):
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], epsilon)

    def sublayer(x, path, function):
        if place == "post":
            return norm(x + function(x), f"{path}.norm")
        return x + function(norm(x, f"{path}.norm") if place == "pre" else x)

    x = weights["embedding.token.weight"][ids] + weights["embedding.position.weight"][:length]
    for index, block in enumerate(config["blocks"]):
        if block["heads"] > 0:
            path = f"blocks.{index}.attention"

            def attention(y):
                heads = (affine(y, f"{path}.{part}").unflatten(-1, (block["heads"], -1)).transpose(1, 2) for part in ("query", "key", "value"))
                query, key, value = heads
                scores = query @ key.transpose(-1, -2) / math.sqrt(block["dHead"])
                if config.get("causal"):
                    scores = scores.masked_fill(torch.ones(length, length).triu(1).bool(), -math.inf)
                return affine((scores.softmax(-1) @ value).transpose(1, 2).flatten(2), f"{path}.output")

            x = sublayer(x, path, attention)
        if block["dFf"] > 0:
            path = f"blocks.{index}.feedForward"
            x = sublayer(x, path, lambda y: affine(activation(affine(y, f"{path}.hidden"), config.get("activation", "relu")), f"{path}.output"))
    return affine(norm(x, "norm") if place == "pre" else x, "unembedding")


def own_layers(config, weights, ids):
    """The same by torch.nn.TransformerEncoderLayer, for blocks that it can be."""
    width, causal = config["dModel"], config.get("causal", False)
    place = config.get("layerNorm")
    kinds = {"relu": F.relu, "gelu": lambda x: F.gelu(x, approximate="tanh"), "geluExact": F.gelu}
    x = weights["embedding.token.weight"][ids] + weights["embedding.position.weight"][: ids.shape[1]]
    mask = torch.ones(ids.shape[1], ids.shape[1]).triu(1).bool() if causal else None
    for index, block in enumerate(config["blocks"]):
        layer = torch.nn.TransformerEncoderLayer(
            width, block["heads"], block["dFf"], 0.0, kinds[config.get("activation", "relu")], config.get("layerNormEpsilon", 1e-5),
            batch_first=True, norm_first=place == "pre",
        )  # fmt: skip
        part = lambda name: weights[f"blocks.{index}.{name}"]
        projections = ("query", "key", "value")
        layer.load_state_dict(
            {
                "self_attn.in_proj_weight": torch.cat([part(f"attention.{name}.weight").T for name in projections]),
                "self_attn.in_proj_bias": torch.cat([part(f"attention.{name}.bias") for name in projections]),
                "self_attn.out_proj.weight": part("attention.output.weight").T,
                "self_attn.out_proj.bias": part("attention.output.bias"),
                "linear1.weight": part("feedForward.hidden.weight").T,
                "linear1.bias": part("feedForward.hidden.bias"),
                "linear2.weight": part("feedForward.output.weight").T,
                "linear2.bias": part("feedForward.output.bias"),
                "norm1.weight": part("attention.norm.weight"),
                "norm1.bias": part("attention.norm.bias"),
                "norm2.weight": part("feedForward.norm.weight"),
                "norm2.bias": part("feedForward.norm.bias"),
            }
        )
        x = layer(x, src_mask=mask)
    if place == "pre":
        x = F.layer_norm(x, (width,), weights["norm.weight"], weights["norm.bias"], config.get("layerNormEpsilon", 1e-5))
    return x @ weights["unembedding.weight"] + weights["unembedding.bias"]


def fits_own_layers(config):
    blocks = config["blocks"]
    return config.get("layerNorm") in ("pre", "post") and all(
        block["heads"] * block["dHead"] == config["dModel"] and block["dFf"] > 0 for block in blocks
    )


def answers(card, logits):
    """The class at each position: that of the largest logit, or of the nearest point. The first output of the card."""
    decoding = card["outputs"][0]["decoding"]
    points = decoding.get("points")
    if points is None:
        return logits[..., : len(decoding["classes"])].argmax(-1)
    points = torch.tensor(points)
    return (logits[..., None, : points.shape[1]] - points).abs().amax(-1).argmin(-1)


def main(folder):
    results, given = {}, files.read(f"{folder}/in.safetensors")
    with torch.no_grad():
        for case in files.job(folder):
            weights, metadata = files.read(case["file"]), files.metadata(case["file"])
            card = json.loads(next(metadata[key] for key in DESCRIPTIONS if key in metadata))
            for key, ids in given.items():
                if not key.startswith(f"{case['name']}."):
                    continue
                logits = encoder(card["config"], weights, ids.long())
                results[f"{key}.logits"] = logits
                if "decoding" in json.dumps(card.get("outputs", "")):
                    results[f"{key}.answers"] = answers(card, logits).float()
                if fits_own_layers(card["config"]):
                    results[f"{key}.own"] = own_layers(card["config"], weights, ids.long())
    files.write(f"{folder}/out.safetensors", results)


if __name__ == "__main__":
    main(sys.argv[1])
