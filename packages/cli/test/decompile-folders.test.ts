/** `selectron decompile` on folders and several files, and on files that are no models. */
import { decodeSafetensors, encodeSafetensors } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { selectron, type World } from "./harness.js";
import { config, data, weights } from "./repeating-model.js";

describe("models in a folder or in several files", () => {
  const index = (names: readonly string[]): string =>
    JSON.stringify({ weight_map: Object.fromEntries(names.map((name, i) => [`t${i}`, name])) });
  const whole = decodeSafetensors(weights()).tensors;
  const parts = [0, 1].map((part) => encodeSafetensors(new Map([...whole].filter((_, i) => i % 2 === part))));
  const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const binary = (text: string): Uint8Array => new TextEncoder().encode(text);
  /** `files` of a folder `m`, beside the data. */
  const folder = (files: Readonly<Record<string, Uint8Array | string>>): World => {
    const entries = Object.entries(files).map(([name, contents]): [string, Uint8Array | string] => [
      `m/${name}`,
      contents,
    ]);
    const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
    return {
      files: { "ab.jsonl": data, ...Object.fromEntries(texts) },
      binaries: new Map(entries.map(([path, it]) => [path, typeof it === "string" ? binary(it) : it])),
      folders: ["m"],
    };
  };
  const split = {
    "config.json": config,
    "model.safetensors.index.json": index(shards),
    [shards[0]!]: parts[0]!,
    [shards[1]!]: parts[1]!,
  };
  const program = async (model: string, world: World): Promise<unknown> => {
    const { exitCode, out, err } = await selectron(["decompile", model, "--data", "{task}.jsonl", "--json"], world);
    expect([exitCode, err]).toEqual([0, expect.not.stringContaining("error")]);
    return (JSON.parse(out) as { source: unknown }).source;
  };

  it("are read with the configuration beside them", async () => {
    const one = await program("m", folder({ "config.json": config, "model.safetensors": weights() }));
    expect(one).toContain("prediction = argmax(logits);");
    expect(await program("m/", folder(split))).toBe(one);
    expect(await program("m/model.safetensors.index.json", folder(split))).toBe(one);
  });

  it("have one name in a checkpoint folder", async () => {
    const here = folder(split);
    await selectron(["decompile", "m/", "--data", "{task}.jsonl", "--checkpoint", "out"], here);
    expect(here.binaries!.has("out/m.rasp")).toBe(true);
  });

  it.each<[string, World, string]>([
    ["m", folder({ "config.json": config }), 'there is no model.safetensors in "m", nor an index of its parts'],
    ["m", folder({ ...split, "config.json": "{" }), '"m/config.json" is not JSON'],
    ["m", folder({ ...split, "model.safetensors.index.json": "[]" }), "it has no weight_map"],
    ["m", folder({ ...split, "model.safetensors.index.json": index(["../a.safetensors"]) }), '"m/model.safetensors.index.json" is no index'],
    ["m", folder({ ...split, "model.safetensors.index.json": index([...shards, "more.safetensors"]) }), 'cannot read "m/more.safetensors": there is no such file'],
    ["m", folder({ "model.safetensors": weights() }), "does not say how it was trained\n  help: give --config and --data"],
  ])("%s: one message", async (model, world, message) => {
    const { exitCode, out, err } = await selectron(["decompile", model, "--data", "{task}.jsonl"], world);
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  }); // prettier-ignore
});

it.each([
  ["PyTorch's", Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x58, 1, 0, 0)],
  ["a zip archive", new TextEncoder().encode("PK\x03\x04 and more than eight bytes")],
  ["fewer than the 8", new Uint8Array()],
  ["the header claims", new Uint8Array(100).fill(255)],
])("a file that is no model (%s) is not said to lack a configuration, or to have been compiled", async (what, bytes) => {
  for (const [path, command] of [["m.pt", "decompile"], ["m.pt", "run"], ["m.pt", "check"], ["m.onnx", "run"]] as const) {
    const args = command === "run" ? [command, path, "--input", "a"] : [command, path];
    const { exitCode, err } = await selectron(args, { binaries: new Map([[path, bytes]]) });
    expect(exitCode).toBe(2);
    if (path !== "m.onnx" || /PyTorch|zip/.test(what)) expect(err).toContain(what);
    expect(err).not.toMatch(/does not say how|help: compile the program again/);
  }
}); // prettier-ignore
