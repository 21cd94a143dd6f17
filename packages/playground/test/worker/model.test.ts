/** Models as the page sees them: compiled, looked into, patched, saved and opened again. */
import { encodeSafetensors, randn, Rng } from "@selectron/core";
import { gpt2Config, gpt2Shapes, TransformerEncoder } from "@selectron/nn";
import { load, ProgramTask, trainedFile } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "../../src/app/examples.js";
import { answerModel } from "../../src/worker/model.js";
import type { CompileQuestion, ModelQuestion, ModelReply, ValuePatch } from "../../src/worker/model-protocol.js";

const FLIP = `opposite = length - 1 - indices;
flip = select(indices, opposite, ==);
reverse = aggregate(flip, tokens);
`;

const ask = async <K extends ModelReply["kind"]>(question: ModelQuestion & { kind: K }) =>
  (await answerModel(question, () => undefined)) as Extract<ModelReply, { kind: K }>;

const compiling = (program = FLIP, changes: Partial<CompileQuestion> = {}): CompileQuestion => ({
  kind: "compile",
  program,
  input: "hello",
  cursor: program.length,
  vocabulary: "helo",
  maxLength: 6,
  causal: false,
  ...changes,
});
const look = (input: string, patches: readonly ValuePatch[] = []) => ask({ kind: "look", input, patches });

