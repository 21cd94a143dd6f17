/** Exported models: values in onnxruntime, contents of the files, reading them back. `lessons.test.ts` runs every lesson. */
import { readFileSync } from "node:fs";
import { Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { compile, CompiledModel, load, ModelFileError } from "../../../../src/index.js";
import { everyInput } from "../../../../src/compiler/verify/inputs.js";
import { lessons, lessonSOp } from "../../lessons.js";
import { open, runOnnx, wrongInOnnx } from "./onnx-runtime.js";

it("inputs of different lengths make one batch, of a causal model too", async () => {
  for (const causal of [false, true]) {
    const sop = lessonSOp(lessons[1]!);
    const model = compile(sop, { vocabulary: "abc", maxLength: 4, causal });
    const inputs = [...everyInput(model.card.vocabulary, 4)].reverse();
    expect(await runOnnx(await open(model), model, inputs)).toEqual(model.outputs(inputs));
    // The check that the lessons rely on detects a wrong model: 15 inputs have no token twice.
    expect(await wrongInOnnx(model, sop, inputs)).toHaveLength(causal ? 120 - 15 : 0);
  }
});

it("numbers are decoded to the nearest class", async () => {
  const sop = load("m = aggregate(select(indices, indices, <=), indices) - 1;").sop("m");
  const model = compile(sop, { vocabulary: "ab", maxLength: 4 });
  const [[answer] = []] = await runOnnx(await open(model), model, [["a", "b", "b", "a"]]);
  expect(answer!.map(Number)).toEqual([-1, -0.5, 0, 0.5]);
});

it("logits are those of nn's forward pass", async () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 5 });
  const session = await open(model);
  const { logits } = await session.run({ tokens: new Tensor("int64", BigInt64Array.of(0n, 1n, 2n, 3n), [1, 4]) });
  const own = model.model.forward([[0, 1, 2, 3]]);
  expect(logits!.dims).toEqual(own.shape);
  (logits!.data as Float32Array).forEach((value, at) => expect(value).toBeCloseTo(own.data[at]!, 5));
});

it("the file names its inputs and outputs, and carries the card", () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 5 });
  const bytes = model.toOnnx();
  expect(bytes).toEqual(model.toOnnx());
  const text = new TextDecoder("latin1").decode(bytes);
  for (const part of ["selectron-model", '"maxLength":5', "embedding.token.weight", "batch", "sequence"]) {
    expect(text).toContain(part);
  }
});

it("no file has ArgMax or ArgMin, which onnxruntime-web's WebGPU computes once for all lengths", () => {
  for (const text of ["x = selector_width(select(tokens, tokens, ==));", 'x = tokens == "a";']) {
    const bytes = compile(load(text).sop("x"), { vocabulary: "abc", maxLength: 5 }).toOnnx();
    expect(new TextDecoder("latin1").decode(bytes)).not.toMatch(/ArgM/);
  }
});

describe("reading an exported file back", () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 5 });
  const bytes = model.toOnnx();

  it("gives the same model", () => {
    const again = CompiledModel.fromOnnx(bytes);
    expect(again.card).toEqual(model.card);
    expect(again.toSafetensors()).toEqual(model.toSafetensors());
    expect(again.run("abcab")).toEqual(["b", "a", "c", "b", "a"]);
  });

  it("numbers too, whose classes are a constant of the graph", () => {
    const mean = load("m = aggregate(select(indices, indices, <=), indices);").sop("m");
    const numbers = CompiledModel.fromOnnx(compile(mean, { vocabulary: "ab", maxLength: 3 }).toOnnx());
    expect(numbers.run("abb")).toEqual([0, 0.5, 1]);
  });

  it("a file of version 0.1.0, whose classes come from ArgMax, still runs", () => {
    const old = readFileSync(new URL("reverse-0.1.0.onnx", import.meta.url));
    expect(new TextDecoder("latin1").decode(old)).toContain("ArgMax");
    expect(CompiledModel.fromOnnx(old).run("aab")).toEqual(["b", "a", "a"]);
  });

  it("fails with a ModelFileError where the file is cut anywhere, or foreign", () => {
    for (let length = 0; length < bytes.length; length += 131) {
      expect(() => CompiledModel.fromOnnx(bytes.subarray(0, length))).toThrow(ModelFileError);
    }
    expect(() => CompiledModel.fromOnnx(model.toSafetensors())).toThrow(ModelFileError);
    expect(() => CompiledModel.fromOnnx(new Uint8Array(64).fill(255))).toThrow(ModelFileError);
    expect(() => CompiledModel.fromOnnx(new TextEncoder().encode("<!doctype html>"))).toThrow("the file is a web page");
    expect(() => CompiledModel.fromSafetensors(model.toOnnx())).toThrow("the file is ONNX, it seems");
  });
});

it("docs/scale.md configures Triton for what the file has", async () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 5 });
  const session = await open(model);
  const document = readFileSync(new URL("../../../../../../docs/scale.md", import.meta.url), "utf8");
  const [, config] = /^```pbtxt\n([^`]*)^```/m.exec(document)!;
  const values = [...config!.matchAll(/\{ name: "(\w+)" data_type: TYPE_(\w+) dims: \[ ([^\]]*) \] \}/g)];
  expect(values.map(([, name, type, dims]) => [name, type, dims])).toEqual([
    [session.inputNames[0], "INT64", "-1"],
    [session.outputNames[0], "FP32", `-1, ${model.model.config.outputs}`],
    [session.outputNames[1], "INT64", "-1"],
  ]);
});
