/** Traces agree with the program wherever an s-op can be read, and patches have the effects that the program predicts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compile,
  CompiledModel,
  evaluate,
  load,
  RaspError,
  withProgram,
  type Patch,
  type SOp,
} from "../../../src/index.js";
import { sopSource } from "../../arbitrary/program.js";
import { decoderLessons, lessons, lessonSOp } from "../lessons.js";
import { breadth } from "../../../../../test/long.js";

const program = load(`
same = select(tokens, tokens, ==);
hist = selector_width(same);
place = aggregate(same, indices);
result = place + 1 if hist > 1 else hist;
opposite = length - 1 - indices;
reverse = aggregate(select(indices, opposite, ==), tokens);
`);
const options = { vocabulary: "abc", maxLength: 5 } as const;
const model = compile(program.sop("result"), options);
const reverse = compile(program.sop("reverse"), options);

/** At every step every s-op has the program's values, and the last step has the model's answer. */
function expectTrue(compiled: CompiledModel, input: string): void {
  const { steps, output } = compiled.trace(input);
  expect(steps.flatMap(({ sops }) => sops.filter(({ agrees }) => !agrees))).toEqual([]);
  expect(steps.at(-1)!.sops.at(-1)!.decoded).toEqual(output);
  expect(output).toEqual(compiled.run(input));
}

describe("a trace", () => {
  it.each(lessons)("of $name agrees with the program after every sublayer", (lesson) => {
    const compiled = compile(lessonSOp(lesson), { vocabulary: lesson.vocabulary, maxLength: 6 });
    const [a, b, c] = lesson.vocabulary;
    for (const input of [a!, `${a}${b}`, `${a}${b}${b}${c}${a}`]) expectTrue(compiled, input);
  });

  it.each(decoderLessons.slice(0, 6))("of the decoder $name too", (lesson) => {
    const compiled = compile(lessonSOp(lesson), { vocabulary: lesson.vocabulary, maxLength: 6, causal: true });
    expectTrue(compiled, "abcba");
  });

  it("of random programs never differs from them", () => {
    fc.assert(
      fc.property(sopSource, fc.boolean(), (source, causal) => {
        let sop: SOp;
        try {
          sop = load(`result = ${source};`, { example: "abc" }).sop("result");
        } catch (error) {
          if (error instanceof RaspError) return; // a constant
          throw error;
        }
        for (const { sops } of compile(sop, { vocabulary: "abc", maxLength: 3, causal }).trace("cab").steps) {
          expect(sops.filter(({ agrees }) => !agrees)).toEqual([]);
        }
      }),
      { numRuns: breadth({ short: 30, long: 100 }), seed: 6 },
    );
  });

  it("shows after which sublayer each s-op can be read", () => {
    const news = reverse
      .trace("abb")
      .steps.map(({ layer, sublayer, sops }) => [
        `${layer} ${sublayer}`,
        ...sops.filter(({ isNew, name }) => isNew && !name.startsWith("tokens")).map(({ name }) => name),
      ]);
    expect(news).toEqual([
      ["0 embedding", "indices"],
      ["1 attention", "opposite"],
      ["1 feed-forward"],
      ["2 attention", "reverse"],
    ]);
  });

  it("shows a damaged weight where it acts", () => {
    const damaged = compile(program.sop("result"), options);
    damaged.model.parameters().get("blocks.0.attention.query.weight")!.data.fill(0);
    const wrong = damaged
      .trace("aba")
      .steps.flatMap(({ layer, sublayer, sops }) =>
        sops.filter(({ agrees }) => !agrees).map(({ name }) => `${name} ${layer} ${sublayer}`),
      );
    expect(wrong[0]).toBe("hist 1 attention");
  });

  it("of a file needs its program", () => {
    const file = CompiledModel.fromSafetensors(model.toSafetensors());
    expect(() => file.trace("aba")).toThrow("was read from a file");
    expect(withProgram(file, program.sop("result")).trace("aba")).toEqual(model.trace("aba"));
    expect(() => withProgram(file, program.sop("reverse"))).toThrow("not what this model was compiled from");
  });
});

