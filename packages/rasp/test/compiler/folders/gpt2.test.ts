/** A compiled model as the folder of a GPT-2: what it answers in nn, what its files say, what is refused. */
import { Rng } from "@selectron/core";
import { Gpt2 } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import {
  compile,
  gpt2Folder,
  GPT2_FILES,
  load,
  ModelFileError,
  ModelInputError,
  RaspError,
  readGpt2Folder,
  verify,
  type Folder,
  type SOp,
} from "../../../src/index.js";
import { randomProgram } from "../../../src/compiler/dataset/random-program.js";
import { decoderLessons, lessons, lessonSOp } from "../lessons.js";
import { breadth } from "../../../../../test/long.js";

const gpt2 = { causal: true, format: "gpt2" } as const;
const bytesOf = (files: Folder, name: string): Uint8Array => {
  const contents = files.get(name)!;
  return typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
};
const reading = (files: Folder) => readGpt2Folder((name) => bytesOf(files, name));
const json = (files: Folder, name: string): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(bytesOf(files, name))) as Record<string, unknown>;

const hist = load("hist = selector_width(select(tokens, tokens, ==));").sop("hist");

describe("every lesson", () => {
  it.each([...lessons, ...decoderLessons])("$file $name", (lesson) => {
    const sop = lessonSOp(lesson);
    const maxLength = breadth({ short: 3, long: 4 });
    const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength, ...gpt2 });
    expect(model.certificate.proved).toBe(true);
    const files = gpt2Folder(model);
    expect(verify(sop, reading(files), { exhaustive: true })).toMatchObject({ ok: true, wrong: 0 });
    // The encoder that it was made from computes the same.
    expect(verify(sop, model, { exhaustive: true }).ok).toBe(true);
  });

  it.each(
    [...lessons, ...decoderLessons].filter(
      ({ name }) => breadth({ short: 0, long: 1 }) === 1 || ["hist2_bos", "sort_by_most_freq", "most"].includes(name),
    ),
  )("$file $name is proved at length 24", (lesson) => {
    const sop = lessonSOp(lesson);
    const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 24, ...gpt2 });
    expect(model.certificate).toMatchObject({ proved: true, provedFor: { lengths: [1, 24] } });
    const runs = breadth({ short: 3, long: 40 });
    expect(verify(sop, reading(gpt2Folder(model)), { runs, seed: 1 }).ok).toBe(true);
  });
});

it("random causal programs", () => {
  const rng = new Rng(20261129);
  for (let made = 0; made < breadth({ short: 12, long: 60 });) {
    const text = randomProgram(rng, ["a", "b", "c"], 3 + rng.int(6));
    let sop: SOp;
    try {
      sop = load(text, { example: "abcab" }).sop([...text.matchAll(/^(\w+) =/gm)].at(-1)![1]!);
    } catch (error) {
      if (error instanceof RaspError) continue;
      throw error;
    }
    const files = gpt2Folder(compile(sop, { vocabulary: "abc", maxLength: breadth({ short: 6, long: 10 }), ...gpt2 }));
    expect(verify(sop, reading(files), { runs: breadth({ short: 60, long: 200 }), seed: made }), text).toMatchObject({
      ok: true,
    });
    made++;
  }
});

