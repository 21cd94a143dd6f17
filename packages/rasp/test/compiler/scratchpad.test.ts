/** Programs with a loop as decoders with a scratchpad: each token that they write is what the interpreter says. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  compileScratchpad,
  CompiledModel,
  load,
  RaspError,
  ScratchpadModel,
  verifyScratchpad,
  type SOp,
} from "../../src/index.js";
import { lessonSOp } from "./lessons.js";
import { breadth, isLong } from "../../../../test/long.js";

const sopOf = (source: string, example = "ab"): SOp => load(source, { example }).sop("x");

describe("the lessons", () => {
  it.each([
    ["11-parity", "parity", "01", 4, 6],
    ["11-parity", "parity_fast", "01", 2, 6],
    ["12-addition", "sum", "08+", 2, 4],
    ["13-counter", "counted", "01", 2, 5],
    ["14-reachability", "reachable", "abc", 2, 5],
    ["15-cancelling", "unmatched", "()[]", 2, 4],
    ["16-neighbours", "sorted", "abc", 2, 5],
    ["17-automata", "finite", "0a|", 2, 5],
    ["18-pushdown", "pushdown", "0-|", 2, 4],
  ] as const)("%s, %s", (file, name, vocabulary, short, long) => {
    const sop = lessonSOp({ file, name });
    const model = compileScratchpad(sop, { vocabulary, maxLength: breadth({ short, long }) });
    expect(model.certificate.proved).toBe(true);
    const report = verifyScratchpad(sop, model, { exhaustive: true });
    expect(report.counterexample).toBeUndefined();
    expect(report.inputs - report.withoutValue).toBeGreaterThan(2);
    expect(report.tokens).toBeGreaterThan(10);
  });
});

// Five seconds.
it.runIf(isLong)("lesson 19, a computer of six words", () => {
  const source = readFileSync(new URL("../../../../examples/19-subleq.rasp", import.meta.url), "utf8");
  const sop = load(`${source.replaceAll("at most 5000", "at most 30")} small = computer(3);`).sop("small");
  const model = compileScratchpad(sop, { vocabulary: [-3, -2, -1, 0, 1, 2], maxLength: 6 });
  expect(model.certificate.proved).toBe(true);
  const report = verifyScratchpad(sop, model, { runs: 40, seed: 1 });
  expect(report.counterexample).toBeUndefined();
  expect(report.steps).toBeGreaterThan(20);
});

describe("a scratchpad", () => {
  const counting = "repeat (x = 0) until (x == indices) at most 3 { x = x + 1; }";
  const model = compileScratchpad(sopOf(counting), { vocabulary: "ab", maxLength: 4 });

  it("is text that a person can read", () => {
    const { tokens, lines, steps, values } = model.write("ab");
    expect(tokens.join(" ")).toBe("x@0[0]=0 x@0[1]=0 x[0]=0 x[1]=1 answer[0]=0 answer[1]=1");
    expect(lines).toEqual([
      { name: "x@0", step: 0, values: [0n, 0n] },
      { name: "x", step: 1, values: [0n, 1n] },
      { name: "answer", step: 1, values: [0n, 1n] },
    ]);
    expect([steps, values]).toEqual([1, [0n, 1n]]);
    expect(model.run("baba")).toEqual([0, 1, 2, 3]);
  });

  it("is written with the cache as it is in one pass", () => {
    const sop = lessonSOp({ file: "14-reachability", name: "reachable" });
    const reaching = compileScratchpad(sop, { vocabulary: "abc", maxLength: 3 });
    for (const input of ["ab", "abb", "cab"]) {
      const { tokens } = reaching.write(input);
      const said = reaching.model.values([[...input, "=>", ...(tokens as string[])]])[0]!;
      expect(said.slice(input.length)).toEqual([...tokens, "end"]);
    }
  });

  it("is asked for in a file, which holds what its tokens stand for", () => {
    const bytes = model.toSafetensors();
    const read = ScratchpadModel.fromSafetensors(bytes);
    expect(read.lines).toEqual(model.lines);
    expect([read.inputs, read.maxLength, read.maxSteps]).toEqual([["a", "b"], 4, 3]);
    expect(read.write("bab")).toEqual(model.write("bab"));
    expect(verifyScratchpad(sopOf(counting), read, { runs: 5, seed: 1 }).ok).toBe(true);
    expect(CompiledModel.fromSafetensors(bytes).card.scratchpad).toEqual(model.model.card.scratchpad);
  });

  it("is not of other inputs", () => {
    expect(() => model.run("ac")).toThrow('token "c" at position 1 is none of the input\'s: "a", "b"');
    expect(() => model.run("ababa")).toThrow("the input has 5 tokens, and the model takes at most 4");
    expect(() => model.run("")).toThrow("the input is empty");
    expect(() => model.run(["a", "=>"])).toThrow('token "=>" at position 1');
    const some = compileScratchpad(
      sopOf('repeat (x = 0) until (x > 3 or tokens == "b") at most 2 { x = x + 1; }', "bb"),
      {
        vocabulary: "ab",
        maxLength: 3,
      },
    );
    expect(some.run("bb")).toEqual([0, 0]);
    expect(() => some.run("ba")).toThrow('on "ba" this loop has not ended after');
  });

  it("has tokens that no input has", () => {
    const vocabulary = ["=>", "end", "x[0]=1"];
    const sop = load(`${counting} y = x if tokens == "end" else 0;`, { example: vocabulary }).sop("y");
    const own = compileScratchpad(sop, { vocabulary, maxLength: 2 });
    expect(own.run(["=>", "end"])).toEqual([0, 1]);
    expect(verifyScratchpad(sop, own, { exhaustive: true })).toMatchObject({ ok: true, inputs: 12 });
  });

  it("is compared token by token", () => {
    const wrong = verifyScratchpad(sopOf(counting.replace("x + 1", "x + 2 - indicator(indices < 2)")), model, {
      exhaustive: true,
    });
    expect(wrong.counterexample).toMatchObject({ name: "x", step: 1, position: 2, expected: 2n, got: "x[2]=1" });
  });

  const written = (source: string, maxLength = 3): ScratchpadModel => {
    const sop = sopOf(source);
    const made = compileScratchpad(sop, { vocabulary: "ab", maxLength });
    expect(made.certificate.proved).toBe(true);
    const report = verifyScratchpad(sop, made, { exhaustive: true });
    expect(report.counterexample).toBeUndefined();
    expect(report.inputs - report.withoutValue).toBeGreaterThan(2);
    return made;
  };

  it("has one of several loops; the others are written out", () => {
    const again = "repeat (x = x, n = 0) until (n == length) at most 1000 { x = (x + 2) % 4; n = n + 1; }";
    expect(written(`${counting} ${again}`).write("bab")).toMatchObject({ steps: 3, values: [2n, 3n, 0n] });
    const inner =
      'repeat (m = 0, y = x) until (m == indices) at most 9 { y = (y + indicator(tokens == "a")) % 3; m = m + 1; }';
    const outer = `repeat (x = 0, n = 0) until (n == length) at most 9 { ${inner} x = y; n = n + 1; }`;
    expect(written(outer).write("aba").steps).toBe(3);
    // On "b" the loop inside does not end.
    const some = `repeat (x = 0, n = 0) until (n == 2) at most 9 {
      repeat (m = 0) until (tokens[0] == "a" or m == 3) at most 2 { m = m + 1; }
      x = x + m;
      n = n + 1;
    }`;
    const sop = sopOf(some);
    const report = verifyScratchpad(sop, compileScratchpad(sop, { vocabulary: "ab", maxLength: 2 }), {
      exhaustive: true,
    });
    expect(report).toMatchObject({ ok: true, inputs: 6, withoutValue: 3 });
  });

  it("has what a line needs before it", () => {
    // The score that the inner selector asks for is made of the value that the outer one carries.
    written(`repeat (n = 0, x = indices % 4, b = tokens == "a") until (b or n == 4) at most 4 {
      x = selector_width(select(n, n, ==)) % 4;
      b = n == aggregate(best(best(full_s, n if b else max(n, x % 2)), n), x, 0);
      n = n + 1;
    } x = b;`);
  });

  it("is refused where it would be too long, and for programs without a loop", () => {
    const refusal = (source: string, maxLength = 4): string => {
      try {
        compileScratchpad(sopOf(source), { vocabulary: "abcdefgh", maxLength });
      } catch (error) {
        if (error instanceof RaspError) return error.message;
        throw error;
      }
      return "compiles";
    };
    const long = "repeat (x = 0, m = 0) until (m == 400) at most 500 { x = 1 - x; m = m + 1; }";
    expect(refusal(long, 6)).toBe(
      'cannot compile "x": its scratchpad can have 6025 tokens, and the limit is 4096: 6 of the input, 1 that ends it, and 6 for each of 3 lines that are written once and of 2 in each of up to 500 steps, 6 + 1 + 6 · (3 + 500 · 2)',
    );
    expect(refusal("x = indices + 1;")).toMatch(/it has no loop/);
  });
});