describe("a patch", () => {
  const run = (input: string, ...patch: Patch[]) => model.run(input, { patch });

  it("replaces a value, and what follows from it", () => {
    expect(run("aba")).toEqual([2, 1, 2]);
    expect(run("aba", { sop: "hist", value: 3, positions: [1] })).toEqual([2, 2, 2]);
    expect(run("aba", { sop: "hist", value: 1 })).toEqual([1, 1, 1]);
    expect(run("aba", { sop: "place", value: [4, 1, 0] })).toEqual([5, 1, 1]);
    expect(reverse.run("abc", { patch: [{ sop: "opposite", value: 1 }] })).toEqual(["b", "b", "b"]);
    expect(reverse.run("abc", { patch: [{ sop: "reverse", value: "c", positions: [0, 2] }] })).toEqual(["c", "b", "c"]);
  });

  it("can give s-ops every value that they can have, and the program predicts the result", () => {
    for (const hist of [1, 2, 3, 4, 5]) {
      for (const place of [0, 0.5, 1, 4]) {
        expect(run("abab", { sop: "hist", value: hist }, { sop: "place", value: place })).toEqual(
          new Array(4).fill(hist > 1 ? place + 1 : hist),
        );
      }
    }
  });

  it("takes a value from another input", () => {
    // hist of aab is 2, 2, 1; place of aba is 1, 1, 1.
    expect(run("aba", { sop: "hist", from: "aab" })).toEqual([2, 2, 1]);
    expect(run("aba", { sop: "hist", from: "aab", positions: [1] })).toEqual([2, 2, 2]);
  });

  it("replaces what a head attends to", () => {
    const selects = evaluate(program.selector("same"), "abb");
    // place of abb is 0, 1.5, 1.5; hist stays that of aba, or becomes that of abb.
    expect(run("aba", { head: "place", selects })).toEqual([1, 1, 2.5]);
    expect(run("aba", { head: "hist", selects })).toEqual([1, 2, 2]);
    expect(run("aba", { head: "place", from: "abb" })).toEqual([1, 1, 2.5]);
    expect(run("aba", { head: "hist", from: "abb" }, { head: "place", from: "abb" })).toEqual(model.run("abb"));
    expect(run("aba", { head: "place", selects: selects.map((row) => row.map(() => false)) })).toEqual([1, 1, 1]);
  });

  it("removes the output of a head or of hidden units", () => {
    // Each token counts itself, so that 0 is no class: the nearest is 1.
    expect(run("aba", { sop: "hist", output: [0] })).toEqual([1, 1, 1]);
    const without = reverse.trace("abc", { patch: [{ sop: "opposite", output: [0, 0, 0, 0, 0] }] });
    // No query matches a key: the row is BOS's, whose value is the default.
    expect(without.steps.at(-1)!.sops.find(({ name }) => name === "reverse")!.agrees).toBe(false);
  });

  it("is seen by a recorder", () => {
    const seen = new Map<string, number[]>();
    const record = (name: string, { shape }: { readonly shape: readonly number[] }): void =>
      void seen.set(name, [...shape]);
    const patterns: number[] = [];
    const selects = [
      [false, false, true],
      [true, false, false],
      [false, true, false],
    ];
    model.run("aba", {
      patch: [{ head: "place", selects }],
      record: (name, value) => {
        record(name, value);
        if (name === "blocks.0.attention.pattern") patterns.push(...value.data.slice(-12));
      },
    });
    const { dModel } = model.stats;
    expect(seen.get("embedding")).toEqual([1, 4, dModel]);
    expect(seen.get("blocks.0.attention.residual")).toEqual([1, 4, dModel]);
    // Of the last head's rows those of the three queries, BOS first.
    expect(patterns).toEqual([0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0]);
    expect(() => model.trace("aba", { record } as object)).toThrow('no option "record"');
  });

  it("is traced", () => {
    const { steps, output } = model.trace("aba", { patch: [{ sop: "hist", value: 3, positions: [1] }] });
    const hist = steps[1]!.sops.find(({ name }) => name === "hist")!;
    expect([hist.decoded, hist.expected, hist.agrees]).toEqual([[2, 3, 2], [2, 1, 2], false]);
    expect(output).toEqual([2, 2, 2]);
  });

  it.each<[Patch, string]>([
    [{ sop: "hits", value: 1 }, '"hits" is no s-op of the program; there are: hist, place, result'],
    [{ sop: "hist", value: 9 }, '"hist" is never 9; it can be'],
    [{ sop: "hist", value: [1, 2] }, 'the patch of "hist" has 2 values, and the input 3 positions'],
    [{ sop: "hist", output: [1, 2] }, '"hist" has 1 coordinate (width), and the patch has 2 numbers'],
    [{ sop: "hist", from: "ab" }, "a patch comes from an input of the same length: 3, not 2"],
    [{ sop: "hist", value: 1, positions: [3] }, "there is no position 3 to patch; the input has 3"],
    [{ head: "result", from: "abc" }, "that a head writes; there are: hist, place"],
    [{ head: "hist", selects: [[true]] }, 'the pattern for "hist" must have 3 rows of 3'],
  ])("that does not fit is refused: %j", (patch, message) => {
    expect(() => run("aba", patch)).toThrow(message);
  });
});
