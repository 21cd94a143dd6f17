"""Checkpoints as people have them, with random weights, written by torch: prefixes, mask buffers, half types, shards. And their logits."""
import json
import os
import sys

import torch

import files
import models

#: What a family has before its names, and the buffers that older versions of its library saved.
PREFIXES = {"gpt2": "transformer.", "llama": "model.", "gpt_neox": "gpt_neox."}
BUFFERS = {
    "gpt2": {"h.0.attn.bias": torch.ones(1, 1, 9, 9).tril().bool(), "h.0.attn.masked_bias": torch.tensor(-1e4)},
    "llama": {"layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)},
    "gpt_neox": {"layers.0.attention.bias": torch.ones(1, 1, 9, 9).tril().bool(), "layers.0.attention.rotary_emb.inv_freq": torch.ones(2)},
}
DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def write(folder, case, weights):
    """Writes the weights in `shards` files, with an index where there are several."""
    prefix = PREFIXES[case["family"]] if case["prefix"] else ""
    saved = {name if name.startswith(("lm_head", "embed_out", "output")) else prefix + name: value for name, value in weights.items()}
    if case["buffers"]:
        saved |= {prefix + name: value for name, value in BUFFERS[case["family"]].items()}
    count = case["shards"]
    names = [f"model-{i + 1:05}-of-{count:05}.safetensors" for i in range(count)] if count > 1 else ["model.safetensors"]
    places = {name: names[i * count // len(saved)] for i, name in enumerate(saved)}
    for file in names:
        files.write(f"{folder}/{file}", {name: value for name, value in saved.items() if places[name] == file})
    if count > 1:
        with open(f"{folder}/model.safetensors.index.json", "w", encoding="utf8") as file:
            json.dump({"metadata": {"total_size": 0}, "weight_map": places}, file)


def main(folder):
    results = {}
    for case in files.job(folder):
        torch.manual_seed(case["seed"])
        dtype = DTYPES[case["dtype"]]
        weights = {name: (0.3 * torch.randn(shape) + name.endswith("norm.weight")).to(dtype) for name, shape in case["shapes"].items()}
        os.makedirs(f"{folder}/{case['name']}")
        with open(f"{folder}/{case['name']}/config.json", "w", encoding="utf8") as file:
            json.dump(case["config"], file)
        write(f"{folder}/{case['name']}", case, weights)
        exact = {name: value.to(torch.float32) for name, value in weights.items()}
        results[f"{case['name']}.logits"] = models.FAMILIES[case["family"]](case["config"], exact, torch.tensor(case["ids"]))
    files.write(f"{folder}/out.safetensors", results)


if __name__ == "__main__":
    main(sys.argv[1])
