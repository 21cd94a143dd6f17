/** `load.py` of the folder: it builds the model in TransformerLens, strictly, or in PyTorch alone. */
export const LOADER = `"""Loads the model of this folder, and checks that every weight finds its place.

    import load
    model = load.bridge()    # TransformerLens 4: a TransformerBridge
    model = load.hooked()    # TransformerLens up to 3: a HookedTransformer
    model = load.plain()     # PyTorch alone: a module from ids to logits
    logits = model(load.encode("cab"))
    load.decode(logits)      # the value at each position

In a shell: python load.py cab
"""
import json
import os
import struct
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def _json(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return json.load(file)


CONFIG = _json("config.json")
CARD = _json("card.json")


def weights(name):
    """The tensors of a safetensors file of float32, by name."""
    with open(os.path.join(HERE, name), "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for key, entry in header.items():
        begin, end = entry["data_offsets"]
        part = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[key] = part.reshape(entry["shape"]).clone()
    return tensors


def bridge(**options):
    """A TransformerBridge. Options are those of boot_native, such as device."""
    from transformer_lens.model_bridge import TransformerBridge

    model = TransformerBridge.boot_native(dict(CONFIG), **options)
    # These tensors are the model's own, so that they are filled in place: its load_state_dict takes other names, and passes over
    # names that it does not know.
    places = model.state_dict()
    if "unembed.bias" in places:
        places.pop("unembed.bias").zero_()
    state = weights("bridge.safetensors")
    if set(places) != set(state):
        missing, unused = sorted(set(places) - set(state)), sorted(set(state) - set(places))
        raise ValueError(f"this TransformerLens names weights otherwise: missing {missing}, unused {unused}")
    for name, value in state.items():
        if places[name].shape != value.shape:
            raise ValueError(f"{name} is {list(value.shape)} here and {list(places[name].shape)} there")
        places[name].copy_(value)
    return model.eval()


def hooked(**options):
    """A HookedTransformer. Options are further fields of HookedTransformerConfig, such as device."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    model = HookedTransformer(HookedTransformerConfig(**CONFIG, **options))
    # Masks are buffers that the model makes itself, of another shape in each version.
    made = {k: v for k, v in model.state_dict().items() if k.endswith((".attn.mask", ".attn.IGNORE"))}
    model.load_state_dict({**made, **weights("hooked.safetensors")}, strict=True)
    return model.eval()


def plain():
    """A module that needs nothing but PyTorch."""
    sizes = {key: CONFIG[key] for key in ("n_layers", "d_model", "d_head", "n_heads", "d_mlp", "n_ctx")}
    model = _Plain(**sizes, d_in=CONFIG["d_vocab"], d_out=CONFIG["d_vocab_out"])
    model.causal = CONFIG["attention_dir"] == "causal"
    model.load_state_dict(weights("bridge.safetensors"), strict=True)
    return model.eval()


class _Attention(torch.nn.Module):
    def __init__(self, d_model, n_heads, d_head):
        super().__init__()
        self.shape = (n_heads, d_head)
        for part in "qkv":
            setattr(self, part, torch.nn.Linear(d_model, n_heads * d_head))
        self.o = torch.nn.Linear(n_heads * d_head, d_model)

    def forward(self, x, hidden):
        q, k, v = (part(x).unflatten(-1, self.shape).transpose(1, 2) for part in (self.q, self.k, self.v))
        scores = q @ k.transpose(-2, -1) / self.shape[1] ** 0.5
        return self.o((scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v).transpose(1, 2).flatten(2))


class _Plain(torch.nn.Module):
    def __init__(self, n_layers, d_model, d_head, n_heads, d_mlp, n_ctx, d_in, d_out):
        super().__init__()
        self.embed = torch.nn.Embedding(d_in, d_model)
        self.pos_embed = torch.nn.Embedding(n_ctx, d_model)
        self.blocks = torch.nn.ModuleList()
        for _ in range(n_layers):
            mlp = {"in": torch.nn.Linear(d_model, d_mlp), "out": torch.nn.Linear(d_mlp, d_model)}
            parts = {"attn": _Attention(d_model, n_heads, d_head), "mlp": torch.nn.ModuleDict(mlp)}
            self.blocks.append(torch.nn.ModuleDict(parts))
        self.unembed = torch.nn.Linear(d_model, d_out, bias=False)

    def forward(self, ids):
        length = ids.shape[1]
        hidden = torch.ones(length, length, dtype=torch.bool).triu(1) if self.causal else torch.tensor(False)
        x = self.embed(ids) + self.pos_embed(torch.arange(length))
        for block in self.blocks:
            x = x + block["attn"](x, hidden)
            x = x + block["mlp"]["out"](block["mlp"]["in"](x).relu())
        return self.unembed(x)


def _atom(value):
    """A value of the card: a kind and what it is."""
    kind = value[0]
    if kind == "null":
        return None
    return {"int": int, "float": float}.get(kind, lambda given: given)(value[1])


VOCABULARY = [_atom(token) for token in CARD["vocabulary"]]


def encode(tokens):
    """Ids [1, 1 + tokens]: 0 for BOS, then v + 1 for token v of the vocabulary."""
    places = {(type(token), token): v + 1 for v, token in enumerate(VOCABULARY)}
    return torch.tensor([[0] + [places[type(token), token] for token in tokens]])


def decode(logits, output=0):
    """The values of an output at the positions of an input, from logits [1, 1 + tokens, columns]."""
    first = sum(_width(one["decoding"]) for one in CARD["outputs"][:output])
    decoding = CARD["outputs"][output]["decoding"]
    rows = logits[0, 1:, first : first + _width(decoding)].detach()
    return [_atom(decoding["classes"][c]) for c in _classes(decoding, rows)]


def _width(decoding):
    return len(decoding["points"][0]) if "points" in decoding else len(decoding["classes"])


def _classes(decoding, rows):
    """The class with the largest logit or, where the classes are points, the nearest one."""
    if "points" not in decoding:
        return rows.argmax(-1).tolist()
    points = torch.tensor(decoding["points"], dtype=torch.float64)
    return (rows.double()[:, None, :] - points).abs().amax(-1).argmin(-1).tolist()


if __name__ == "__main__":
    print(decode(plain()(encode(list(sys.argv[1])))))
`;
