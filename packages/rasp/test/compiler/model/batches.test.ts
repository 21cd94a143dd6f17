/** Padding is masked: in a batch of different lengths each input has the values that it has alone, with any ids in the padding. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, load, RaspError, type Atom, type CompiledModel } from "../../../src/index.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { sopSource } from "../../arbitrary/program.js";
import { lessons, lessonSOp } from "../lessons.js";
import { breadth } from "../../../../../test/long.js";

const inputs = [...everyInput(["a", "b", "c"], 4)].filter((_, i) => i < 12 || i % 5 === 0);

/** Compares a batch, in both orders, with its inputs alone. */
function expectBatchLikeAlone(model: CompiledModel, batch: readonly (readonly Atom[])[]) {
  const alone = batch.map((input) => model.values([input])[0]!);
  expect(model.values(batch)).toEqual(alone);
  expect(model.values([...batch].reverse())).toEqual([...alone].reverse());
}

it("on random programs", () => {
  const runs = breadth({ short: 30, long: 150 });
  let compiled = 0;
  fc.assert(
    fc.property(sopSource, (source) => {
      let model;
      try {
        model = compile(load(`result = ${source};`, { example: "abc" }).sop("result"), {
          vocabulary: "abc",
          maxLength: 4,
        });
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
        return; // a constant, or refused
      }
      compiled++;
      expectBatchLikeAlone(model, inputs);
    }),
    { numRuns: runs },
  );
  expect(compiled).toBeGreaterThan((2 / 3) * runs);
});

it.each(lessons)("on the lesson $name", (lesson) => {
  const model = compile(lessonSOp(lesson), { vocabulary: lesson.vocabulary, maxLength: 6 });
  const tokens = [...lesson.vocabulary];
  expectBatchLikeAlone(model, [...everyInput(tokens, 3), tokens.concat(tokens).slice(0, 6)]);
});

describe("the id in the padding", () => {
  // A histogram counts every key that it sees.
  const model = compile(lessonSOp(lessons[1]!), { vocabulary: "abc", maxLength: 5 });
  const rows = [
    [0, 1, 2, 1, 3],
    [0, 2, 2],
  ];
  const logitsWith = (filler: number, masked: boolean) => {
    const full = rows.map((row) => [...row, ...new Array<number>(5 - row.length).fill(filler)]);
    const padding = rows.map((row) => Array.from({ length: 5 }, (_, i) => i < row.length));
    const logits = model.model.forward(full, masked ? { padding } : {});
    return logits.slice(1, 2).slice(0, 3, 1).toArray();
  };

  it("does not matter", () => {
    for (const id of [1, 2, 3]) expect(logitsWith(id, true)).toEqual(logitsWith(0, true));
  });

  it("would matter without the mask", () => {
    expect(logitsWith(2, false)).not.toEqual(logitsWith(2, true));
  });
});

it("an empty batch has no values", () => {
  expect(compile(lessonSOp(lessons[0]!), { vocabulary: "abc", maxLength: 2 }).runBatch([])).toEqual([]);
});
