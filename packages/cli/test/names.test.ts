/**
 * Names that somebody else wrote, in every kind of file: colours, cursor movements, other directions of writing, line ends, five million
 * characters. No command writes them raw, nor more than some kilobytes of one.
 */
import { decodeSafetensors, encodeSafetensors, Rng, tensor, type Tensor } from "@selectron/core";
import { copyTask, Transformer, TransformerEncoder } from "@selectron/nn";
import { encodeResult } from "@selectron/rasp";
import { beforeAll, describe, expect, it } from "vitest";
import { isLong } from "../../../test/long.js";
import { withMetadata } from "../../../test/model-mutations.js";
import { encodeSequenceModel } from "../src/files/sequence-model.js";
import { selectron } from "./harness.js";

const TRICKS = [
  "\u001b[31mred\u001b]0;title\u0007",
  "\u009b2J\u007f\r",
  "a\u202eb\u2066c\u2028d\u200f",
  "line\nbreak\ttab",
];
/** In the short form one name that is all of them. */
const NAMES = isLong ? [TRICKS.join(""), "x".repeat(5_000_000)] : [`${TRICKS.join("")}${"x".repeat(30_000)}`];

/** What a terminal would act on; line ends and tabs end and indent our own lines. */
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const MOST = 12_000;

const program = {
  "p.rasp":
    "x = aggregate(select(indices, length - 1 - indices, ==), tokens); n = selector_width(select(tokens, tokens, ==));",
};
const binaries = new Map<string, Uint8Array>();
beforeAll(async () => {
  const flags = ["--sop", "x,n", "--vocab", "a,b", "--max-length", "3", "-o", "c.safetensors"];
  await selectron(["compile", "p.rasp", ...flags], { files: program, binaries });
}, 60_000);

async function harmless(command: readonly string[], world: Parameters<typeof selectron>[1]): Promise<void> {
  const { out, err } = await selectron(command, world);
  expect(out + err).not.toBe("");
  expect(RAW.exec(out + err)).toBeNull();
  expect(out.length + err.length).toBeLessThan(MOST);
}

type Json = any; // eslint-disable-line @typescript-eslint/no-explicit-any

