/** Scores, softmax attention and vectors: values computed by hand, and properties. */
import { tensor } from "@selectron/core";
import {
  decodeTables,
  encodeTables,
  Evaluation,
  evaluate,
  inputAtoms,
  load,
  TablesError,
  compile,
  RaspError,
} from "@selectron/rasp";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** The vectors of all positions, each as an object of its components. */
function vectors(program: string, input: string, offset = 0): Record<string, number>[] {
  const { basis, data } = new Evaluation(inputAtoms(input), offset).vector(load(program).vector("v"));
  return [...input].map((_, i) =>
    Object.fromEntries(basis.atoms.map((atom, c) => [String(atom), data[i * basis.size + c]!])),
  );
}

const E = Math.E;

describe("attend", () => {
  it("averages one-hot vectors of the positions so far", () => {
    expect(vectors("v = attend(full_s, tokens);", "aab")).toEqual([
      { a: 1, b: 0 },
      { a: 1, b: 0 },
      { a: 2 / 3, b: 1 / 3 },
    ]);
    expect(vectors("v = attend(0, tokens);", "aab")).toEqual(vectors("v = attend(full_s, tokens);", "aab"));
  });

  it("takes equal shares of the selected positions, or of all where none is selected", () => {
    expect(vectors("v = attend(select(indices, indices - 1, ==), tokens);", "abc")).toEqual([
      { a: 1, b: 0, c: 0 },
      { a: 1, b: 0, c: 0 },
      { a: 0, b: 1, c: 0 },
    ]);
    expect(vectors('v = attend(select(tokens, "x", ==), tokens);', "ab")[1]).toEqual({ a: 0.5, b: 0.5 });
  });

  it("weights keys by the softmax of scores", () => {
    const second = (score: string): Record<string, number> => vectors(`v = attend(${score}, tokens);`, "ab")[1]!;
    const share = { a: 1 / (1 + E ** 2), b: E ** 2 / (1 + E ** 2) };
    for (const score of [
      "2 * selected(select(tokens, tokens, ==))",
      "2 * indices",
      'key_score(tokens, {"b": 2})',
      'score(tokens, tokens, {"b": {"b": 2}})',
      'key_score(tokens, {"b": 3}) - select(indices, 1, ==)',
      "2 * dot(tokens, tokens)",
    ]) {
      expect(second(score)["a"]).toBeCloseTo(share.a, 12);
      expect(second(score)["b"]).toBeCloseTo(share.b, 12);
    }
  });

  it("is the limit of sharp scores for a hard selector", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[abc]{1,8}$/), (input) => {
        const selector = "select(tokens, tokens, ==) and select(indices, indices, <)";
        const [hard, sharp] = [selector, `60 * selected(${selector})`].map((s) =>
          vectors(`v = attend(${s}, tokens);`, input),
        );
        hard!.forEach((vector, i) =>
          Object.entries(vector).forEach(([key, value]) => expect(sharp![i]![key]).toBeCloseTo(value, 10)),
        );
      }),
    );
  });
});

describe("vectors", () => {
  it("are projected, added and scaled", () => {
    const program =
      'v = project(tokens, {"a": {"x": 1, "y": 2}, "b": {"y": 5}}) * 2 + {"x": 10} - project(tokens, {"b": {"z": 1}});';
    expect(vectors(program, "ab")).toEqual([
      { x: 12, y: 4, z: 0 },
      { x: 10, y: 10, z: -1 },
    ]);
  });

  it("become s-ops by a component or by the largest one", () => {
    const environment = load('v = attend(full_s, tokens); a = v["a"] > 0.6; most = argmax(v);');
    expect(evaluate(environment.sop("a"), "aba")).toEqual([true, false, true]);
    expect(evaluate(environment.sop("most"), "bab")).toEqual(["b", "b", "b"]);
  });

  it("are sharpened, combined and normalised", () => {
    expect(vectors("v = sharpen(attend(full_s, tokens), 2);", "aab")[2]).toEqual({
      a: expect.closeTo(0.8, 12) as number,
      b: expect.closeTo(0.2, 12) as number,
    });
    expect(vectors("v = combine(tokens, indices % 2);", "ab")[1]).toEqual({ "a,0": 0, "a,1": 0, "b,0": 0, "b,1": 1 });
    const [normal] = vectors('v = layer_norm(project(tokens, {"a": {"x": 1, "y": 3}}));', "a");
    expect(normal!["x"]).toBeCloseTo(-1, 4);
    expect(normal!["y"]).toBeCloseTo(1, 4);
  });

  it("read positions in a longer text", () => {
    expect(vectors("v = attend(select(indices, 0, ==), positions);", "abc", 7)[2]).toMatchObject({ "7": 1 });
    expect(evaluate(load("").sop("positions"), "abc")).toEqual([0, 1, 2]);
  });
});