describe("the files", () => {
  const model = compile(hist, { vocabulary: "abc", maxLength: 6, ...gpt2 });
  const files = gpt2Folder(model);

  it("are those of a Hugging Face model, equal for equal models", () => {
    expect([...files.keys()].sort()).toEqual(
      [
        ...[
          "README.md",
          "circuit.json",
          "config.json",
          "generation_config.json",
          "model.safetensors",
          "onnx/model.onnx",
        ],
        ...["selectron.json", "tokenizer.json", "tokenizer_config.json"],
      ].sort(),
    );
    expect([...gpt2Folder(compile(hist, { vocabulary: "abc", maxLength: 6, ...gpt2 }))]).toEqual([...files]);
    // What is read first is written last.
    expect([...files.keys()].at(-1)).toBe("selectron.json");
  });

  it("load as any GPT-2", () => {
    const config = json(files, "config.json");
    expect(config).toMatchObject({
      model_type: "gpt2",
      architectures: ["GPT2LMHeadModel"],
      activation_function: "gelu_new",
      layer_norm_epsilon: 1e-5,
      tie_word_embeddings: false,
      n_positions: 7,
      // BOS, three tokens, and the counts from 1 to 6.
      vocab_size: 10,
      eos_token_id: [4, 5, 6, 7, 8, 9],
    });
    const { n_layer, n_embd } = config as { readonly n_layer: number; readonly n_embd: number };
    expect(n_layer).toBe(1);
    const plain = Gpt2.fromSafetensors(bytesOf(files, "model.safetensors"), config);
    expect(plain.parameter("h.0.attn.c_attn.weight").shape).toEqual([n_embd, 3 * n_embd]);
    const logits = plain.forward([[0, 1, 1, 2]]);
    const chosen = [1, 2, 3].map((i) => {
      const row = logits.data.subarray(i * 10, (i + 1) * 10);
      return row.indexOf(Math.max(...row));
    });
    const { vocab } = (json(files, "tokenizer.json") as { readonly model: { readonly vocab: Record<string, number> } })
      .model;
    expect(chosen).toEqual(["1", "2", "1"].map((text) => vocab[text]));
  });

  it("say what is proved, and where the program is", () => {
    const readme = new TextDecoder().decode(bytesOf(files, "README.md"));
    expect(readme).toContain("proved for every input of 1 to 6 tokens");
    expect(readme).toContain("## The program\n\n```python\npick = select(tokens_str, tokens_str, ==);");
    expect(reading(files).card).toEqual(model.card);
  });

  it("are read back, and refuse inputs as a compiled model does", () => {
    const again = reading(files);
    expect(again.run("abba")).toEqual([1, 1, 2, 2]);
    expect(again.outputs([["a"], ["b", "b", "b"]])).toEqual([[[1n], [1n, 2n, 3n]]]);
    expect(again.outputs([])).toEqual([[]]);
    expect(() => again.run("abcd")).toThrow(ModelInputError);
    expect(() => again.run("aaaaaaa")).toThrow("the model takes at most 6");
  });

  it.each(GPT2_FILES)("%s of another model is noticed", (name) => {
    const others = gpt2Folder(compile(hist, { vocabulary: "abcd", maxLength: 6, ...gpt2 }));
    expect(() => readGpt2Folder((file) => bytesOf(file === name ? others : files, file))).toThrow(ModelFileError);
  });

  it.each([
    ["nothing", "", "selectron.json is damaged"],
    ["a number", "7", "selectron.json is damaged: it is no object"],
    ["another description", "{}", "selectron.json is damaged: it has no checksum"],
    [
      "lists in lists",
      `{"card": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
      "selectron.json is damaged: lists in it",
    ],
  ])("with %s for selectron.json are refused", (_, text, message) => {
    const read = (name: string): Uint8Array =>
      name === "selectron.json" ? new TextEncoder().encode(text) : bytesOf(files, name);
    expect(() => readGpt2Folder(read)).toThrow(message);
  });

  it.each([
    ["layer_norm_epsilon", 1e-6],
    ["activation_function", "gelu"],
    ["n_positions", 8],
  ])("with another %s are refused", (key, value) => {
    const config = new TextEncoder().encode(JSON.stringify({ ...json(files, "config.json"), [key]: value }));
    const read = (name: string): Uint8Array => (name === "config.json" ? config : bytesOf(files, name));
    expect(() => readGpt2Folder(read)).toThrow(ModelFileError);
  });

  it("of which a weight was changed are refused", () => {
    const damagedFile = bytesOf(files, "model.safetensors").slice();
    damagedFile[damagedFile.length - 2]! ^= 1;
    const read = (name: string): Uint8Array => (name === "model.safetensors" ? damagedFile : bytesOf(files, name));
    expect(() => readGpt2Folder(read)).toThrow(
      "model.safetensors and selectron.json do not fit: the weights were changed",
    );
  });

  it("keep a promise", () => {
    const program = load(
      'plus_at = aggregate(select(tokens, "+", ==), indices);\none = selector_width(select(tokens, "+", ==)) == 1;',
    );
    const options = { vocabulary: "01+", maxLength: 4, promise: program.sop("one"), ...gpt2 };
    const promised = reading(gpt2Folder(compile(program.sop("plus_at"), options)));
    expect(promised.promise!.isKeptBy(["0", "+"])).toBe(false);
    expect(verify(program.sop("plus_at"), promised, { exhaustive: true })).toMatchObject({ ok: true });
  });
});

describe("what is no GPT-2", () => {
  const options = { vocabulary: "ab", maxLength: 3 };

  it.each([
    ["an encoder", hist, {}, "a GPT-2 is causal"],
    ["another precision", hist, { causal: true, precision: "bfloat16" }, "compiled for float32"],
    ["two outputs", { a: hist, b: hist }, { causal: true }, "one answer at each position, and 2 s-ops"],
    ["marks", hist, { causal: true, mark: true }, "no marks"],
  ] as const)("%s is refused", (_, program, others, message) => {
    expect(() => compile(program, { ...options, format: "gpt2", ...others })).toThrow(message);
  });

  it("a model that was compiled as an encoder has no folder", () => {
    expect(() => gpt2Folder(compile(hist, { ...options, causal: true }))).toThrow('format: "gpt2"');
  });

  it("numbers beyond what layer norm sees are refused", () => {
    const sop = load("big = aggregate(select(indices, indices, <=), indices * 10000000000);").sop("big");
    expect(() => compile(sop, { ...options, ...gpt2 })).toThrow("2^40");
  });
});
