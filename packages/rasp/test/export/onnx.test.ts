/** Exported models in onnxruntime give the interpreter's values: every lesson, every short input, random long ones, padded. */
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { compile, CompiledModel, Evaluation, load, ModelFileError, type Atom, type SOp } from "../../src/index.js";
import { atomKey } from "../../src/atom/compare.js";
import { everyInput, randomInputs } from "../../src/verify/inputs.js";
import { lessons, lessonSOp } from "../compile/lessons.js";

const open = (model: CompiledModel): Promise<InferenceSession> =>
  InferenceSession.create(model.toOnnx(), { intraOpNumThreads: 1, interOpNumThreads: 1 });

/** Feeds inputs of any lengths as one batch, padded with -1, and decodes `classes` with the card alone. */
async function runOnnx(
  session: InferenceSession,
  { card }: CompiledModel,
  inputs: readonly (readonly Atom[])[],
): Promise<Atom[][]> {
  const width = 1 + Math.max(...inputs.map((input) => input.length));
  const ids = new BigInt64Array(inputs.length * width).fill(-1n);
  inputs.forEach((input, b) => {
    ids[b * width] = 0n;
    input.forEach((token, i) => (ids[b * width + i + 1] = BigInt(card.vocabulary.indexOf(token) + 1)));
  });
  const { classes } = await session.run({ tokens: new Tensor("int64", ids, [inputs.length, width]) });
  expect(classes!.dims).toEqual([inputs.length, width]);
  const numbers = classes!.data as BigInt64Array;
  return inputs.map((input, b) => input.map((_, i) => card.decoding.classes[Number(numbers[b * width + i + 1])]!));
}

const expected = (sop: SOp, inputs: readonly (readonly Atom[])[]): string[][] =>
  inputs.map((input) => new Evaluation(input).sop(sop).map(atomKey));

const keys = (answers: readonly (readonly Atom[])[]): string[][] => answers.map((values) => values.map(atomKey));

describe.each(lessons)("$name", (lesson) => {
  const sop = lessonSOp(lesson);

  it("gives the interpreter's values on every input up to length 4, of different lengths in one batch", async () => {
    const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 4 });
    const inputs = [...everyInput(model.card.vocabulary, 4)];
    expect(inputs).toHaveLength(lesson.vocabulary.length === 4 ? 340 : 120);
    expect(keys(await runOnnx(await open(model), model, inputs))).toEqual(expected(sop, inputs));
  });

  it("gives them on random inputs up to length 16", async () => {
    const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 16 });
    const inputs = [...randomInputs(model.card.vocabulary, 16, 40, 11)];
    inputs.push(...inputs.slice(0, 10).map((input) => Array.from({ length: 16 }, (_, i) => input[i % input.length]!)));
    expect(keys(await runOnnx(await open(model), model, inputs))).toEqual(expected(sop, inputs));
  });
});

it("numbers are decoded to the nearest class", async () => {
  const sop = load("m = aggregate(select(indices, indices, <=), indices) - 1;").sop("m");
  const model = compile(sop, { vocabulary: "ab", maxLength: 4 });
  const [answer] = await runOnnx(await open(model), model, [["a", "b", "b", "a"]]);
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
  for (const part of ["selectron-model", '"maxLength":5', "embedding.token.weight", "batch", "sequence"])
    expect(text).toContain(part);
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

  it("ends in a ModelFileError wherever the file is cut, or foreign", () => {
    for (let length = 0; length < bytes.length; length += 131)
      expect(() => CompiledModel.fromOnnx(bytes.subarray(0, length))).toThrow(ModelFileError);
    expect(() => CompiledModel.fromOnnx(model.toSafetensors())).toThrow(ModelFileError);
    expect(() => CompiledModel.fromOnnx(new Uint8Array(64).fill(255))).toThrow(ModelFileError);
  });
});

it("docs/scale.md configures Triton for what the file has", async () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 5 });
  const session = await open(model);
  const document = readFileSync(new URL("../../../../docs/scale.md", import.meta.url), "utf8");
  const [, config] = /^```pbtxt\n([^`]*)^```/m.exec(document)!;
  const values = [...config!.matchAll(/\{ name: "(\w+)" data_type: TYPE_(\w+) dims: \[ ([^\]]*) \] \}/g)];
  expect(values.map(([, name, type, dims]) => [name, type, dims])).toEqual([
    [session.inputNames[0], "INT64", "-1"],
    [session.outputNames[0], "FP32", `-1, ${model.model.config.outputs}`],
    [session.outputNames[1], "INT64", "-1"],
  ]);
});
