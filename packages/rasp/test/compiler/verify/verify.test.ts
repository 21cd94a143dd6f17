/** The verifier finds what is wrong: the smallest input, and the first s-op. */
import { expect, it } from "vitest";
import type { CompiledModel } from "../../../src/index.js";
import { compile, encodeReport, load, mergeReports, verify, type SOp, type VerifyOptions } from "../../../src/index.js";
import { countInputs, everyInput, randomInputs } from "../../../src/compiler/verify/inputs.js";

const program = `
same = select(tokens, tokens, ==);
hist = selector_width(same);
often = hist > 1;
`;
const sop = (name: string): SOp => load(program, { file: "often.rasp" }).sop(name);

/** The model with one weight changed. */
function tamper(model: CompiledModel, name: string, index: number, by: number): CompiledModel {
  const tensor = model.model.parameters().get(name)!;
  tensor.data[index]! += by;
  return model;
}

it("agrees on all inputs", () => {
  const report = verify(sop("often"), compile(sop("often"), { vocabulary: "ab", maxLength: 4 }), { exhaustive: true });
  expect(report).toMatchObject({ ok: true, exhaustive: true, inputs: 30, withoutValue: 0, maxLength: 4 });
});

it("counts the inputs without a value apart", () => {
  const fails = load('x = aggregate(select(tokens, tokens, ==), tokens) == "a";', { example: "ab" }).sop("x");
  const report = verify(fails, compile(fails, { vocabulary: "ab", maxLength: 3 }), { exhaustive: true });
  // Only in a, b, ab and ba does each row select one token.
  expect(report).toMatchObject({ ok: true, inputs: 14, withoutValue: 10 });
});

it("reports the smallest counterexample, and the first s-op that is wrong", () => {
  const often = sop("often");
  const model = compile(often, { vocabulary: "ab", maxLength: 4 });
  const bias = model.model.parameters().get("blocks.0.feedForward.hidden.bias")!;
  const step = bias.data.findIndex((value) => value !== 0);
  const report = verify(often, tamper(model, "blocks.0.feedForward.hidden.bias", step, 5), { exhaustive: true });
  expect(report.ok).toBe(false);
  expect(report.counterexample).toMatchObject({
    input: ["a", "a"],
    expected: [true, true],
    got: [false, false],
    firstWrong: { name: "often", layer: 1, sublayer: "feed-forward", position: 0 },
  });
});

it("blames the attention where the attention is wrong", () => {
  const often = sop("often");
  const model = compile(often, { vocabulary: "ab", maxLength: 4 });
  const query = model.model.parameters().get("blocks.0.attention.query.weight")!;
  query.data.fill(0);
  const { counterexample } = verify(often, model, { runs: 50, seed: 3 });
  expect(counterexample!.input).toEqual(["a", "a"]);
  expect(counterexample!.firstWrong).toMatchObject({ layer: 1, sublayer: "attention" });
});

it.each<VerifyOptions>([{ exhaustive: true }, { runs: 60, seed: 3 }])(
  "shards of %o merge, also where the model is wrong",
  (how) => {
    const often = sop("often");
    const model = compile(often, { vocabulary: "ab", maxLength: 4 });
    const bias = model.model.parameters().get("blocks.0.feedForward.hidden.bias")!;
    tamper(
      model,
      "blocks.0.feedForward.hidden.bias",
      bias.data.findIndex((value) => value !== 0),
      5,
    );
    const whole = encodeReport(verify(often, model, how));
    expect(whole).toMatchObject({ ok: false, counterexample: { input: ["a", "a"] } });
    expect(whole.wrong).toBeGreaterThan(2);
    const shards = [3, 1, 2].map((index) => encodeReport(verify(often, model, { ...how, shard: { index, count: 3 } })));
    expect(shards.every(({ inputs }) => inputs === whole.inputs / 3)).toBe(true);
    expect(mergeReports(shards)).toEqual(whole);
  },
);

it("a NaN counts as wrong", () => {
  const often = sop("often");
  const model = compile(often, { vocabulary: "ab", maxLength: 2 });
  model.model.parameters().get("unembedding.weight")!.data.fill(NaN);
  expect(verify(often, model, { exhaustive: true }).ok).toBe(false);
});

it("enumerates every input once, shortest first", () => {
  const inputs = [...everyInput(["a", "b", "c"], 3)].map((input) => input.join(""));
  expect(inputs).toHaveLength(countInputs(3, 3));
  expect(new Set(inputs).size).toBe(39);
  expect(inputs.slice(0, 5)).toEqual(["a", "b", "c", "aa", "ab"]);
});

it.each([1, 2, 5, 100])("each input is in exactly one of %i shards", (count) => {
  const shards = Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));
  const texts = (inputs: Iterable<readonly unknown[]>): string[] => [...inputs].map((input) => input.join(""));
  const dealt = (whole: string[]): string[][] =>
    shards.map(({ index }) => whole.filter((_, i) => i % count === index - 1));
  const all = texts(everyInput(["a", "b", "c"], 3));
  expect(shards.map((shard) => texts(everyInput(["a", "b", "c"], 3, shard)))).toEqual(dealt(all));
  const random = texts(randomInputs(["a", "b"], 5, 30, 4));
  expect(shards.map((shard) => texts(randomInputs(["a", "b"], 5, 30, 4, shard)))).toEqual(dealt(random));
});

it("there is no shard 0, nor one past the last", () => {
  const model = compile(sop("hist"), { vocabulary: "ab", maxLength: 2 });
  for (const index of [0, 3, 1.5]) {
    expect(() => verify(sop("hist"), model, { exhaustive: true, shard: { index, count: 2 } })).toThrow(
      `there is no shard ${index} of 2`,
    );
  }
});

it("draws the same random inputs for the same seed", () => {
  const draw = (seed: number): string[] => [...randomInputs(["a", "b"], 5, 20, seed)].map((input) => input.join(""));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});