describe("attached tables", () => {
  const file = {
    bases: { letters: ["a", "b"], units: 2 },
    tables: { t: ["letters", "units"], w: ["letters"] },
    opaque: [],
  };
  const tensors = new Map([
    ["t", Float32Array.of(1, 2, 3, 4)],
    ["w", Float32Array.of(0.5, -0.5)],
  ]);

  it("are found by name", () => {
    const tables = decodeTables(encodeTables(file, tensors));
    const environment = load('v = project(tokens, table("t")); w = attend(key_score(tokens, table("w")), tokens);', {
      tables,
    });
    const { basis, data } = new Evaluation(inputAtoms("ba")).vector(environment.vector("v"));
    expect(basis.atoms).toEqual([0n, 1n]);
    expect([...data]).toEqual([3, 4, 1, 2]);
    expect(new Evaluation(inputAtoms("ba")).vector(environment.vector("w")).data[3]).toBeCloseTo(E / (1 + E), 12);
  });

  it("hold opaque feed-forward sublayers", () => {
    const opaque = {
      bases: { units: 2, hidden: 1 },
      tables: {
        "m.input": ["units", "hidden"],
        "m.input_bias": ["hidden"],
        "m.output": ["hidden", "units"],
        "m.output_bias": ["units"],
      },
      opaque: ["m"],
    };
    const weights = new Map([
      ["m.input", Float32Array.of(10, 0)],
      ["m.input_bias", Float32Array.of(1)],
      ["m.output", Float32Array.of(2, -2)],
      ["m.output_bias", Float32Array.of(0, 1)],
    ]);
    const tables = decodeTables(encodeTables(opaque, weights));
    const environment = load('v = opaque({0: 3, 1: 1}, "m");', { tables });
    const found = new Evaluation(inputAtoms("a")).vector(environment.vector("v")).data;
    // layerNorm(3, 1) is about (1, −1); gelu(10 + 1) is 11.
    expect(found[0]).toBeCloseTo(22, 3);
    expect(found[1]).toBeCloseTo(-21, 3);
  });

  it("report damaged files", () => {
    expect(() => load('v = project(tokens, table("t"));')).toThrow('no weights "t" are attached');
    expect(() => decodeTables(encodeTables({ ...file, tables: { t: ["units", "units"] } }, tensors))).not.toThrow();
    expect(() => decodeTables(encodeTables({ ...file, opaque: ["m"] } as never, tensors))).toThrow(TablesError);
    expect(tensor([1]).size).toBe(1);
  });
});

describe("mistakes", () => {
  it.each([
    ["v = attend(tokens + full_s, tokens);", "selector"],
    ["v = attend([1], tokens);", "a score, a selector, an s-op of numbers or a number is needed here"],
    ["v = attend(full_s, full_s);", "a vector, an s-op or a dict of numbers is needed here"],
    ["v = project(tokens, {1: 2});", "a dict of dicts of numbers"],
    ["v = attend(full_s, tokens) / 2;", '"/" does not work between'],
    ["v = attend(full_s, tokens)[tokens];", "a vector is indexed by an atom"],
  ])("%s", (program, message) => {
    expect(() => load(program)).toThrow(message);
  });

  it("do not compile", () => {
    const sop = load("p = argmax(attend(full_s, tokens));").sop("p");
    expect(() => compile(sop, { vocabulary: ["a", "b"], maxLength: 3 })).toThrow("vectors and scores do not compile");
  });

  it("let programs set the names of the functions", () => {
    expect(evaluate(load("score = 2; table = [1]; x = indices + score + table[0];").sop("x"), "ab")).toEqual([3, 4]);
    expect(() => load("indices = 3;")).toThrow(RaspError);
  });
});
