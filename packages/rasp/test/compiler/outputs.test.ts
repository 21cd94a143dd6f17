/** Several s-ops in one model. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, CompiledModel, load, RaspError, verify, withProgram, type SOp } from "../../src/index.js";
import { everyInput } from "../../src/compiler/verify/inputs.js";
import { DIGITS, LETTERS, sopSourceOver } from "../arbitrary/program.js";
import { wrongInOnnx } from "./export/onnx/onnx-runtime.js";
import { breadth } from "../../../../test/long.js";

const program = load(
  `
  same = select(tokens, tokens, ==);
  hist = selector_width(same);
  double_hist = selector_width(select(hist, hist, ==));
  reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);
  mean = aggregate(select(indices, indices, <=), indices) / 2;
  inverse = 1 / (hist - 1);
`,
  { example: ["a", "a"] },
);
const sops = (...names: string[]): Record<string, SOp> =>
  Object.fromEntries(names.map((name) => [name, program.sop(name)]));
const inputs = { vocabulary: "abc", maxLength: 4 };
const all = sops("reverse", "hist", "double_hist", "mean");
const model = compile(all, inputs);

describe("a model of several s-ops", () => {
  it("has an output for each, by name", () => {
    expect(model.card.name).toBe("reverse, hist, double_hist, mean");
    expect(model.run("abac")).toEqual(["c", "a", "b", "a"]);
    expect(model.run("abac", { output: "hist" }).map(Number)).toEqual([2, 1, 2, 1]);
    expect(model.runBatch(["abac", "bb"], { output: "mean" })).toEqual([
      [0, 0.25, 0.5, 0.75],
      [0, 0.25],
    ]);
    expect(() => model.run("a", { output: "sort" })).toThrow(
      'no output "sort"; it has reverse, hist, double_hist, mean',
    );
    expect(model.outputs([])).toEqual([[], [], [], []]);
  });

  it("computes all of them on every input, with a certificate", () => {
    expect(verify(all, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 120, withoutValue: 0 });
    expect(model.certificate.proved).toBe(true);
  });

  it("shares what they have in common", () => {
    const [one, both] = [compile(sops("double_hist"), inputs), compile(sops("hist", "double_hist"), inputs)];
    expect(both.stats.headsPerLayer).toEqual(one.stats.headsPerLayer);
    expect(both.stats.dModel).toBe(one.stats.dModel);
  });

  it("is a file like any other", () => {
    const again = CompiledModel.fromSafetensors(model.toSafetensors());
    expect(again.card).toEqual(model.card);
    expect(again.run("aab", { output: "double_hist" })).toEqual(model.run("aab", { output: "double_hist" }));
    const trace = withProgram(again, all).trace("aab");
    expect(trace.steps.at(-1)!.sops.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(all)));
    expect(trace.steps.flatMap((step) => step.sops).every(({ agrees }) => agrees)).toBe(true);
  });

  it("runs in onnxruntime with each output's classes, numbers among them", async () => {
    expect(await wrongInOnnx(model, all, [...everyInput(model.card.vocabulary, 4)])).toEqual([]);
    expect(CompiledModel.fromOnnx(model.toOnnx()).outputs([["b", "a"]])).toEqual(model.outputs([["b", "a"]]));
  });

  it("answers where another of its s-ops has no value", () => {
    const some = sops("inverse", "hist");
    const partial = compile(some, inputs);
    expect(partial.run("aab", { output: "hist" }).map(Number)).toEqual([2, 2, 1]);
    // The inputs with a value are those in which every token occurs more than once: aa, aaa, aaaa, aabb and the like.
    const found = verify(some, partial, { exhaustive: true });
    expect(found).toMatchObject({ ok: true, inputs: 120, withoutValue: 120 - 27 });
  });

  it("a decoder writes its first output", () => {
    const before = load("next = aggregate(select(indices, indices, ==), tokens); at = indices;");
    const named = { next: before.sop("next"), at: before.sop("at") };
    const decoder = compile(named, { ...inputs, causal: true });
    expect(decoder.generate("ab", { maxTokens: 2 }).tokens).toEqual(["b", "b"]);
    expect(decoder.run("abc", { output: "at" }).map(Number)).toEqual([0, 1, 2]);
  });

  it("a counterexample names the output", () => {
    const others = { ...all, hist: program.sop("double_hist") };
    const report = verify(others, model, { exhaustive: true });
    expect(report.ok).toBe(false);
    expect(report.counterexample).toMatchObject({ output: "hist", input: ["a", "b"], expected: [2n, 2n] });
    expect(() => verify(program.sop("hist"), model, { exhaustive: true })).toThrow(
      "the model has 4 outputs (reverse, hist, double_hist, mean), and 1 s-ops are given",
    );
  });

  it("there is at least one", () => {
    expect(() => compile({}, inputs)).toThrow("there is no s-op to compile");
  });
});

it("random programs in one model do not disturb each other", { timeout: 600_000 }, () => {
  const pairs = fc
    .oneof(
      ...[LETTERS, DIGITS].map((alphabet) =>
        fc.record({
          sources: fc.tuple(sopSourceOver(alphabet), sopSourceOver(alphabet), sopSourceOver(alphabet)),
          vocabulary: fc.constant(alphabet.vocabulary),
        }),
      ),
    )
    .map(({ sources, vocabulary }) => ({ sources, vocabulary, named: namedOf(sources, vocabulary) }));
  const runs = breadth({ short: 20, long: 80 });
  let refused = 0;
  fc.assert(
    fc.property(pairs, fc.boolean(), ({ named, vocabulary }, causal) => {
      fc.pre(named !== undefined);
      const maxLength = vocabulary.length === 3 ? 3 : 4;
      try {
        const compiled = compile(named, { vocabulary, maxLength, causal });
        expect(verify(named, compiled, { exhaustive: true })).toMatchObject({ ok: true });
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
        refused++;
      }
    }),
    { numRuns: runs, seed: 3 },
  );
  expect(refused).toBeLessThan(runs / 8);
});

/** Three s-ops by name; undefined where one of them is no s-op, or has no value on the running example. */
function namedOf(sources: readonly string[], example: readonly (string | bigint | number | boolean | null)[]) {
  const text = sources.map((source, s) => `out${s} = ${source};`).join("\n");
  try {
    const loaded = load(text, { example });
    return Object.fromEntries(sources.map((_, s) => [`out${s}`, loaded.sop(`out${s}`)]));
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}
