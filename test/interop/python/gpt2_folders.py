"""The folders that `selectron compile --format gpt2` writes, read by name and run by the plain GPT-2 of models.py in float32."""
import json
import sys

import torch

import files
import models


def load(folder):
    """Configuration and weights. Every weight must be one that GPT-2 has."""
    with open(f"{folder}/config.json", encoding="utf8") as file:
        config = json.load(file)
    assert config["model_type"] == "gpt2" and config["architectures"] == ["GPT2LMHeadModel"], config
    weights = files.read(f"{folder}/model.safetensors")
    layer = [f"{part}.{kind}" for part in ("ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj") for kind in ("weight", "bias")]
    names = [f"transformer.{name}.weight" for name in ("wte", "wpe", "ln_f")] + ["transformer.ln_f.bias", "lm_head.weight"]
    names += [f"transformer.h.{index}.{name}" for index in range(config["n_layer"]) for name in layer]
    assert sorted(names) == sorted(weights), set(names) ^ set(weights)
    return config, {name.removeprefix("transformer."): value for name, value in weights.items()}


def main(folder):
    results, given = {}, files.read(f"{folder}/in.safetensors")
    with torch.no_grad():
        for case in files.job(folder):
            config, weights = load(case["folder"])
            for index in range(case["batches"]):
                key = f"{case['name']}.{index}"
                results[key] = models.gpt2(config, weights, given[key].long())
    files.write(f"{folder}/out.safetensors", results)


if __name__ == "__main__":
    main(sys.argv[1])
