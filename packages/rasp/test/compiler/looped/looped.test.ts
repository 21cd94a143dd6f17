/** Programs with a loop as Transformers with a loop: states and values after every step are the interpreter's. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  causal,
  compileLooped,
  load,
  loopSteps,
  RaspError,
  verifyLooped,
  type LoopedModel,
  type SOp,
} from "../../../src/index.js";
import { lessonSOp } from "../lessons.js";
import { BOOLS, LETTERS, NUMBERS } from "../../arbitrary/program.js";
import { loopProgramOver } from "../../arbitrary/loop-program.js";
import { adding, withWords } from "../../language/subleq.js";
import { breadth, isLong } from "../../../../../test/long.js";

const sopOf = (source: string, example = "ab"): SOp => load(source, { example }).sop("x");

describe("the lessons", () => {
  it.each([
    ["11-parity", "parity", "01", 4, 8],
    ["11-parity", "parity_fast", "01", 4, 8],
    ["12-addition", "sum", "08+", 3, 6],
    ["13-counter", "counted", "01", 3, 6],
    ["14-reachability", "reachable", "abc", 3, 6],
    ["15-cancelling", "unmatched", "()[]", 3, 6],
    ["16-neighbours", "sorted", "abc", 3, 6],
    ["17-automata", "finite", "0a|", 4, 6],
    ["18-pushdown", "pushdown", "0-|", 3, 6],
  ] as const)("%s, %s", (file, name, vocabulary, short, long) => {
    const sop = lessonSOp({ file, name });
    const maxLength = breadth({ short, long });
    const model = compileLooped(sop, { vocabulary, maxLength });
    expect(model.certificate.proved).toBe(true);
    const report = verifyLooped(sop, model, { exhaustive: true });
    expect(report.counterexample).toBeUndefined();
    expect(report.inputs - report.withoutValue).toBeGreaterThan(2);
    expect(report.steps).toBeGreaterThan(2);
  });

  // Ten seconds.
  it.runIf(isLong)("19-subleq, subleq_small: a computer", () => {
    const sop = lessonSOp({ file: "19-subleq", name: "subleq_small" });
    const vocabulary = Array.from({ length: 32 }, (_, i) => i - 16);
    const model = compileLooped(sop, { vocabulary, maxLength: 12 });
    expect(model.certificate.proved).toBe(true);
    for (const [x, y] of [
      [3, 4],
      [-5, 2],
      [9, 6],
    ] as const) {
      const memory = withWords(adding, { x, y }, 12);
      const [loop] = loopSteps(sop, memory);
      expect(model.steps(memory).states).toEqual(loop!.moments.slice(1).map(({ states }) => states));
      expect(model.run(memory)[adding.labels["y"]!]).toBe(x + y);
    }
  });

  it("need no more parameters for more steps", () => {
    const sop = lessonSOp({ file: "11-parity", name: "parity" });
    const longest = breadth({ short: 24, long: 64 });
    const [short, long] = [12, longest].map((maxLength) => {
      const model = compileLooped(sop, { vocabulary: "01", maxLength });
      expect(verifyLooped(sop, model, { runs: breadth({ short: 5, long: 40 }), seed: 3 }).ok).toBe(true);
      return model.model.config;
    });
    // What positions cost is a coordinate each, and the width of the head that compares them.
    const shape = ({ blocks }: LoopedModel["model"]["config"]) => blocks.map(({ heads, dFf }) => [heads, dFf]);
    expect(shape(long!)).toEqual(shape(short!));
    expect(long!.dModel - short!.dModel).toBeLessThanOrEqual(longest - 12);
  });
});

describe("of several loops", () => {
  const made = (source: string, maxLength = 4): { readonly sop: SOp; readonly model: LoopedModel } => {
    const sop = sopOf(source);
    const model = compileLooped(sop, { vocabulary: "ab", maxLength });
    expect(model.certificate.proved).toBe(true);
    expect(verifyLooped(sop, model, { exhaustive: true })).toMatchObject({ ok: true, withoutValue: 0 });
    return { sop, model };
  };
  const inner = 'repeat (m = 0, y = x) until (m == 3) at most 3 { y = (y + indicator(tokens == "a")) % 5; m = m + 1; }';

  it("those inside it are written out", () => {
    const { model } = made(`repeat (x = 0, n = 0) until (n == length) at most 1000 { ${inner} x = y; n = n + 1; }`);
    expect(model.steps("aba")).toMatchObject({ steps: 3, names: ["x", "n"], values: [4n, 0n, 4n] });
    // As many steps as the inputs need, whatever the limit is.
    const own = "repeat (m = 0, y = x) until (m == indices) at most 1000 { y = (y + 1) % 3; m = m + 1; }";
    made(`repeat (x = 0, n = 0) until (n == 2) at most 2000 { ${own} x = y; n = n + 1; }`);
    made(
      `repeat (x = 0, n = 0) until (n > indices) at most 9 { repeat (k = 0) until (k == 2) at most 2 { ${inner} k = k + 1; x = y; } n = n + 1; }`,
    );
  });

  it("the one that may take the most steps stays", () => {
    const first = "repeat (x = 0) until (x == indices) at most 9 { x = x + 1; }";
    const { model } = made(
      `${first} repeat (x = x, n = 0) until (n == length) at most 1000 { x = (x + 2) % 4; n = n + 1; }`,
    );
    expect(model.steps("ab")).toMatchObject({ steps: 2, names: ["x", "n"] });
    const reversed = made(`repeat (z = 0) until (z == length) at most 50 { z = z + 1; } ${first} x = x + z;`);
    expect(reversed.model.steps("ab")).toMatchObject({ steps: 2, names: ["z"], values: [2n, 3n] });
  });

  it("others are refused where they may take too many steps", () => {
    const wait = (x: string, limit: number): string =>
      `repeat (${x} = tokens, n = 0) until (aggregate(full_s, indicator(${x} == "a")) * length == n) at most ${limit} { ${x} = shift(${x}, 1, "b"); n = n + 1; }`;
    const compiled = (source: string) => () => compileLooped(sopOf(source), { vocabulary: "ab", maxLength: 14 });
    expect(compiled(`${wait("x", 1000)} ${wait("y", 900)} x = x if n > 2 else y;`)).toThrow(
      "it may take 900 steps, every step becomes layers of its own, and at most 64 are written out",
    );
    const nested =
      "repeat (m = x, i = 0) until (i == 9) at most 9 { repeat (k = m, j = 0) until (j == 9) at most 9 { k = 1 - k; j = j + 1; } m = k; i = i + 1; }";
    expect(compiled(`repeat (x = 0, n = 0) until (n == 2) at most 10 { ${nested} x = m; n = n + 1; }`)).toThrow(
      "each of 9 steps around it has up to 9 of its own",
    );
  });
});

describe.each([
  ["letters", { ...LETTERS, vocabulary: ["a", "b"] }],
  ["numbers", NUMBERS],
  ["bools", BOOLS],
] as const)("random loops over %s", (_, alphabet) => {
  it("have the interpreter's states after every step", () => {
    let compared = 0;
    const programs = loopProgramOver(alphabet, { limit: 4, nested: true });
    const cases = fc.record({ source: programs, decoder: fc.boolean() });
    fc.assert(
      fc.property(cases, ({ source, decoder }) => {
        let sop: SOp, model: LoopedModel;
        try {
          sop = load(source, { example: alphabet.vocabulary }).sop("result");
          model = compileLooped(sop, { vocabulary: alphabet.vocabulary, maxLength: 3, causal: decoder });
        } catch (error) {
          if (error instanceof RaspError) return;
          throw error;
        }
        expect(model.certificate.proved).toBe(true);
        const { counterexample, inputs, withoutValue } = verifyLooped(sop, model, { exhaustive: true });
        expect(counterexample).toBeUndefined();
        compared += inputs - withoutValue;
      }),
      { numRuns: breadth({ short: 6, long: 30 }) },
    );
    expect(compared).toBeGreaterThan(10);
  });
});

describe("a looped model", () => {
  const counting = "repeat (x = 0) until (x == indices) at most 3 { x = x + 1; }";

  it("says where its loop does not end, and what it does not take", () => {
    const model = compileLooped(sopOf(counting), { vocabulary: "ab", maxLength: 5 });
    expect(model.run("abab")).toEqual([0, 1, 2, 3]);
    expect(model.steps("abb")).toMatchObject({ steps: 2, names: ["x"] });
    expect(() => model.run("ababa")).toThrow('on "ababa" this loop has not ended after 3 steps, its limit');
    expect(() => model.run("ac")).toThrow('token "c" at position 1 is not in the model\'s vocabulary "a", "b"');
    expect(() => model.run("ababab")).toThrow("the input has 6 tokens, and the model takes at most 5");
  });

  it("does not drift in thousands of steps", () => {
    const rounds = breadth({ short: 10, long: 200 });
    const sop = sopOf(
      `repeat (x = tokens, n = 0, m = 0) until (m == ${rounds}) at most 10000 {
        x = aggregate(select(indices, (indices + 1) % length, ==), x);
        m = m if n < 49 else m + 1;
        n = (n + 1) % 50;
      }`,
    );
    const model = compileLooped(sop, { vocabulary: "ab", maxLength: 3 });
    expect(model.certificate.proved).toBe(true);
    const { states, steps } = model.steps("abb");
    expect(steps).toBe(50 * rounds);
    expect(states).toEqual(
      loopSteps(sop, "abb")[0]!
        .moments.slice(1)
        .map((moment) => moment.states),
    );
  });

  it("has what is kept from before the loop beside states of the same tokens", () => {
    const source = `repeat (x = tokens_bool, n = 0, y = 0) until (n == 3) at most 4 {
      y = (selector_width(not select(0, indices, ==)) + n) % 4;
      n = n + 1;
    }`;
    const vocabulary = [0, 1, 2.5];
    const sop = load(source, { example: vocabulary }).sop("x");
    const model = compileLooped(sop, { vocabulary, maxLength: 2 });
    expect(verifyLooped(sop, model, { exhaustive: true }).counterexample).toBeUndefined();
  });

  it("is planned with more care where a state would be off by more than its update bears", () => {
    const selected = 'select(b, (n if b else max(count(tokens, "0"), n)) == n, ==)';
    const source = `repeat (n = 0, x = indices % 4, b = tokens == "0") until all (b or n == 4) at most 4 {
      x = round(aggregate(${selected}, n, 0) * selector_width(${selected})) % 4;
      n = n + 1;
    }`;
    const vocabulary = [0, 1, 2.5];
    const sop = load(source, { example: vocabulary }).sop("x");
    const model = compileLooped(sop, { vocabulary, maxLength: 3 });
    expect(model.certificate.proved).toBe(true);
    expect(verifyLooped(sop, model, { exhaustive: true }).ok).toBe(true);
  });

  it("is refused without a loop, and with a state of too many values", () => {
    const refusal = (source: string): string => {
      try {
        compileLooped(sopOf(source), { vocabulary: "ab", maxLength: 3 });
      } catch (error) {
        if (error instanceof RaspError) return error.message;
        throw error;
      }
      return "compiles";
    };
    expect(refusal("x = indices + 1;")).toMatch(/it has no loop/);
    const growing =
      'repeat (x = 0, t = tokens, n = 0) until (n == 20) at most 20 { x = 2 * x + indicator(t == "a"); t = shift(t, 1, "b"); n = n + 1; }';
    expect(refusal(growing)).toMatch(/this state can have \d+ values after \d+ steps; a loop of layers holds 1024/);
  });

  it("of a decoder sees no later position", () => {
    const sop = sopOf("repeat (x = 0) until all (x > indices) at most 9 { x = x + 1; }");
    const model = compileLooped(sop, { vocabulary: "ab", maxLength: 4, causal: true });
    expect(model.run("abab")).toEqual([1, 2, 3, 4]);
    expect(model.steps("abab").states).toEqual(
      loopSteps(causal(sop), "abab")[0]!
        .moments.slice(1)
        .map(({ states }) => states),
    );
  });
});