describe("a compiled model", () => {
  it("is told in figures, with its certificate", async () => {
    const { model, problem } = await ask(compiling());
    expect(problem).toBeUndefined();
    expect(model).toMatchObject({
      name: "reverse",
      vocabulary: ["h", "e", "l", "o"],
      layers: 2,
      headsPerLayer: [1, 1],
      certificate: { proved: true, from: 1, to: 6 },
      hasProgram: true,
    });
  });

  it("runs beside its program, with each head beside its selector", async () => {
    await ask(compiling());
    const { program, model, heads, stages, labels, rows } = await look("hello");
    expect([program, model]).toEqual([[..."olleh"], [..."olleh"]]);
    expect(heads.map(({ label, counts, selector }) => [label, counts, selector?.name])).toEqual([
      ["length", true, "full_s"],
      ["reverse", false, "flip"],
    ]);
    expect(heads[1]!.selector!.matrix.map((row) => row.join(""))).toEqual([
      "00001",
      "00010",
      "00100",
      "01000",
      "10000",
    ]);
    expect(stages.map(({ layer, sublayer }) => `${layer} ${sublayer}`)).toEqual([
      "0 embedding",
      "1 attention",
      "1 feed-forward",
      "2 attention",
    ]);
    for (const { values } of stages) expect(values).toHaveLength(6 * labels.length);
    expect(rows.map(({ name, decoded }) => `${name} ${decoded.join("")}`)).toEqual([
      "tokens_str hello",
      "indices 01234",
      "opposite 43210",
      "reverse olleh",
    ]);
  });

  it("of a loop follows patches in every step as its program does, where inputs give such values", async () => {
    const program = EXAMPLES.find(({ key }) => key === "example.parity")!.program;
    const { model } = await ask(compiling(program, { vocabulary: "01", input: "1011", maxLength: 6 }));
    expect(model!.certificate!.proved).toBe(true);
    const { rows } = await look("1011");
    const changeable = rows.filter(({ choices }) => choices.length > 1);
    expect(changeable.map(({ name }) => name)).toEqual(["others@1", "others@2", "others@3", "parity_fast"]);
    // In the third step these positions have halted, and no input selects anything there.
    for (const { name, choices } of changeable.filter(({ name }) => name !== "others@3")) {
      for (const choice of choices.keys()) {
        for (const position of [2, 3]) {
          const patched = await look("1011", [{ sop: name, position, choice }]);
          expect([name, choices[choice], position, patched.model]).toEqual([
            name,
            choices[choice],
            position,
            patched.program,
          ]);
        }
      }
    }
  });

  it("follows a patch as its program does", async () => {
    await ask(compiling());
    const { rows } = await look("hello");
    const { choices } = rows.find(({ name }) => name === "opposite")!;
    expect(choices).toEqual([..."012345"]);
    const patched = await look("hello", [{ sop: "opposite", position: 0, choice: 1 }]);
    expect([patched.program, patched.model]).toEqual([[..."elleh"], [..."elleh"]]);
    expect((await look("hello", [{ sop: "gone", position: 0, choice: 1 }])).model).toEqual([..."olleh"]);
  });

  it("says why it does not run on an input", async () => {
    await ask(compiling());
    expect((await look("help")).problem!.message).toContain(
      'token "p" at position 3 is not in the model\'s vocabulary',
    );
    expect((await look("hellohello")).problem!.message).toContain("takes at most 6");
    expect((await look("")).problem!.message).toBe("model.emptyInput");
  });

  it("has numbers that are the sums that it shows", async () => {
    await ask(compiling());
    const { stages, labels } = await look("hello");
    const width = labels.length;
    for (const [stage, { values }] of stages.entries()) {
      for (let position = 0; position < 6; position++) {
        for (let coordinate = 0; coordinate < width; coordinate++) {
          const reply = await ask({ kind: "number", stage, position, coordinate });
          const { before, terms, rest, bias, after } = reply;
          expect(after).toBe(values[position * width + coordinate]);
          const sum = before + bias + rest + terms.reduce((total, { product }) => total + product, 0);
          // What a head writes is rounded by an anchor of some millions.
          expect(Math.abs(sum - after)).toBeLessThanOrEqual(0.5);
          for (const { value, weight, product } of terms) expect(product).toBe(value * weight);
        }
      }
    }
    const unit = await ask({ kind: "number", stage: 2, position: 1, coordinate: 0, unit: 3 });
    const sum = unit.bias + unit.rest + unit.terms.reduce((total, { product }) => total + product, 0);
    expect(unit.of).toBe("unit");
    expect(unit.after).toBeCloseTo(Math.max(0, sum), 4);
    expect((await ask({ kind: "number", stage: 9, position: 0, coordinate: 0 })).of).toBe("nothing");
    expect((await ask({ kind: "number", stage: 2, position: 0, coordinate: 0, unit: 999 })).of).toBe("nothing");
  });

  it.each(["safetensors", "onnx"] as const)(
    "is saved as %s and opened again, with its program and without",
    async (format) => {
      const { model } = await ask(compiling());
      const about = { program: FLIP, input: "hello", cursor: 0 };
      const { name, bytes } = await ask({ kind: "file", format, ...about });
      expect(name).toBe(`reverse.${format}`);
      const again = await ask({ kind: "open", name, bytes: bytes!, program: FLIP });
      expect(again.model).toMatchObject({ ...model, notes: [] });
      expect((await look("hello")).rows).not.toEqual([]);
      const alone = await ask({ kind: "open", name, bytes: bytes!, program: "reverse = tokens;" });
      expect(alone.model!.hasProgram).toBe(false);
      const { program, model: answers, rows, heads } = await look("hello");
      expect([program, answers, rows]).toEqual([undefined, [..."olleh"], []]);
      expect(heads.map(({ selector }) => selector)).toEqual([undefined, undefined]);
    },
  );

  it("of a decoder warns where the program looks ahead", async () => {
    const { model } = await ask(compiling(FLIP, { causal: true }));
    expect(model).toMatchObject({ causal: true });
    expect(model!.warnings.map(({ code }) => code)).toContain("RASP7011");
  });
});

