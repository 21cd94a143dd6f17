/** What a file is that is no safetensors file: told by its first bytes, with the way to one. */

import { anInstance, check } from "../checks.js";

const CONVERT_TORCH =
  `python3 -c 'import torch; from safetensors.torch import save_file; ` +
  `state = torch.load("FILE", map_location="cpu", weights_only=True); ` +
  `state = state.get("state_dict", state.get("model", state)); ` +
  `save_file({name: value.contiguous().clone() for name, value in state.items() if torch.is_tensor(value)}, "model.safetensors")'`;

const CONVERT_NUMPY =
  `python3 -c 'import numpy; from safetensors.numpy import save_file; ` +
  `save_file({name: numpy.ascontiguousarray(value) for name, value in numpy.load("FILE").items()}, "model.safetensors")'`;

const TORCH = `PyTorch's (.pt, .pth or .bin). Convert it where PyTorch is installed:\n${CONVERT_TORCH}`;
const NUMPY = `NumPy's (.npz). Convert it where NumPy is installed:\n${CONVERT_NUMPY}`;

/** Formats that begin with a signature of their own; "?" is any byte. */
const SIGNATURES: readonly (readonly [signature: string, what: string])[] = [
  ["\x93NUMPY", "NumPy's, of a single array (.npy). Save the arrays of a model by name: safetensors.numpy.save_file."],
  ["GGUF", "GGUF, the format of llama.cpp. Take the safetensors files from which it was made."],
  ["lmgg", "GGML, the former format of llama.cpp. Take the safetensors files from which it was made."],
  ["tjgg", "GGML, the former format of llama.cpp. Take the safetensors files from which it was made."],
  ["\x89HDF\r\n\x1a\n", "HDF5, as Keras and TensorFlow write (.h5). Save the weights by name: safetensors.numpy.save_file."],
  ["????TFL3", "TensorFlow Lite's. Take the weights from which it was made."],
  ["\x1f\x8b", "compressed (gzip). Unpack it first."],
  ["BZh", "compressed (bzip2). Unpack it first."],
  ["\xfd7zXZ\0", "compressed (xz). Unpack it first."],
  ["\x28\xb5\x2f\xfd", "compressed (zstd). Unpack it first."],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive. Unpack it first."],
  ["\x08?\x12", "ONNX, it seems. If it is, rename it so that its name ends in .onnx."],
  ["\x08?\x1a", "ONNX, it seems. If it is, rename it so that its name ends in .onnx."],
]; // prettier-ignore

/** The bytes from `start` on as characters of code 0 to 255. */
const characters = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

/** A zip archive by the name of its first file. */
function archive(bytes: Uint8Array): string {
  const nameLength = (bytes[26] ?? 0) + 256 * (bytes[27] ?? 0);
  const name = characters(bytes, 30, 30 + Math.min(nameLength, 200));
  if (/(^|\/)(data\.pkl|version|byteorder|\.format_version)$/.test(name)) return TORCH;
  if (name.endsWith(".npy")) return NUMPY;
  return `a zip archive, whose first file is ${JSON.stringify(name)}. Unpack it first.`;
}

/** A text by how it begins. Undefined if the bytes are no printable text. */
function text(bytes: Uint8Array): string | undefined {
  const beginning = characters(bytes, 0, 200);
  if (!/^[\t\n\r\x20-\x7e]{3}/.test(beginning)) return undefined;
  if (beginning.startsWith("version https://git-lfs")) {
    return "a pointer of Git LFS, which stands for the file itself. Fetch that: git lfs pull.";
  }
  if (/^\s*<(!doctype|html|\?xml|!--)/i.test(beginning)) {
    return "a web page (HTML), perhaps one that says why there is no file. Download the file itself.";
  }
  if (/^\s*[{[]/.test(beginning)) {
    return "a text of JSON, such as a configuration or the index of shards. Give the .safetensors files beside it.";
  }
  const line = /^[\t\x20-\x7e]*/.exec(beginning.trimStart())![0].slice(0, 40);
  return line === "" ? undefined : `a text that begins ${JSON.stringify(line)}. Was it downloaded right?`;
}

/**
 * What a file is that was given for a model, to continue "the file is", with a remedy. Undefined if it may be safetensors, or is nothing
 * known. A safetensors file has a brace behind its first 8 bytes, and no header is long enough to make them a text.
 */
export function otherFormat(bytes: Uint8Array): string | undefined {
  check("otherFormat: the bytes", bytes, anInstance(Uint8Array));
  if (bytes.length <= 8 || bytes[8] === "{".charCodeAt(0)) return undefined;
  const matches = (signature: string): boolean =>
    [...signature].every((character, i) => character === "?" || character.charCodeAt(0) === bytes[i]);
  if (matches("PK\x03\x04")) return archive(bytes);
  // A pickle of protocol 2 to 5; what follows the protocol is never 0, as the third byte of a short header's length is.
  if (bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5 && bytes[2] !== 0) return TORCH;
  return SIGNATURES.find(([signature]) => matches(signature))?.[1] ?? text(bytes);
}
