"""
Folders of `selectron compile --format transformerlens` in plain PyTorch. The job is a list of objects with
- folder: the folder;
- outputs: for each output its first column, its number of columns and, if values are points, the points;
- batches: rows of token ids of one length, BOS first;
- values: for each output the value that each of its classes is, as a number;
- expected: for each output and batch the numbers of the right values, [inputs, positions after BOS].

Both layouts are read strictly, by modules whose parameters have TransformerLens' names: a missing key, one too many or another shape is
an error. answers.json gets for each folder how many answers were wrong in each layout, with the first one.
"""
import importlib.util
import json
import os
import sys

import torch
from torch import nn

import files


class Attention(nn.Module):
    """Heads as HookedTransformer has them: W_Q [heads, d_model, d_head], W_O [heads, d_head, d_model]."""

    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        for part in "QKV":
            setattr(self, f"W_{part}", nn.Parameter(torch.empty(n_heads, d_model, d_head)))
            setattr(self, f"b_{part}", nn.Parameter(torch.empty(n_heads, d_head)))
        self.W_O = nn.Parameter(torch.empty(n_heads, d_head, d_model))
        self.b_O = nn.Parameter(torch.empty(d_model))

    def forward(self, x, hidden):
        heads = torch.arange(self.W_Q.shape[0])
        added = torch.zeros_like(x)
        for h in heads:
            q, k, v = (x @ w[h] + b[h] for w, b in [(self.W_Q, self.b_Q), (self.W_K, self.b_K), (self.W_V, self.b_V)])
            scores = (q @ k.transpose(1, 2)) / self.W_Q.shape[2] ** 0.5
            pattern = scores.masked_fill(hidden, float("-inf")).softmax(dim=-1)
            added = added + pattern @ v @ self.W_O[h]
        return added + self.b_O


class FeedForward(nn.Module):
    def __init__(self, d_model, d_mlp):
        super().__init__()
        self.W_in = nn.Parameter(torch.empty(d_model, d_mlp))
        self.b_in = nn.Parameter(torch.empty(d_mlp))
        self.W_out = nn.Parameter(torch.empty(d_mlp, d_model))
        self.b_out = nn.Parameter(torch.empty(d_model))

    def forward(self, x):
        return torch.relu(x @ self.W_in + self.b_in) @ self.W_out + self.b_out


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attn = Attention(config["d_model"], config["n_heads"], config["d_head"])
        self.mlp = FeedForward(config["d_model"], config["d_mlp"])


class Named(nn.Module):
    """Parameters by name."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            setattr(self, name, nn.Parameter(torch.empty(shape)))


class Encoder(nn.Module):
    """A Transformer without layer norm whose parameters are named as those of HookedTransformer."""

    def __init__(self, config):
        super().__init__()
        d_model, outputs = config["d_model"], config["d_vocab_out"]
        self.causal = config["attention_dir"] == "causal"
        self.embed = Named(W_E=(config["d_vocab"], d_model))
        self.pos_embed = Named(W_pos=(config["n_ctx"], d_model))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["n_layers"]))
        self.unembed = Named(W_U=(d_model, outputs), b_U=(outputs,))

    def forward(self, ids):
        length = ids.shape[1]
        seen = torch.ones(length, length, dtype=torch.bool).tril() if self.causal else torch.ones(length, length, dtype=torch.bool)
        x = self.embed.W_E[ids] + self.pos_embed.W_pos[:length]
        for block in self.blocks:
            x = x + block.attn(x, ~seen)
            x = x + block.mlp(x)
        return x @ self.unembed.W_U + self.unembed.b_U


def own_loader(folder):
    """The module `load` that is in the folder."""
    spec = importlib.util.spec_from_file_location("load", os.path.join(folder, "load.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def classes_of(logits, output):
    """[inputs, positions] from logits [inputs, positions, columns]: the largest logit, or the nearest point."""
    own = logits[:, :, output["first"] : output["first"] + output["columns"]]
    if output["points"] is None:
        return own.argmax(-1)
    points = torch.tensor(output["points"], dtype=torch.float64)
    return (own.double()[:, :, None, :] - points).abs().amax(-1).argmin(-1)


def compare(model, cases):
    wrong, first = 0, None
    for index, ids in enumerate(cases["batches"]):
        right = [torch.tensor(batches[index]) for batches in cases["expected"]]
        for start in range(0, len(ids), 1024):
            part = torch.tensor(ids[start : start + 1024])
            with torch.no_grad():
                logits = model(part)[:, 1:]
            differ = torch.zeros(len(part), dtype=torch.bool)
            for output, values, expected in zip(cases["outputs"], cases["values"], right):
                answers = torch.tensor(values)[classes_of(logits, output)]
                differ |= (answers != expected[start : start + 1024]).any(-1)
            wrong += int(differ.sum())
            if first is None and differ.any():
                first = part[differ][0].tolist()
    return {"wrong": wrong, "first": first}


def answer(cases):
    folder = cases["folder"]
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        hooked = Encoder(json.load(file))
    hooked.load_state_dict(files.read(os.path.join(folder, "hooked.safetensors")), strict=True)
    return {"hooked": compare(hooked, cases), "bridge": compare(own_loader(folder).plain(), cases)}


def main():
    torch.set_num_threads(1)
    place = sys.argv[1]
    with open(os.path.join(place, "job.json"), encoding="utf-8") as file:
        results = [answer(cases) for cases in json.load(file)]
    with open(os.path.join(place, "answers.json"), "w", encoding="utf-8") as file:
        json.dump(results, file)
    files.write(os.path.join(place, "out.safetensors"), {})


main()
