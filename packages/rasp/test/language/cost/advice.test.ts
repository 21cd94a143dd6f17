import { describe, expect, it } from "vitest";
import { cost, costAdvice, load, textOf } from "../../../src/index.js";

const counted = (text: string) => cost(load(text).sop("a"));
const advice = (text: string) => costAdvice(counted(text));

describe("cost", () => {
  it("gives a chain of aggregates that forces the layers", () => {
    const { chain, layers } = counted(
      "n = length; first = aggregate(select(indices, 0, ==), n); a = aggregate(select(indices, first - 1, ==), tokens);",
    );
    expect(layers).toBe(3);
    expect(chain.map(({ layer, aggregate, span }) => [layer, aggregate.name, textOf(span!)])).toEqual([
      [1, undefined, "aggregate(full_s, indicator(indices == 0))"],
      [2, "first", "aggregate(select(indices, 0, ==), n)"],
      [3, "a", "aggregate(select(indices, first - 1, ==), tokens)"],
    ]);
    expect(counted("a = indices + 1;").chain).toEqual([]);
  });
});

describe("costAdvice", () => {
  it("merges selectors that are written alike, and keeps the original's count", () => {
    const text =
      "a = aggregate(select(tokens, tokens, ==), indices) + aggregate(select(tokens, tokens, ==), indicator(indices > 1));";
    expect(counted(text).headsPerLayer).toEqual([2]);
    const { headsPerLayer, heads, advice: said } = advice(text);
    expect(headsPerLayer).toEqual([1]);
    expect(heads.map((merged) => merged.heads.length)).toEqual([2]);
    expect(said).toMatchObject([
      {
        kind: "reuse",
        layer: 1,
        saves: 1,
        message: "2 selectors are written alike; name one and use it for all: one head instead of 2",
      },
    ]);
    expect(textOf(said[0]!.span!)).toBe("select(tokens, tokens, ==)");
  });

  it("merges only within a layer", () => {
    const text = "b = aggregate(select(indices, 0, ==), tokens); a = aggregate(select(indices, 0, ==), b);";
    expect(advice(text)).toMatchObject({ headsPerLayer: [1, 1], advice: [] });
  });

  it("does not merge selectors that differ in a constant, a comparison or a side", () => {
    const text = `a = aggregate(select(indices, 0, ==), indices) + aggregate(select(indices, 1, ==), indices)
      + aggregate(select(indices, 1, <), indices) + aggregate(select(1, indices, ==), indices)
      + aggregate(select(indices, 1.0, ==), indices) + aggregate(not select(indices, 1, ==), indices);`;
    expect(advice(text).headsPerLayer).toEqual([6]);
  });

  it("merges the library's full_s with the selector of `in`", () => {
    const text = 'a = ("a" in tokens) and contains(tokens, "b");';
    expect(counted(text).headsPerLayer).toEqual([2]);
    expect(advice(text).headsPerLayer).toEqual([1]);
  });

  it("proposes BOS where two heads count", () => {
    const said = advice("same = select(tokens, tokens, ==); a = selector_width(same);").advice;
    expect(said).toMatchObject([{ kind: "bos", layer: 1, saves: 1 }]);
    expect(textOf(said[0]!.span!)).toBe("selector_width(same)");
    const withBos =
      "a = round(1 / aggregate(select(tokens, tokens, ==) or select(indices, 0, ==), indicator(indices == 0))) - 1;";
    expect(advice(withBos).advice).toEqual([]);
  });
});
