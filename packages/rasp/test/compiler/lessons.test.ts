/**
 * Every program of the lessons compiles to a model that computes it, in no more layers than the paper counts (Weiss, Goldberg, Yahav
 * 2021). Its export gives the same values in onnxruntime on the same inputs.
 */
import { describe, expect, it } from "vitest";
import { compile, cost, verify } from "../../src/index.js";
import { everyInput, randomInputs } from "../../src/compiler/verify/inputs.js";
import { wrongInOnnx } from "./export/onnx/onnx-runtime.js";
import { decoderLessons, lessons, lessonSOp } from "./lessons.js";

describe.each(lessons)("$name", (lesson) => {
  const sop = lessonSOp(lesson);
  const { vocabulary } = lesson;

  it("computes its program on every input up to length 6", async () => {
    const model = compile(sop, { vocabulary, maxLength: 6 });
    const inputs = vocabulary.length === 4 ? 5460 : 1092;
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs, withoutValue: 0 });
    expect(model.stats.layers).toBe(cost(sop).layers);
    expect(await wrongInOnnx(model, sop, [...everyInput(model.card.vocabulary, 6)])).toEqual([]);
  });

  it("computes its program on random inputs up to length 24", async () => {
    const model = compile(sop, { vocabulary, maxLength: 24 });
    expect(verify(sop, model, { runs: 200, seed: 24 })).toMatchObject({ ok: true, inputs: 200, withoutValue: 0 });
    expect(model.stats.layers).toBe(cost(sop).layers);
    expect(await wrongInOnnx(model, sop, [...randomInputs(model.card.vocabulary, 24, 200, 24)])).toEqual([]);
  });

  it("costs what the paper's program costs", () => {
    expect(cost(sop).headsPerLayer).toEqual(lesson.headsPerLayer);
  });
});

describe.each(decoderLessons)("$name of a decoder", (lesson) => {
  const sop = lessonSOp(lesson);
  const { vocabulary } = lesson;

  it("computes its program on every input up to length 5", async () => {
    const model = compile(sop, { vocabulary, maxLength: 5, causal: true });
    expect(model.warnings).toEqual([]);
    expect(model.certificate.proved).toBe(true);
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 363, withoutValue: 0 });
    expect(await wrongInOnnx(model, sop, [...everyInput(model.card.vocabulary, 5)])).toEqual([]);
  });

  it("computes its program on random inputs up to length 16", async () => {
    const model = compile(sop, { vocabulary, maxLength: 16, causal: true });
    expect(verify(sop, model, { runs: 100, seed: 16 })).toMatchObject({ ok: true, inputs: 100, withoutValue: 0 });
    expect(await wrongInOnnx(model, sop, [...randomInputs(model.card.vocabulary, 16, 100, 16)])).toEqual([]);
  });
});
