import { describe, expect, it } from "vitest";
import { cost, evaluate, load, RaspError, textOf, trace } from "../../src/index.js";

const reverse = "flip = select(indices, length - 1 - indices, ==);\nreverse = aggregate(flip, tokens);\nk = 3;\n";

describe("load", () => {
  it("gives s-ops, selectors and values by name", () => {
    const environment = load(reverse);
    expect(environment.get("reverse").kind).toBe("s-op");
    expect(environment.get("flip").kind).toBe("selector");
    expect(environment.get("k")).toEqual({ kind: "atom", atom: 3n });
    expect(environment.names).toEqual(["flip", "reverse", "k"]);
    expect(() => environment.sop("flip")).toThrow('"flip" is not an s-op but the selector "flip"');
    expect(() => environment.get("flop")).toThrow(RaspError);
  });

  it("runs further text after the program", () => {
    const environment = load(reverse, { example: [1, 2] });
    environment.run("twice = reverse + reverse;");
    const value = environment.evaluateExpression("twice == reverse");
    expect(value.kind === "s-op" && evaluate(value.node, "ab")).toEqual([false, false]);
    expect(environment.example).toEqual([1n, 2n]);
  });

  it("names a node once and gives it the place where it was made", () => {
    const environment = load(reverse);
    environment.run("alias = reverse;");
    const node = environment.sop("alias");
    expect(node.name).toBe("reverse");
    expect(node.span && textOf(node.span)).toBe("aggregate(flip, tokens)");
  });

  it("places nodes of the library at the user's call", () => {
    const node = load('n = count(tokens, "a");', { file: "p" }).sop("n");
    expect(node.span && textOf(node.span)).toBe('count(tokens, "a")');
  });
});

describe("evaluate", () => {
  it("takes strings by character and whole numbers as ints", () => {
    const environment = load(reverse);
    expect(evaluate(environment.sop("reverse"), "日😀b")).toEqual(["b", "😀", "日"]);
    expect(evaluate(environment.selector("flip"), [5, 6])).toEqual([
      [false, true],
      [true, false],
    ]);
    const powers = load("p = tokens_int ^ 5;", { example: [1] });
    expect(evaluate(powers.sop("p"), [2, 10 ** 4])).toEqual([32, 100000000000000000000n]);
    expect(() => evaluate(environment.sop("reverse"), "")).toThrow(RaspError);
  });

  it.each([
    ["y = tokens_int + 1;", "tokens_int + 1"],
    [
      "repeat (m = tokens_int) until (m > 3) at most 9 { m = m + 1; } y = m;",
      "repeat (m = tokens_int) until (m > 3) at most 9",
    ],
  ])("places an error of a built-in name at the first that uses it: %s", (text, place) => {
    const sop = load(text, { example: [1] }).sop("y");
    try {
      evaluate(sop, "ab");
      expect.unreachable();
    } catch (error) {
      const { code, span } = (error as RaspError).diagnostic;
      expect([code, span && textOf(span)]).toEqual(["RASP3101", place]);
    }
  });

  it("places an error at the node that fails", () => {
    const { sop } = { sop: load("x = 1 / (indices + 1 - length);\n".replace("length", "99")).sop("x") };
    expect(evaluate(sop, "ab")).toEqual([1 / -98, 1 / -97]);
    const failing = load("y = 1 / (5 - indices);\nz = y + 1;").sop("z");
    try {
      evaluate(failing, "abcdef");
      expect.unreachable();
    } catch (error) {
      const { diagnostic } = error as RaspError;
      expect(diagnostic.class).toBe("zero-division");
      expect(diagnostic.span && textOf(diagnostic.span)).toBe("1 / (5 - indices)");
    }
  });
});

describe("trace", () => {
  it("lists every intermediate value, operands first", () => {
    const steps = trace(load(reverse).sop("reverse"), "ab");
    expect(steps.at(-1)).toMatchObject({ name: "reverse", value: ["b", "a"] });
    expect(steps.map(({ name }) => name).filter(Boolean)).toEqual([
      "tokens_str",
      "indices",
      "full_s",
      "length",
      "flip",
      "reverse",
    ]);
    const seen = new Set(steps.map(({ node }) => node.id));
    expect(seen.size).toBe(steps.length);
  });
});

describe("cost", () => {
  it("says which selector forces each head", () => {
    const { layers, headsPerLayer, reasons } = cost(load(reverse).sop("reverse"));
    expect({ layers, headsPerLayer }).toEqual({ layers: 2, headsPerLayer: [1, 1] });
    expect(reasons.map(({ layer, head, aggregates }) => [layer, head.name, aggregates.length])).toEqual([
      [1, "full_s", 1],
      [2, "flip", 1],
    ]);
  });

  it("counts selector objects, not texts", () => {
    const twice = (selector: string): readonly number[] =>
      cost(
        load(`s = select(indices, 1, <=);\nx = aggregate(${selector}, indices) + aggregate(s, indices * 2);`).sop("x"),
      ).headsPerLayer;
    expect(twice("s")).toEqual([1]);
    expect(twice("select(indices, 1, <=)")).toEqual([2]);
    const width = load("s = select(indices, 1, <=);\nx = selector_width(s) + aggregate(s, indices);").sop("x");
    expect(cost(width).headsPerLayer).toEqual([3]);
  });
});
