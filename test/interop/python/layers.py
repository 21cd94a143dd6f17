"""Layers, losses, optimisers and schedules as torch has them, on inputs from Node: values, and gradients by autograd."""
import math
import sys

import torch
import torch.nn.functional as F

import files


def attention(q, k, v, causal=False, hiddenKeys=None, bias=None):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if bias is not None:
        scores = scores + bias
    if causal:
        future = torch.ones(q.shape[2], k.shape[2]).triu(1 + k.shape[2] - q.shape[2]).bool()
        scores = scores.masked_fill(future, -math.inf)
    if hiddenKeys is not None:
        scores = scores.masked_fill(torch.tensor(hiddenKeys).bool()[:, None, None, :], -math.inf)
    return scores.softmax(-1) @ v


def multi_head(x, causal=False, hiddenKeys=None, heads=1, **maps):
    """torch.nn.MultiheadAttention with our maps, which are [in, out]."""
    width = x.shape[-1]
    weights = {name: maps[f"{name}_weight"].T for name in ("query", "key", "value", "output")}
    biases = {name: maps[f"{name}_bias"] for name in weights}
    mask = torch.ones(x.shape[1], x.shape[1]).triu(1).bool() if causal else None
    hidden = torch.tensor(hiddenKeys).bool() if hiddenKeys is not None else None
    mixed, _ = F.multi_head_attention_forward(
        *(x.transpose(0, 1),) * 3, width, heads, None, torch.cat([biases[n] for n in ("query", "key", "value")]), None, None,
        False, 0.0, weights["output"], biases["output"], training=False, key_padding_mask=hidden, need_weights=False,
        attn_mask=mask, use_separate_proj_weight=True,
        q_proj_weight=weights["query"], k_proj_weight=weights["key"], v_proj_weight=weights["value"],
    )
    return mixed.transpose(0, 1)


def recurrent(kind, x, lengths=None, **maps):
    """The function behind torch.nn.LSTM or GRU with our maps, which are [in, out]: its outputs; with lengths the last state, read backwards."""
    weights = [maps["input_weight"].T, maps["state_weight"].T, maps["input_bias"], maps["state_bias"]]
    zeros = torch.zeros(1, 1, maps["state_weight"].shape[0])
    run = {
        "lstm": lambda row: torch._VF.lstm(row[None], (zeros, zeros), weights, True, 1, 0.0, False, False, True),
        "gru": lambda row: torch._VF.gru(row[None], zeros, weights, True, 1, 0.0, False, False, True),
    }[kind]
    if lengths is None:
        return torch.stack([run(row)[0][0] for row in x])
    return torch.stack([run(row[:length].flip(0))[0][0, -1] for row, length in zip(x, lengths)])


FUNCTIONS = {
    "lstm": lambda **inputs: recurrent("lstm", **inputs),
    "gru": lambda **inputs: recurrent("gru", **inputs),
    "attention": attention,
    "multiHead": multi_head,
    "layerNorm": lambda x, gain, bias, epsilon: F.layer_norm(x, x.shape[-1:], gain, bias, epsilon),
    "rmsNorm": lambda x, gain, epsilon: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * gain,
    "linear": lambda x, weight, bias: F.linear(x, weight.T, bias),
    "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "geluExact": lambda x: F.gelu(x),
    "relu": lambda x: F.relu(x),
    "silu": lambda x: F.silu(x),
    "softmax": lambda x: x.softmax(-1),
    "logSoftmax": lambda x: x.log_softmax(-1),
    "embedding": lambda weight, ids: F.embedding(torch.tensor(ids), weight),
    "crossEntropy": lambda logits, targets, ignoreIndex=-100, labelSmoothing=0.0: F.cross_entropy(
        logits, torch.tensor(targets), ignore_index=ignoreIndex, label_smoothing=labelSmoothing
    ),
    "binaryCrossEntropy": lambda logits, targets: F.binary_cross_entropy_with_logits(logits, torch.tensor(targets)),
}


def layer(case, given):
    """The value and the gradients of a function."""
    name = case["name"]
    inputs = {key: given[f"{name}.{key}"].clone().requires_grad_() for key in case["inputs"]}
    value = FUNCTIONS[case["kind"]](**inputs, **case["options"])
    value.backward(given[f"{name}.upstream"].reshape(value.shape))
    return {f"{name}.value": value} | {f"{name}.gradient of {key}": x.grad for key, x in inputs.items()}


OPTIMIZERS = {"AdamW": torch.optim.AdamW, "Adam": torch.optim.Adam, "SGD": torch.optim.SGD}


def training(case, given):
    """Parameters after steps with gradients that are given."""
    name = case["name"]
    parameters = [torch.nn.Parameter(given[f"{name}.{key}"].clone()) for key in case["parameters"]]
    groups = [{"params": [p], "weight_decay": case["decay"] if p.dim() >= case["decayFrom"] else 0} for p in parameters]
    optimizer = OPTIMIZERS[case["optimizer"]](groups, lr=1, **case["options"])
    norms = []
    for step, rate in enumerate(case["rates"]):
        for key, parameter in zip(case["parameters"], parameters):
            parameter.grad = given[f"{name}.{key}.{step}"].clone()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, case["clip"]))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    results = {f"{name}.{key}": parameter for key, parameter in zip(case["parameters"], parameters)}
    return results | {f"{name}.norm before clipping": torch.stack(norms)}


def schedule(case, _):
    """The rates that torch's schedulers give, step by step. Theirs count from 0, ours from 1."""
    kind, peak, warmup, steps, floor = (case[key] for key in ("kind", "peak", "warmup", "steps", "floor"))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    schedulers = torch.optim.lr_scheduler
    if kind == "noam":
        # The formula of Vaswani et al. 2017, equation 3; torch has no scheduler of it.
        scheduler = schedulers.LambdaLR(optimizer, lambda t: min((t + 1) ** -0.5, (t + 1) * warmup**-1.5))
    else:
        rise = schedulers.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        fall = {
            "cosine": lambda: schedulers.CosineAnnealingLR(optimizer, steps - warmup, floor),
            "linear": lambda: schedulers.LinearLR(optimizer, 1.0, floor / peak, steps - warmup),
        }[kind]()
        scheduler = schedulers.SequentialLR(optimizer, [rise, fall], milestones=[warmup - 1])
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return {f"{case['name']}.rates": torch.tensor(rates)}


def main(folder):
    given = files.read(f"{folder}/in.safetensors")
    results = {}
    for case in files.job(folder):
        results |= {"layer": layer, "training": training, "schedule": schedule}[case["of"]](case, given)
    files.write(f"{folder}/out.safetensors", results)


if __name__ == "__main__":
    main(sys.argv[1])
