/** The folder for TransformerLens: what is in it, and that the card is one of the model whose weights are there. */
import { decodeSafetensors } from "@selectron/core";
import { expect, it } from "vitest";
import { compile, load, transformerLensFolder } from "../../../src/index.js";
import { decodeCard } from "../../../src/compiler/model/model-card.js";

const sop = load("hist = selector_width(select(tokens, tokens, ==));", { file: "hist.rasp" }).sop("hist");
const model = compile(sop, { vocabulary: [1, "a", false], maxLength: 4 });
const folder = transformerLensFolder(model);
const textOf = (name: string): string => folder.get(name) as string;

it("has configuration, weights, card, loader and README", () => {
  expect([...folder.keys()]).toEqual([
    "config.json",
    "bridge.safetensors",
    "hooked.safetensors",
    "card.json",
    "circuit.json",
    "load.py",
    "README.md",
  ]);
  const config = JSON.parse(textOf("config.json")) as Record<string, number>;
  const card = decodeCard({ format: "selectron-model", version: "2", card: textOf("card.json") });
  expect(card.config.dModel).toBe(config["d_model"]);
  expect(card.labels).toHaveLength(config["d_model"]!);
  expect(card.vocabulary).toEqual([1n, "a", false]);
  expect(card.certificate).toEqual(model.certificate);
  for (const name of ["bridge.safetensors", "hooked.safetensors"]) {
    const { tensors, metadata } = decodeSafetensors(folder.get(name) as Uint8Array);
    expect(metadata).toEqual({ format: "pt" });
    expect(tensors.size).toBe(name === "bridge.safetensors" ? 15 : 16);
  }
});

it("tells in words what it is", () => {
  expect(textOf("README.md")).toContain('- Inputs: up to 4 tokens of `1`, `"a"`, `False`. Id 0 is BOS');
  expect(textOf("README.md")).toContain('ids = load.encode([1, "a", False])');
  expect(textOf("README.md")).toContain("Proved for float32: it answers every input of 1 to 4 tokens");
});

it("has the same bytes every time", () => {
  const again = transformerLensFolder(compile(sop, { vocabulary: [1, "a", false], maxLength: 4 }));
  expect([...again]).toEqual([...folder]);
});
