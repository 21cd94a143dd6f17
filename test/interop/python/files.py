"""Safetensors in ten lines: what Node and Python exchange. Debian has no package for them."""
import json
import struct

import torch

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "U8": torch.uint8, "BOOL": torch.bool}


def _parts(path):
    with open(path, "rb") as file:
        content = file.read()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:start]), content, start


def read(path):
    """The tensors of a file, by name."""
    header, content, start = _parts(path)
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (start + offset for offset in entry["data_offsets"])
        dtype = TYPES[entry["dtype"]]
        flat = torch.frombuffer(bytearray(content[begin:end]), dtype=dtype) if end > begin else torch.zeros(0, dtype=dtype)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def metadata(path):
    """What a file says beside its tensors."""
    return _parts(path)[0].get("__metadata__", {})


def write(path, tensors):
    """Writes tensors in their own types."""
    names = {dtype: name for name, dtype in TYPES.items()}
    header, parts, end = {}, [], 0
    for name, tensor in tensors.items():
        flat = tensor.detach().contiguous().reshape(-1)
        part = (flat.view(torch.uint8) if flat.dtype != torch.bool else flat).numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def job(folder):
    """What Node asks: a list of cases, as JSON."""
    with open(f"{folder}/job.json", encoding="utf8") as file:
        return json.load(file)
