/** What a GPT-2's certificate says of its residual stream and its answers holds, however a library computes in float32. */
import { describe, expect, it } from "vitest";
import { compile, causal, atomsEqual, type Atom, type CompiledModel } from "../../../../src/index.js";
import { gpt2Weights } from "../../../../src/compiler/export/gpt2/weights.js";
import { answerRows, vocabularyOf } from "../../../../src/compiler/export/gpt2/vocabulary.js";
import { NormalValues } from "../../../../src/compiler/normalize/normal-values.js";
import { valuesOrNone } from "../../../../src/language/interpret/evaluate.js";
import { randomInputs } from "../../../../src/compiler/verify/inputs.js";
import { decoderLessons, lessons, lessonSOp } from "../../lessons.js";
import { HABITS, plainPass, type Pass } from "./plain-gpt2.js";
import { breadth } from "../../../../../../test/long.js";

/** Lessons with counts, copies, ranks and functions of all of them. */
const SHORT = ["hist2_bos", "sort_by_most_freq", "dyck1_ptf", "most", "copy"];
const all = [...lessons, ...decoderLessons].filter(
  ({ name }) => breadth({ short: 0, long: 1 }) === 1 || SHORT.includes(name),
);
const LENGTH = 6;

/** The largest error of each subspace at input positions, in both halves of the stream, over its bound. */
function worstShare(model: CompiledModel, { streams }: Pass, input: readonly Atom[]): number {
  const layout = model.layout!;
  const values = new NormalValues(input, true);
  // The negatives begin after the coordinates, the one that is 1, and the constant.
  const negative = model.card.labels.length + 2;
  let worst = 0;
  for (const { sop, subspace, expected } of layout.readbacks) {
    const bound = model.certificate.bounds.reduce(
      (most, { label, layer, writer, error }) =>
        label === subspace.label && layer === subspace.layer && writer === subspace.writer
          ? Math.max(most, error)
          : most,
      0,
    );
    const stream = streams.get(`${subspace.layer} ${subspace.writer}`)!;
    for (const [i, value] of (values.evaluate(sop) ?? []).entries()) {
      for (const [c, number] of (expected(value) ?? []).entries()) {
        const at = layout.coordinate(subspace, c);
        for (const held of [stream[i + 1]![at]!, -stream[i + 1]![negative + at]!]) {
          worst = Math.max(worst, Math.abs(held - number) / bound);
        }
      }
    }
  }
  return worst;
}

describe.each(all)("$name", (lesson) => {
  const sop = lessonSOp(lesson);
  const model = compile(sop, { vocabulary: lesson.vocabulary, maxLength: LENGTH, causal: true, format: "gpt2" });
  const { classes } = model.card.outputs[0]!.decoding;
  const vocabulary = vocabularyOf(model.card.vocabulary, classes);
  const { config, tensors } = gpt2Weights(model.model, model.card.gpt2!, answerRows(vocabulary));

  it.each(HABITS)("$name", (habits) => {
    expect(model.certificate.proved).toBe(true);
    for (const input of randomInputs(model.card.vocabulary, LENGTH, breadth({ short: 2, long: 5 }), 1)) {
      const pass = plainPass(config, tensors, model.encode(input), habits);
      expect(worstShare(model, pass, input)).toBeLessThanOrEqual(1);
      const [wanted] = valuesOrNone([causal(sop)], input);
      if (!wanted) continue;
      const answered = wanted.map((_, i) => {
        const logits = pass.logits[i + 1]!;
        return classes[vocabulary.classes[logits.indexOf(Math.max(...logits))]!]!;
      });
      expect(answered.every((value, i) => atomsEqual(value, wanted[i]!))).toBe(true);
    }
  });
});
