/** `run` and `decompile` on what `train` writes besides encoders: models of copy, addition and parser, and checkpoints. */
import { Rng } from "@selectron/core";
import { additionTask, answer, copyTask, nestedParserTask, parserTask, Transformer } from "@selectron/nn";
import { ModelFileError } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../test/long.js";
import { flipped, withMetadata, withMutatedCard } from "../../../test/model-mutations.js";
import { damagedBytes } from "../../../test/mutations.js";
import { encodeSequenceModel, readSequenceModel } from "../src/files/sequence-model.js";
import { selectron } from "./harness.js";

/** Small ones, whose answers are as good as any. */
const models = [copyTask, additionTask, parserTask, nestedParserTask].map((task) => {
  const sizes = { hiddenSize: 8, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 8 };
  const model = new Transformer({ ...task.config, ...sizes }, new Rng(1));
  return { task, model, bytes: encodeSequenceModel(model, task, 1) };
});
const binaries = new Map(models.map(({ task, bytes }) => [`${task.name}.safetensors`, bytes]));

const numbers = Array.from({ length: 20 }, (_, i) => 1 + ((7 * i) % 19));
const inputs: Readonly<Record<string, readonly [text: string, source: readonly number[]]>> = {
  copy: [JSON.stringify(numbers), numbers],
  addition: ["123+045", [1, 2, 3, 10, 0, 4, 5]],
  parser: ["x=1+2", [11, 1, 15, 2, 16]],
  "nested-parser": ["x=1+2*3-4", [11, 1, 15, 2, 16, 4, 17, 3, 18]],
};

describe.each(models)("$task.name", ({ task, model, bytes }) => {
  const file = `${task.name}.safetensors`;
  const [text, source] = inputs[task.name]!;
  const [target] = answer(model, [source], task.start, task.answerLength(source)!) as [number[]];

  it("run answers as the model does", async () => {
    const { exitCode, out, err } = await selectron(["run", file, "--input", text], { binaries });
    expect([exitCode, out, err]).toEqual([0, `${task.show({ source, target })}\n`, ""]);
    // An answer, and not only the question.
    expect(out).not.toBe(`${task.show({ source, target: target.map((id) => (id + 1) % task.tokens.length) })}\n`);
    const json = JSON.parse((await selectron(["run", file, "--input", text, "--json"], { binaries })).out) as {
      value: unknown[];
    };
    expect(json).toMatchObject({ task: task.name });
    expect(json.value.map(String)).toEqual(target.map((id) => task.tokens[id] ?? `<${id}>`));
  });

  it("run shows what every head looks at, in the folder of the training too", async () => {
    const { exitCode, out } = await selectron(["run", file, "--input", text, "--attention"], { binaries });
    expect(exitCode).toBe(0);
    const titles = [...out.matchAll(/^(?:en|de)coder\.\S+ head \d$/gm)].map(([title]) => title);
    const layers = ["encoder.blocks.0.attention", "decoder.blocks.0.attention", "decoder.blocks.0.crossAttention"];
    expect(titles).toEqual(layers.flatMap((layer) => [`${layer} head 1`, `${layer} head 2`]));
    expect(out).toContain(task.show({ source, target }));
  });

  it("run says what the model reads", async () => {
    for (const input of ["hello", "[1,2]", "1+", "[0.5]"]) {
      const { exitCode, out, err } = await selectron(["run", file, "--input", input], { binaries });
      expect([exitCode, out]).toEqual([2, ""]);
      expect(err).toContain(`is nothing that this model of ${task.name} reads`);
      expect(err).toContain(`it reads ${task.form}`);
    }
    const { err } = await selectron(["run", file, "--input", text, "--generate", "3"], { binaries });
    expect(err).toContain("--generate is for compiled models, and this one was trained");
  });

  it("decompile says that no decompiler reads it", async () => {
    const { exitCode, out, err } = await selectron(["decompile", file], { binaries });
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain(
      `is a model of the task ${task.name}, an encoder with a decoder, and no decompiler reads those`,
    );
    expect(err).not.toContain("does not say how it was trained");
  });

  it("a file without a checksum is read with a note, and one with a flipped bit is refused", async () => {
    const old = new Map([[file, withMetadata(bytes, (metadata) => metadata)]]);
    const read = await selectron(["run", file, "--input", text, "--json"], { binaries: old });
    expect([read.exitCode, read.err]).toEqual([0, expect.stringMatching(/^note: .* it has no checksum/)]);
    const damaged = new Map([[file, flipped(bytes, 8 * bytes.length - 100)]]);
    const { exitCode, err } = await selectron(["run", file, "--input", text], { binaries: damaged });
    expect([exitCode, err]).toEqual([2, expect.stringContaining("the weights were changed")]);
  });

  it.each<[string, unknown, string]>([
    ["start", model.config.vocabSize, "its first token must be one of"],
    ["start", -1, "its first token must be one of"],
    ["start", 0.5, "its first token must be one of"],
    ["task", "sorting", "the task in it is none of copy, addition, parser, nested-parser"],
  ])("a description with the %s %j is refused", (field, value, message) => {
    const changed = withMetadata(bytes, ({ "selectron.transformer": card, ...more }) => ({
      ...more,
      "selectron.transformer": JSON.stringify({ ...(JSON.parse(card!) as object), [field]: value }),
    }));
    expect(() => readSequenceModel(changed)).toThrow(message);
  });

  it("a damaged file gives a ModelFileError, or a model that answers", () => {
    const rng = new Rng(1);
    for (let i = breadth({ short: 100, long: 2000 }); i > 0; i--) {
      const damaged = i % 2 ? damagedBytes(bytes, rng) : withMutatedCard(bytes, "selectron.transformer", rng);
      try {
        const { model: read, start, task: known } = readSequenceModel(damaged);
        const example = known.draw(rng);
        if (example.source.length > read.config.maxPositionEmbeddings) continue;
        answer(read, [example.source], start, 1);
      } catch (error) {
        expect(error).toBeInstanceOf(ModelFileError);
        expect((error as Error).message.length).toBeLessThan(2500);
      }
    }
  });
});

it("a checkpoint, and a folder, are no models", async () => {
  const files = new Map<string, Uint8Array>();
  const flags = ["--sop", "same", "--vocab", "a,b", "--max-length", "3", "--width", "4", "--ffn", "4", "--steps", "2"];
  const program = { "p.rasp": "same = tokens;" };
  await selectron(["train", "p.rasp", ...flags, "-o", "t"], { binaries: files, files: program });
  const checkpoint = "t/checkpoints/step-00000002.safetensors";
  expect(files.has(checkpoint)).toBe(true);
  for (const command of [
    ["run", checkpoint, "--input", "ab"],
    ["decompile", checkpoint],
  ]) {
    const { exitCode, err } = await selectron(command, { binaries: files });
    expect([exitCode, err]).toEqual([2, expect.stringContaining("is a checkpoint of a training")]);
  }
  const { err } = await selectron(["run", "folder.safetensors", "--input", "ab"], { binaries: files });
  expect(err).toContain("name a file in it, such as folder.safetensors/model.safetensors");
});