describe("a trained model", () => {
  const size = { n_layer: 2, n_head: 2, n_embd: 8, n_positions: 6, vocab_size: 5, activation_function: "gelu_new" };
  const gpt2 = (): Uint8Array => {
    const rng = new Rng(1);
    const shapes = gpt2Shapes(gpt2Config({ ...size, layer_norm_epsilon: 1e-5 }));
    return encodeSafetensors(new Map([...shapes].map(([name, shape]) => [name, randn(shape, rng)])));
  };
  const config = JSON.stringify({ ...size, layer_norm_epsilon: 1e-5 });

  it("with GPT-2's names shows its heads and what comes next", async () => {
    const { model } = await ask({ kind: "open", name: "model.safetensors", bytes: gpt2(), program: "", config });
    expect(model).toMatchObject({ layers: 2, headsPerLayer: [2, 2], causal: true, ids: 5 });
    const { heads, model: next, tokens } = await look("[1, 4, 0]");
    expect(tokens).toEqual(["1", "4", "0"]);
    expect(next).toHaveLength(3);
    expect(heads.map(({ layer, head }) => [layer, head])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
    for (const { pattern, hasBos } of heads) {
      expect(hasBos).toBe(false);
      // A decoder: the first row looks at itself, and each row's shares are 1 together.
      expect([...pattern.subarray(0, 3)]).toEqual([1, 0, 0]);
      expect(pattern[6]! + pattern[7]! + pattern[8]!).toBeCloseTo(1, 6);
    }
    for (const input of ["abc", "[1, 5]", "[1, 1, 1, 1, 1, 1, 1]"]) {
      expect((await look(input)).problem!.message).toBe("model.needsIds");
    }
  });

  it("with GPT-2's names needs its configuration", async () => {
    const about = { kind: "open", name: "model.safetensors", bytes: gpt2(), program: "" } as const;
    expect((await ask(about)).problem!.message).toBe("model.needsConfig");
    expect((await ask({ ...about, config: "{" })).problem!.message).toBe("model.badConfig");
    expect((await ask({ ...about, config: '{"n_layer":1}' })).problem!.message).toContain("n_head");
  });

  it("of this page shows its heads and answers", async () => {
    const sop = load("a = selector_width(select(tokens, tokens, ==));").sop("a");
    const task = new ProgramTask(sop, { vocabulary: ["a", "b"], maxLength: 4 });
    const encoder = new TransformerEncoder(task.config({ dModel: 8, dFf: 8 }), new Rng(1));
    const bytes = trainedFile(encoder, task, { program: "a", seed: 1 });
    const { model } = await ask({ kind: "open", name: "a-trained.safetensors", bytes, program: "" });
    expect(model).toMatchObject({ vocabulary: ["a", "b"], maxLength: 4, layers: 1, hasProgram: false });
    const { heads, model: answers } = await look("abb");
    expect([answers.length, heads.map(({ pattern }) => pattern.length)]).toEqual([3, [9, 9]]);
    expect((await look("abc")).problem!.message).toBe("train.otherInput");
  });
});

describe("there is no model", () => {
  it.each([
    ["a = 1;", "model.nothing"],
    ["s = select(tokens, tokens, ==);", "model.selector"],
    ["a = tokens +;", 'expected an expression, not ";"'],
  ])("of %s, and why is said", async (program, message) =>
    expect((await ask(compiling(program))).problem!.message).toBe(message),
  );

  it("of a vocabulary that is empty, or a program that does not compile", async () => {
    expect((await ask(compiling(FLIP, { vocabulary: "" }))).problem!.message).toContain("vocabulary");
    const { problem } = await ask(compiling("a = aggregate(full_s, indices * 10 ^ 41);"));
    expect(problem).toMatchObject({ code: expect.stringMatching(/^RASP/) as string });
  });

  it("of a damaged file, and the one before stays", async () => {
    await ask(compiling());
    const { bytes } = await ask({ kind: "file", format: "safetensors", program: FLIP, input: "hello", cursor: 0 });
    const damaged = bytes!.slice();
    damaged[damaged.length - 1]! ^= 1;
    for (const file of [damaged, bytes!.slice(0, 100), new Uint8Array(), new TextEncoder().encode("hello")]) {
      const { model, problem } = await ask({ kind: "open", name: "x.safetensors", bytes: file, program: FLIP });
      expect([model, typeof problem!.message]).toEqual([undefined, "string"]);
    }
    expect((await look("hello")).model).toEqual([..."olleh"]);
  });
});
