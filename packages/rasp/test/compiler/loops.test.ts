/** Loops written out as layers: the compiled model computes what the interpreter does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compile,
  load,
  RaspError,
  verify,
  type CompiledModel,
  type CompileOptions,
  type SOp,
} from "../../src/index.js";
import { MOST_STEPS } from "../../src/compiler/values/loops.js";
import { BOOLS, LETTERS, NUMBERS, type Alphabet } from "../arbitrary/program.js";
import { loopProgramOver } from "../arbitrary/loop-program.js";
import { lessonSOp } from "./lessons.js";
import { breadth } from "../../../../test/long.js";

/** The s-op; undefined if it has no value on its example. */
function loaded(source: string, { vocabulary }: Alphabet): SOp | undefined {
  try {
    return load(source, { example: vocabulary }).sop("result");
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** The model; undefined where the compiler refuses. */
function compiledOrNone(sop: SOp, options: CompileOptions): CompiledModel | undefined {
  try {
    return compile(sop, options);
  } catch (error) {
    if (error instanceof RaspError && error.diagnostic.class === "compile") return undefined;
    throw error;
  }
}

describe.each([
  ["letters", { ...LETTERS, vocabulary: ["a", "b"] }],
  ["numbers", NUMBERS],
  ["bools", BOOLS],
] as const)("random loops over %s", (_, alphabet) => {
  it("compile to models that compute them, and tell where they do not end", () => {
    let compiled = 0;
    const cases = fc.record({
      source: loopProgramOver(alphabet, { limit: 3, nested: true }),
      causal: fc.boolean(),
      mark: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ source, causal, mark }) => {
        const sop = loaded(source, alphabet);
        const model = sop && compiledOrNone(sop, { vocabulary: alphabet.vocabulary, maxLength: 3, causal, mark });
        if (!model) return;
        compiled++;
        const report = verify(sop, model, { exhaustive: true });
        expect(report.counterexample).toBeUndefined();
        expect(report.ok).toBe(true);
      }),
      { numRuns: breadth({ short: 8, long: 30 }) },
    );
    expect(compiled).toBeGreaterThan(2);
  });
});

describe("a loop", () => {
  const sopOf = (source: string): SOp => load(`${source} result = x;`, { example: "b" }).sop("result");
  const refusal = (source: string, options: Partial<CompileOptions> = {}): string => {
    try {
      compile(sopOf(source), { vocabulary: "ab", maxLength: 3, ...options });
    } catch (error) {
      if (error instanceof RaspError) return error.message;
      throw error;
    }
    return "compiles";
  };

  it("has as many layers as its inputs take steps, whatever its limit is", () => {
    const source = (limit: number): string =>
      `repeat (x = tokens == "a", known = indices == 0) until (known) at most ${limit} {
        before = select(indices, indices - 1, ==);
        knows = aggregate(before, known, False);
        x = not (x == aggregate(before, x, False)) if knows else x;
        known = knows;
      }`;
    const layers = [3, 64, 1000].map((limit) => {
      const model = compile(sopOf(source(limit)), { vocabulary: "ab", maxLength: 3 });
      expect(verify(sopOf(source(limit)), model, { exhaustive: true })).toMatchObject({ ok: true, withoutValue: 0 });
      return model.stats.layers;
    });
    expect(layers).toEqual([2, 2, 2]);
  });

  it("needs no list of inputs where the values of its condition show its end", () => {
    const vocabulary = "abcdefghijklmnop";
    const sop = sopOf("repeat (x = 0) until (x == length) at most 1000 { x = x + 1; }");
    const model = compile(sop, { vocabulary, maxLength: 8 });
    expect(verify(sop, model, { runs: 50, seed: 1 })).toMatchObject({ ok: true, withoutValue: 0 });
  });

  it("is refused where it may take too many steps", () => {
    // The values of the condition depend on all tokens together, and the inputs are too many to run them.
    const wait = `repeat (x = tokens, n = 0) until (aggregate(full_s, indicator(x == "a")) * length == n) at most`;
    expect(refusal(`${wait} 1000 { x = shift(x, 1, "b"); n = n + 1; }`, { maxLength: 14 })).toMatch(
      /^cannot compile "x": it may take 1000 steps, every step becomes layers of its own, and at most 64 are written out/,
    );
    const inside =
      "repeat (x = 0) until (x == 20) at most 99 { repeat (x = x, m = 0) until (m == 20) at most 99 { m = m + 1; x = x + 1 - 1; } x = x + 1; }";
    expect(refusal(inside)).toMatch(/each of 20 steps around it has up to 20 of its own/);
    // Three loops inside each other, any two of which are few steps.
    const three =
      "repeat (x = 0, n = 0) until (n == 5) at most 5 { repeat (m = x, i = 0) until (i == 5) at most 5 { repeat (k = m, j = 0) until (j == 5) at most 5 { k = 1 - k; j = j + 1; } m = k; i = i + 1; } x = m; n = n + 1; }";
    expect(refusal(three)).toMatch(/each of 25 steps around it has up to 5 of its own/);
    expect(MOST_STEPS).toBe(64);
  });

  it("that does not end has no value, which a model can mark", () => {
    const sop = sopOf('repeat (x = 0) until (x == indicator(tokens == "a") + 1) at most 1 { x = x + 1; }');
    const model = compile(sop, { vocabulary: "ab", maxLength: 2, mark: true });
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({
      ok: true,
      inputs: 6,
      withoutValue: 4,
      marked: true,
    });
  });

  it("names the states of each step", () => {
    const sop = sopOf(
      "repeat (x = 0, n = 0) until (n == 2) at most 5 { x = aggregate(full_s, indices + x); n = n + 1; }".replace(
        "x = 0,",
        "x = 0.0,",
      ),
    );
    const model = compile(sop, { vocabulary: "ab", maxLength: 3 });
    const named = model.trace("aba").steps.flatMap(({ sops }) => sops.map(({ name }) => name));
    expect(named).toContain("x@1");
    expect(named).toContain("x");
  });

  it("names the states, and not what a step makes of them beside", () => {
    const sop = sopOf(
      'repeat (x = 0, n = 0) until (n == indices) at most 5 { x = aggregate(full_s, indicator(tokens == "a")) > x; n = n + 1; x = indicator(x); }',
    );
    const model = compile(sop, { vocabulary: "ab", maxLength: 3 });
    for (const input of ["aba", "bb"]) {
      const last = model
        .trace(input)
        .steps.at(-1)!
        .sops.map(({ name }) => name);
      expect(last.filter((name, i) => last.indexOf(name) !== i)).toEqual([]);
    }
  });
});

describe("the lessons with loops", () => {
  it.each([
    ["11-parity", "parity", "01", 4, 6],
    ["11-parity", "parity_fast", "01", 6, 8],
    ["12-addition", "sum", "08+", 3, 5],
    ["13-counter", "counted", "01", 2, 5],
    ["14-reachability", "reachable", "abc", 3, 4],
    ["15-cancelling", "unmatched", "()[]", 3, 5],
    ["16-neighbours", "sorted", "abc", 3, 6],
    ["17-automata", "finite", "0a|", 4, 6],
    ["18-pushdown", "pushdown", "0-|", 4, 4],
  ] as const)("%s, %s", (file, name, vocabulary, short, long) => {
    const sop = lessonSOp({ file, name });
    const model = compile(sop, { vocabulary, maxLength: breadth({ short, long }) });
    expect(model.certificate.proved).toBe(true);
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true });
  });
});