describe.each(NAMES.map((name) => [name.slice(0, 12), name] as const))("%j", (_, name) => {
  const other = `${name}2`;

  describe("in the card of a compiled model", () => {
    it.each<[string, (card: Json) => void]>([
      ["the name", (card) => (card.name = name)],
      ["outputs", (card) => ((card.outputs[0].name = name), (card.outputs[1].name = other))],
      ["labels", (card) => (card.labels = card.labels.map((label: string) => name + label))],
      ["heads", (card) => (card.heads = card.heads.map((layer: string[]) => layer.map((label) => name + label)))],
      ["subspaces", (card) => card.subspaces.forEach((subspace: Json) => (subspace.label = name))],
      ["the certificate", (card) => (card.certificate.where = name)],
      [
        "tokens and classes",
        (card) => ((card.vocabulary[1] = ["string", name]), (card.outputs[0].decoding.classes[1] = ["string", name])),
      ],
      ["the promise", (card) => (card.promise = name)],
      ["the precision", (card) => (card.precision = name)],
      ["a field", (card) => (card.config[name] = card.config.blocks[0][name] = 1)],
      ["a kind", (card) => (card.outputs[0].decoding.kind = name)],
      ["an int", (card) => (card.vocabulary[0] = ["int", name])],
    ])("%s", async (_, change) => {
      const file = withMetadata(binaries.get("c.safetensors")!, (metadata) => {
        const card = JSON.parse(metadata["card"]!) as Json;
        change(card);
        return { ...metadata, card: JSON.stringify(card) };
      });
      const world = { files: program, binaries: new Map([["c.safetensors", file]]) };
      for (const command of [
        ["run", "c.safetensors", "--input", "a"],
        ["run", "c.safetensors", "--input", "b", "--attention"],
        ["run", "c.safetensors", "--input", "z"],
        ["run", "c.safetensors", "--input", "aa", "--trace", "--program", "p.rasp"],
        ["check", "c.safetensors"],
        ["check", "c.safetensors", "--program", "p.rasp"],
      ]) {
        await harmless(command, world);
      }
      // Whoever parses JSON gets all of a name, and a terminal nothing of it raw.
      const { out, err } = await selectron(["run", "c.safetensors", "--input", "b", "--json"], world);
      expect(RAW.exec(out + err)).toBeNull();
      expect(() => JSON.parse(out) as unknown).not.toThrow();
    });
  });

  it("in the metadata and the tensors of any model file", async () => {
    const { tensors, metadata } = decodeSafetensors(binaries.get("c.safetensors")!);
    const more = (key: string, value: string): Uint8Array =>
      withMetadata(binaries.get("c.safetensors")!, (entries) => ({ ...entries, [key]: value }));
    const renamed = new Map<string, Tensor>([...tensors].map(([key, value], i) => [i === 0 ? name : key, value]));
    const files = {
      format: more("format", name),
      version: more("version", name),
      card: more("card", name),
      checksum: encodeSafetensors(tensors, { ...metadata, "selectron.checksum": name }),
      renamed: encodeSafetensors(renamed, {
        format: metadata["format"]!,
        version: metadata["version"]!,
        card: metadata["card"]!,
      }),
      foreign: encodeSafetensors(new Map([[name, tensor([1])]]), { format: "pt" }),
      broken: encodeSafetensors(new Map([[name, tensor([NaN])]]), {}),
    };
    for (const [path, bytes] of Object.entries(files)) {
      const world = {
        files: { "c.json": '{"n_layer":1,"n_head":1,"n_embd":1,"n_positions":2,"vocab_size":2}', "d.jsonl": "" },
        binaries: new Map([[path, bytes]]),
      };
      await harmless(["run", path, "--input", "a"], world);
      await harmless(["run", path, "--input", "a", "--json"], world);
      await harmless(["check", path], world);
      await harmless(["decompile", path], world);
      await harmless(["decompile", path, "--config", "c.json", "--data", "d.jsonl"], world);
    }
  });

  it("in trained models", async () => {
    const config = { vocabularySize: 2, maxLength: 4, dModel: 2, blocks: [{ heads: 1, dHead: 2, dFf: 2 }], outputs: 2 };
    const weights = new TransformerEncoder(config, new Rng(1)).parameters();
    const encoder = (change: (card: Json) => void): Uint8Array => {
      const card = {
        config,
        inputs: { vocabulary: { ...encodeResult(["a", "b"]) }, maxLength: 4 },
        outputs: { ...encodeResult(["c", "d"]) },
      };
      change(card);
      return encodeSafetensors(weights, { "selectron.encoder": JSON.stringify(card) });
    };
    const sequence = encodeSequenceModel(
      new Transformer({ ...copyTask.config, hiddenSize: 4, intermediateSize: 2 }, new Rng(1)),
      copyTask,
      1,
    );
    const files = {
      tokens: encoder((card) => (card.inputs.vocabulary.value[1] = name)),
      classes: encoder((card) => (card.outputs.value = [name, other])),
      kinds: encoder((card) => (card.outputs.kinds = name)),
      field: encoder((card) => (card.config[name] = 1)),
      norm: encoder((card) => (card.config.layerNorm = name)),
      task: withMetadata(sequence, (metadata) => ({
        ...metadata,
        "selectron.transformer": JSON.stringify({ task: name }),
      })),
      setting: withMetadata(sequence, (metadata) => ({
        ...metadata,
        "selectron.transformer": JSON.stringify({
          ...(JSON.parse(metadata["selectron.transformer"]!) as Json),
          config: { [name]: 1 },
        }),
      })),
      text: withMetadata(sequence, () => ({ "selectron.transformer": name })),
    };
    for (const [path, bytes] of Object.entries(files)) {
      for (const input of ["a", "z"]) {
        await harmless(["run", path, "--input", input, "--attention"], { binaries: new Map([[path, bytes]]) });
        await harmless(["run", path, "--input", input], { binaries: new Map([[path, bytes]]) });
      }
    }
  });

  it("in reports", async () => {
    const flags = ["--sop", "x", "--vocab", "a,b", "--max-length", "2", "--exhaustive", "--shard", "1/1", "--json"];
    const report = JSON.parse((await selectron(["verify", "p.rasp", ...flags], { files: program })).out) as Json;
    const counterexample = {
      at: 0,
      output: name,
      ...{ input: ["a"], expected: [name], got: [other], kinds: { input: "s", expected: "s", got: "s" } },
      firstWrong: {
        name,
        place: { file: name, line: 1, column: 1 },
        layer: 1,
        sublayer: name,
        position: 0,
        coordinates: [{ name, holds: 1, expected: 0 }],
      },
    };
    const wrong = { ...report, ok: false, wrong: 1, counterexample };
    for (const changed of [
      { ...report, sop: name },
      { ...report, [name]: 1 },
      { ...report, precision: name },
      { ...report, ok: name },
      wrong,
      { ...wrong, promise: name },
    ]) {
      await harmless(["merge", "-"], { stdin: `${JSON.stringify(changed)}\n` });
    }
    await harmless(["merge", "-"], {
      stdin: `${JSON.stringify(report)}\n${JSON.stringify({ ...report, sop: name })}\n`,
    });
    await harmless(["merge", "-"], { stdin: name });
  });

  it("in paths, programs and options", async () => {
    await harmless(["run", name, "--input", "a"], {});
    await harmless(["eval", name, "--sop", "x", "--input", "a"], {});
    await harmless(["eval", "p.rasp", "--sop", name, "--input", "a"], { files: program });
    await harmless(["train", name], {});
    await harmless([name], {});
    await harmless(["eval", "q.rasp", "--sop", "y", "--input", "a"], {
      files: { "q.rasp": `y = nothing("${name.replace(/\n/g, "")}");` },
    });
  });
});
