/** Files of other formats, given to the reader of safetensors: it says what they are, and how to get to one that it reads. */
import { decodeSafetensors, encodeSafetensors, SafetensorsError, tensor } from "@selectron/core";
import { describe, expect, it } from "vitest";

const bytes = (beginning: string, length = 200): Uint8Array =>
  Uint8Array.from({ length: Math.max(length, beginning.length) }, (_, i) => beginning.charCodeAt(i) || 0);

/** A zip archive's beginning, with the name of its first file. */
const zip = (name: string): Uint8Array =>
  bytes(`PK\x03\x04${"\0".repeat(22)}${String.fromCharCode(name.length)}\0\0\0${name}`);

const TORCH =
  /the file is PyTorch's \(\.pt, \.pth or \.bin\)\. Convert it where PyTorch is installed:\npython3 -c 'import torch; .*save_file/;

describe("says what a file is", () => {
  // The beginnings are those that PyTorch 1.13, NumPy 2.4 and pickle wrote.
  it.each<[string, Uint8Array, RegExp]>([
    ["PyTorch's archive", zip("archive/data.pkl"), TORCH],
    ["PyTorch's archive named after its file", zip("new/data.pkl"), TORCH],
    ["PyTorch's former format", bytes("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."), TORCH],
    ["a pickle of protocol 5", bytes("\x80\x05\x95\x1a\0\0\0\0\0\0\0"), TORCH],
    ["NumPy's archive", zip("a.npy"), /NumPy's \(\.npz\)\. .*\npython3 -c 'import numpy; /],
    ["one array of NumPy", bytes("\x93NUMPY\x01\0v\0"), /NumPy's, of a single array/],
    ["another archive", zip("word/document.xml"), /a zip archive, whose first file is "word\/document\.xml"/],
    ["an archive cut short", bytes("PK\x03\x04", 9), /a zip archive/],
    ["GGUF", bytes("GGUF\x03\0\0\0\x10"), /GGUF, the format of llama\.cpp/],
    ["HDF5", bytes("\x89HDF\r\n\x1a\n"), /HDF5/],
    ["TensorFlow Lite", bytes("\x1c\0\0\0TFL3"), /TensorFlow Lite's/],
    ["gzip", bytes("\x1f\x8b\x08\0"), /compressed \(gzip\)/],
    ["ONNX", bytes("\x08\x09\x12\x09selectron"), /ONNX, it seems/],
    [
      "a pointer of Git LFS",
      bytes("version https://git-lfs.github.com/spec/v1\noid sha256:", 130),
      /a pointer of Git LFS.*git lfs pull/,
    ],
    ["a web page", bytes("<!DOCTYPE html>\n<html>"), /a web page/],
    ["a page without a doctype", bytes("\n <html><body>"), /a web page/],
    ["a configuration", bytes('{\n  "n_layer": 12'), /a text of JSON, .*\.safetensors files beside it/],
    ["another text", bytes("Entry not found", 15), /a text that begins "Entry not found"/],
    ["a text with control characters behind", bytes("Sorry\x1b[31m"), /a text that begins "Sorry"/],
  ])("%s", (_, file, message) => {
    expect(() => decodeSafetensors(file)).toThrow(message);
    expect(() => decodeSafetensors(file)).toThrow(SafetensorsError);
  });
});

it("takes no safetensors file for another, whatever the length of its header", () => {
  const signatures = ["\x80\x02", "\x08\x07", "\x1f\x8b", "PK\x01"];
  for (const signature of signatures) {
    const length = signature.charCodeAt(0) + 256 * signature.charCodeAt(1) + 65536 * (signature.charCodeAt(2) || 0);
    const whole = encodeSafetensors({ x: tensor([7]) }, { pad: "" });
    const text = new TextDecoder()
      .decode(whole.subarray(8, whole.length - 4))
      .trim()
      .padEnd(length);
    const file = new Uint8Array(8 + length + 4);
    new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
    file.set(new TextEncoder().encode(text), 8);
    file.set(whole.subarray(-4), 8 + length);
    expect(String.fromCharCode(...file.subarray(0, signature.length))).toBe(signature);
    expect(decodeSafetensors(file).tensors.get("x")!.toArray()).toEqual([7]);
  }
});

it("leaves damaged safetensors files to their own messages", () => {
  expect(() => decodeSafetensors(new Uint8Array(200))).toThrow("not valid JSON");
  expect(() => decodeSafetensors(encodeSafetensors({ x: tensor([7]) }).subarray(0, 40))).toThrow("truncated");
});
