/** Every program of the lessons comes back from the weights of its model alone, equal in value, and compiles again. */
import { describe, expect, it } from "vitest";
import { compile, CompiledModel, load, ModelFileError, verify } from "../../../src/index.js";
import { decompileProgram, isCompiledModel, NotHardError } from "../../../src/decompile/index.js";
import { everyInput, randomInputs } from "../../../src/verify/inputs.js";
import { lessons, lessonSOp } from "../../compile/lessons.js";
import { disguised } from "./disguise.js";
import { differing } from "./values.js";

describe.each(lessons)("$name", (lesson) => {
  const sop = lessonSOp(lesson);
  const vocabulary = [...lesson.vocabulary];
  const model = compile(sop, { vocabulary, maxLength: 12 });

  it("decompiles to a program that is equal to it, of expressions with names", { timeout: 300_000 }, () => {
    const { source, lines, inputs, agreed } = decompileProgram(disguised(model, 7), { fresh: 50 });
    expect(agreed).toBe(inputs);
    expect(lines.filter(({ tabular }) => tabular)).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(12);
    const again = load(source, { example: vocabulary }).sop("result");
    expect(differing(sop, again, everyInput(vocabulary, 5))).toEqual([]);
    expect(differing(sop, again, randomInputs(vocabulary, 12, 2000, 3))).toEqual([]);

    const recompiled = compile(again, { vocabulary, maxLength: 12 });
    expect(verify(again, recompiled, { runs: 100, seed: 5 })).toMatchObject({ ok: true, withoutValue: 0 });
  });
});

it("gives the same text again, and what the lesson says", () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 8 });
  const { source } = decompileProgram(model);
  expect(source).toBe(
    "width_1 = selector_width(select(indices, 0, >));\n" +
      "reverse = aggregate(select(indices, width_1 - indices, ==), tokens);\n",
  );
  expect(decompileProgram(model).source).toBe(source);
});

it("reads a causal model as a program that looks back only", () => {
  const sop = load("hist = selector_width(select(tokens, tokens, ==));").sop("hist");
  const { source, agreed } = decompileProgram(compile(sop, { vocabulary: "ab", maxLength: 8, causal: true }));
  expect(agreed).toBe(300);
  expect(source).toContain("select(indices, indices, <=)");
});

it("refuses attention that is not sharp", () => {
  const model = compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 6 });
  const keys = model.model.parameters().get("blocks.1.attention.key.weight")!;
  keys.data.forEach((weight, i) => (keys.data[i] = weight / 40));
  expect(() => decompileProgram(model)).toThrow(NotHardError);
});

it("knows compiled models, and says what is wrong with a weight", () => {
  const model = compile(lessonSOp(lessons[1]!), { vocabulary: "abc", maxLength: 4 });
  expect(isCompiledModel(model.toSafetensors())).toBe(true);
  expect(isCompiledModel(new Uint8Array([1, 2, 3]))).toBe(false);
  model.model.parameters().get("unembedding.weight")!.data[0] = NaN;
  expect(() => CompiledModel.fromSafetensors(model.toSafetensors())).toThrow(ModelFileError);
});
