/** Every program of the paper compiles to a model that computes it, in as many layers as the paper counts. */
import { expect, it } from "vitest";
import { compile, cost, verify } from "../../src/index.js";
import { lessons, lessonSOp } from "./lessons.js";

it.each(lessons)("$name computes its program on every input up to length 6", (lesson) => {
  const sop = lessonSOp(lesson);
  const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 6 });
  const report = verify(sop, model, { exhaustive: true });
  expect(report).toMatchObject({ ok: true, withoutValue: 0 });
  expect(report.inputs).toBe(lesson.vocabulary.length === 4 ? 5460 : 1092);
  expect(model.stats.layers).toBe(cost(sop).layers);
});

it.each(lessons)("$name computes its program on random inputs up to length 24", (lesson) => {
  const sop = lessonSOp(lesson);
  const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 24 });
  expect(verify(sop, model, { runs: 200, seed: 24 })).toMatchObject({ ok: true, inputs: 200, withoutValue: 0 });
  expect(model.stats.layers).toBe(cost(sop).layers);
});

it.each(lessons)("$name costs what the paper's program costs", (lesson) => {
  expect(cost(lessonSOp(lesson)).headsPerLayer).toEqual(lesson.headsPerLayer);
});
