/** The certificate's bounds hold: no stream is ever further off than it says. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, load, RaspError, verify, type SOp } from "../../src/index.js";
import { everyInput, randomInputs } from "../../src/verify/inputs.js";
import { sopSource } from "../arbitrary/program.js";
import { lessons, lessonSOp } from "./lessons.js";
import { expectBounded } from "./observed-errors.js";

describe("the lessons", () => {
  it.each(lessons)("$name", (lesson) => {
    const sop = lessonSOp(lesson);
    const short = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 4 });
    expectBounded(short, everyInput(short.card.vocabulary, 4));
    expect(short.card.certificate).toMatchObject({ proved: true, provedFor: { lengths: [1, 4] } });
    const long = compile(sop, { vocabulary: lesson.vocabulary, maxLength: 24 });
    expectBounded(long, randomInputs(long.card.vocabulary, 24, 30, 1));
    expect(long.card.certificate.proved).toBe(true);
  });
});

describe("random programs", () => {
  it("are never further off than their certificate says", () => {
    fc.assert(
      fc.property(sopSource, (source) => {
        let sop: SOp;
        try {
          sop = load(`result = ${source};`, { example: "abc" }).sop("result");
        } catch (error) {
          if (error instanceof RaspError) return;
          throw error;
        }
        const model = compile(sop, { vocabulary: "abc", maxLength: 5 });
        expectBounded(model, randomInputs(model.card.vocabulary, 5, 12, 3));
        if (model.card.certificate.proved)
          expect(verify(sop, model, { runs: 20, seed: 2 })).toMatchObject({ ok: true });
      }),
      { numRuns: 120 },
    );
  });
});

it("a weight that is off by more than the margin is found by the verifier", () => {
  const sop = load("often = selector_width(select(tokens, tokens, ==)) > 1;").sop("often");
  const model = compile(sop, { vocabulary: "ab", maxLength: 4 });
  const { worstMargin, proved } = model.card.certificate;
  expect(proved).toBe(true);
  expect(worstMargin).toBeGreaterThan(10);
  // A step's place moves by slope times as much as its bias: half a step is the margin of the decision.
  const bias = model.model.parameters().get("blocks.0.feedForward.hidden.bias")!;
  const at = bias.data.findIndex((value) => value < 0);
  bias.data[at]! += 0.4;
  expect(verify(sop, model, { exhaustive: true }).ok).toBe(true);
  bias.data[at]! += 1.2;
  expect(verify(sop, model, { exhaustive: true }).ok).toBe(false);
});
