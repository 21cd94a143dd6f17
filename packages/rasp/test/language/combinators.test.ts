import { describe, expect, expectTypeOf, it } from "vitest";
import { sameGraph } from "../../src/language/graph/equal.js";
import {
  add,
  aggregate,
  and,
  best,
  compile,
  constant,
  cost,
  div,
  eq,
  evaluate,
  float,
  ge,
  gt,
  ifElse,
  indicator,
  indices,
  le,
  length,
  load,
  lt,
  map,
  mod,
  mul,
  ne,
  neg,
  not,
  oneOf,
  or,
  pow,
  printRasp,
  RaspError,
  round,
  select,
  selectorWidth,
  sub,
  tokens,
  tokensBool,
  tokensFloat,
  tokensInt,
  verify,
  type Selector,
  type SOp,
} from "../../src/index.js";

const reverse = aggregate(select(indices, sub(sub(length, 1), indices), eq), tokens);
const histogram = selectorWidth(select(tokens, tokens, eq));

describe("combinators", () => {
  it("compute the same as text", () => {
    expect(evaluate(reverse, "hello")).toEqual([..."olleh"]);
    expect(evaluate(histogram, "hello")).toEqual([1, 1, 2, 2, 1]);
  });

  it.each<[string, SOp, string]>([
    ["reverse", reverse, "aggregate(select(indices, length - 1 - indices, ==), tokens)"],
    ["add", add(indices, 1), "indices + 1"],
    ["add of strings", add(tokens, "!"), 'tokens + "!"'],
    ["sub, mul", mul(sub(indices, 1), indices), "(indices - 1) * indices"],
    ["div, mod, pow", pow(mod(indices, 3), div(indices, 2)), "(indices % 3) ^ (indices / 2)"],
    ["neg, round, float", round(neg(add(indices, float(2)))), "round(-(indices + 2.0))"],
    [
      "comparisons",
      and(lt(indices, 2), or(ge(indices, 1), not(gt(indices, 3)))),
      "indices < 2 and (indices >= 1 or not (indices > 3))",
    ],
    ["indicator", indicator(le(tokens, "b")), 'indicator(tokens <= "b")'],
    ["ne", ne(tokens, "a"), 'not (tokens == "a")'],
    ["ifElse", ifElse(eq(tokens, "a"), 1, indices), '1 if tokens == "a" else indices'],
    ["oneOf", oneOf(tokens, ["a", "b"]), 'tokens in ["a", "b"]'],
    [
      "selectors",
      aggregate(and(select(tokens, "a", ne), not(select(indices, indices, ge))), tokens, "-"),
      'aggregate(select(tokens, "a", !=) and not select(indices, indices, >=), tokens, "-")',
    ],
    [
      "best",
      aggregate(best(select(indices, indices, lt), indices), tokens, "-"),
      'aggregate(best(select(indices, indices, <), indices), tokens, "-")',
    ],
    ["conversions", add(tokensInt, tokensFloat), "tokens_int + tokens_float"],
    ["constants folded", add(indices, add(constant(1), 2)), "indices + 3"],
  ])("%s makes the same graph as text", (_, sop, text) => {
    expect(sameGraph(sop, load(`answer = ${text};`, { example: "12" }).sop("answer"))).toBe(true);
  });

  it("selectorWidth is the library's", () => {
    const text = load("answer = selector_width(select(tokens, tokens, ==));").sop("answer");
    expect(cost(histogram)).toMatchObject({ layers: 1, headsPerLayer: cost(text).headsPerLayer });
    expect(printRasp(histogram).split("\n")).toHaveLength(printRasp(text).split("\n").length - 1);
  });

  it("map takes any function and compiles", () => {
    const shout = map((token: string, at: number) => (at % 2 === 0 ? token.toUpperCase() : token), tokens, indices);
    expect(evaluate(shout, "abc")).toEqual(["A", "b", "C"]);
    const model = compile(shout, { vocabulary: "ab", maxLength: 3 });
    expect(verify(shout, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 14 });
  });

  it("whole numbers are ints, others floats", () => {
    const kinds = (sop: SOp) => cost(sop) && evaluate(sop, "ab");
    expect(kinds(div(indices, 2))).toEqual([0, 0.5]);
    expect(evaluate(add(constant(2n ** 64n), indices), "ab")).toEqual([2n ** 64n, 2n ** 64n + 1n]);
    expect(
      evaluate(
        map((n: number) => n / 2, indices),
        "abc",
      ),
    ).toEqual([0, 0.5, 1]);
  });

  it("fails on an input as the language does", () => {
    const strings = aggregate(select(indices, indices, lt), tokens);
    expect(() => evaluate(strings, "ab")).toThrow(RaspError);
  });
});

describe("types", () => {
  it("are inferred for the values of each position", () => {
    expectTypeOf(reverse).toEqualTypeOf<SOp<string>>();
    expectTypeOf(histogram).toEqualTypeOf<SOp<number>>();
    expectTypeOf(aggregate(select(indices, 0, eq), indices)).toEqualTypeOf<SOp<number>>();
    expectTypeOf(aggregate(select(indices, 0, eq), 1)).toEqualTypeOf<SOp<number>>();
    expectTypeOf(aggregate(select(indices, 0, eq), tokensBool, false)).toEqualTypeOf<SOp<boolean>>();
    expectTypeOf(select(tokens, tokens, eq)).toEqualTypeOf<Selector>();
    expectTypeOf(and(select(tokens, tokens, eq), select(indices, 0, ne))).toEqualTypeOf<Selector>();
    expectTypeOf(and(eq(tokens, "a"), tokensBool)).toEqualTypeOf<SOp<boolean>>();
    expectTypeOf(add(tokens, "a")).toEqualTypeOf<SOp<string>>();
    expectTypeOf(add(1, indices)).toEqualTypeOf<SOp<number>>();
    expectTypeOf(ifElse(tokensBool, tokens, "x")).toEqualTypeOf<SOp<string>>();
    expectTypeOf(map((a: string, b: number) => a.length > b, tokens, indices)).toEqualTypeOf<SOp<boolean>>();
    expectTypeOf(constant(3)).toEqualTypeOf<SOp<number>>();
    expectTypeOf<SOp<string>>().toExtend<SOp>();
    expectTypeOf<SOp>().not.toExtend<SOp<string>>();
  });

  it("reject wrong arguments", () => {
    // @ts-expect-error strings cannot be compared with numbers
    expect(() => evaluate(aggregate(select(tokens, indices, lt), 1), "a")).toThrow(RaspError);
    // @ts-expect-error the default must be a string too
    expect(() => evaluate(aggregate(select(indices, indices, lt), tokens, 1), "ab")).toThrow(RaspError);
    // @ts-expect-error no arithmetic on strings
    expect(() => evaluate(sub(tokens, 1), "a")).toThrow(RaspError);
    // @ts-expect-error scores are numbers
    expect(() => evaluate(best(select(indices, 0, eq), tokens), "a")).toThrow(RaspError);
  });
});
