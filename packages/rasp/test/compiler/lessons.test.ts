/**
 * Every program of the lessons compiles to a model that computes it, in no more layers than the paper counts (Weiss, Goldberg, Yahav
 * 2021). Its export gives the same values in onnxruntime on the same inputs.
 */
import { describe, expect, it } from "vitest";
import { compile, cost, verify } from "../../src/index.js";
import { everyInput, randomInputs } from "../../src/compiler/verify/inputs.js";
import { wrongInOnnx } from "./export/onnx/onnx-runtime.js";
import { decoderLessons, lessons, lessonSOp } from "./lessons.js";
import { breadth } from "../../../../test/long.js";

/** The number of inputs of 1 token up to a length. */
const inputsUpTo = (length: number, { length: tokens }: string): number =>
  Array.from({ length }, (_, i) => tokens ** (i + 1)).reduce((a, b) => a + b);

const LONGEST = breadth({ short: 5, long: 6 });
const RUNS = breadth({ short: 50, long: 200 });

describe.each(lessons)("$name", (lesson) => {
  const sop = lessonSOp(lesson);
  const { vocabulary } = lesson;

  it(`computes its program on every input up to length ${LONGEST}`, async () => {
    const model = compile(sop, { vocabulary, maxLength: LONGEST });
    const inputs = inputsUpTo(LONGEST, vocabulary);
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs, withoutValue: 0 });
    expect(model.stats.layers).toBe(cost(sop).layers);
    expect(await wrongInOnnx(model, sop, [...everyInput(model.card.vocabulary, LONGEST)])).toEqual([]);
  });

  it("computes its program on random inputs up to length 24", async () => {
    const model = compile(sop, { vocabulary, maxLength: 24 });
    expect(verify(sop, model, { runs: RUNS, seed: 24 })).toMatchObject({ ok: true, inputs: RUNS, withoutValue: 0 });
    expect(model.stats.layers).toBe(cost(sop).layers);
    expect(await wrongInOnnx(model, sop, [...randomInputs(model.card.vocabulary, 24, RUNS, 24)])).toEqual([]);
  });

  it("costs what the paper's program costs", () => {
    expect(cost(sop).headsPerLayer).toEqual(lesson.headsPerLayer);
  });
});

describe.each(decoderLessons)("$name of a decoder", (lesson) => {
  const sop = lessonSOp(lesson);
  const { vocabulary } = lesson;

  it(`computes its program on every input up to length ${LONGEST - 1}`, async () => {
    const maxLength = LONGEST - 1;
    const model = compile(sop, { vocabulary, maxLength, causal: true });
    expect(model.warnings).toEqual([]);
    expect(model.certificate.proved).toBe(true);
    const inputs = inputsUpTo(maxLength, vocabulary);
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs, withoutValue: 0 });
    expect(await wrongInOnnx(model, sop, [...everyInput(model.card.vocabulary, maxLength)])).toEqual([]);
  });

  it("computes its program on random inputs up to length 16", async () => {
    const model = compile(sop, { vocabulary, maxLength: 16, causal: true });
    expect(verify(sop, model, { runs: RUNS / 2, seed: 16 })).toMatchObject({
      ok: true,
      inputs: RUNS / 2,
      withoutValue: 0,
    });
    expect(await wrongInOnnx(model, sop, [...randomInputs(model.card.vocabulary, 16, RUNS / 2, 16)])).toEqual([]);
  });
});
