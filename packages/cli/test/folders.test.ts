/** `compile --format` as a user calls it: folders for other tools. */
import { describe, expect, it } from "vitest";
import { selectron } from "./harness.js";

const files = {
  "reverse.rasp": "flip = select(indices, length - 1 - indices, ==);\nreverse = aggregate(flip, tokens);\n",
};
const reverse = ["reverse.rasp", "--sop", "reverse", "--vocab", "a,b,c", "--max-length", "5"];

it("writes a folder for TransformerLens", async () => {
  const binaries = new Map<string, Uint8Array>();
  const ran = await selectron(["compile", ...reverse, "--format", "transformerlens", "-o", "lens"], {
    files,
    binaries,
  });
  expect(ran).toMatchObject({ exitCode: 0, err: "" });
  expect(ran.out).toContain("wrote lens: reverse, up to 5 tokens\n");
  expect([...binaries.keys()]).toEqual(
    [
      "config.json",
      "bridge.safetensors",
      "hooked.safetensors",
      "card.json",
      "circuit.json",
      "load.py",
      "README.md",
    ].map((name) => `lens/${name}`),
  );
  const config = JSON.parse(new TextDecoder().decode(binaries.get("lens/config.json"))) as unknown;
  expect(config).toMatchObject({ n_layers: 2, d_vocab: 4, n_ctx: 6, normalization_type: null });
});

it("says which formats there are", async () => {
  const ran = await selectron(["compile", ...reverse, "--format", "pickle", "-o", "lens"], { files });
  expect(ran).toMatchObject({ exitCode: 2, out: "" });
  expect(ran.err).toContain("Allowed choices are gpt2, transformerlens");
});

describe("a GPT-2", () => {
  const gpt2 = [...reverse, "--causal", "--format", "gpt2", "-o", "folder"];

  it("is written, and held to its program", async () => {
    const binaries = new Map<string, Uint8Array>();
    const ran = await selectron(["compile", ...gpt2], { files, binaries });
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(ran.out).toContain("wrote folder: reverse, up to 5 tokens, causal\n");
    expect(ran.out).toMatch(/proved for every input of 1 to 5 tokens: .* that a GPT-2 in float32 can use up\n/);
    expect(ran.out).toContain("as a GPT-2: n_layer 1, n_head 1, n_embd 20, n_inner 1, n_positions 6, vocab_size 4\n");
    expect(ran.out).toContain("selectron verify --format gpt2 folder reverse.rasp");
    expect([...binaries.keys()].sort()).toEqual(
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
      ].map((name) => `folder/${name}`),
    );
    const verified = await selectron(["verify", "--format", "gpt2", "folder", "reverse.rasp", "--exhaustive"], {
      files,
      binaries,
    });
    expect(verified).toMatchObject({ exitCode: 0, err: "" });
    expect(verified.out).toBe("reverse: the model agrees with the program on all 363 inputs of 1 to 5 tokens.\n");
    const other = { "reverse.rasp": 'reverse = tokens if indices < 2 else "a";\n' };
    const wrong = await selectron(["verify", "--format", "gpt2", "folder", "reverse.rasp", "--exhaustive", "--json"], {
      files: other,
      binaries,
    });
    expect(wrong.exitCode).toBe(1);
    expect(JSON.parse(wrong.out)).toMatchObject({ ok: false, sop: "reverse", counterexample: { output: "reverse" } });
  });

  it.each([
    [["--format", "gpt2", "-o", "folder"], "a GPT-2 is a decoder", "add --causal"],
    [["--causal", "--format", "gpt2", "--mark", "-o", "folder"], "no marks", "leave --mark out"],
    [["--causal", "--format", "gpt2", "--precision", "tf32", "-o", "folder"], "for float32", "leave --precision out"],
  ])("compile %j says what does not fit", async (flags, problem, suggestion) => {
    const ran = await selectron(["compile", ...reverse, ...flags], { files });
    expect(ran).toMatchObject({ exitCode: 2, out: "" });
    expect(ran.err).toContain(problem);
    expect(ran.err).toContain(`help: ${suggestion}`);
  });

  it("has one s-op", async () => {
    const two = ["reverse.rasp", "--sop", "reverse,length", "--vocab", "a,b", "--max-length", "3"];
    const ran = await selectron(["compile", ...two, "--causal", "--format", "gpt2", "-o", "folder"], { files });
    expect(ran).toMatchObject({ exitCode: 2 });
    expect(ran.err).toContain("one answer at each position, and --sop names reverse,length");
  });

  it("is not written into a folder that has files", async () => {
    const ran = await selectron(["compile", ...gpt2], {
      files,
      folders: ["folder"],
      binaries: new Map([["folder/notes.txt", new Uint8Array()]]),
    });
    expect(ran).toMatchObject({ exitCode: 2, out: "" });
    expect(ran.err).toContain('the folder "folder" is not empty: it has notes.txt');
  });

  it.each([
    [["folder"], "verify --format needs the program, too"],
    [
      ["folder", "reverse.rasp", "--runs", "3", "--max-length", "3"],
      "--max-length is what the folder was compiled with",
    ],
    [["nowhere", "reverse.rasp", "--runs", "3"], 'cannot read "nowhere/selectron.json"'],
  ])("verify --format gpt2 %j says what is wrong", async (args, problem) => {
    const ran = await selectron(["verify", "--format", "gpt2", ...args], { files });
    expect(ran).toMatchObject({ exitCode: 2, out: "" });
    expect(ran.err).toContain(problem);
  });

  it("verify without a format has one file, and needs its options", async () => {
    const two = await selectron(["verify", "reverse.rasp", "other.rasp", ...reverse.slice(1), "--runs", "3"], {
      files,
    });
    expect(two.err).toContain("other.rasp is one too many");
    const none = await selectron(["verify", "reverse.rasp", "--sop", "reverse", "--runs", "3"], { files });
    expect(none).toMatchObject({ exitCode: 2 });
    expect(none.err).toContain("required option '--vocab <tokens>' not specified");
  });
});
