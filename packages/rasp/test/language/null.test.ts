/** Null, which only the combinators have: where it comes from, how it propagates, and where it is an error. */
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  add,
  aggregate,
  and,
  best,
  compile,
  CompiledModel,
  constant,
  displaySequence,
  eq,
  evaluate,
  ge,
  gt,
  ifElse,
  indices,
  isNull,
  lt,
  map,
  ne,
  neg,
  not,
  or,
  printRasp,
  RaspError,
  select,
  selectorWidth,
  sequenceType,
  sub,
  tokens,
  tokensInt,
  verify,
  type Plain,
  type SOp,
} from "../../src/index.js";

const left = select(indices, sub(indices, 1), eq);
const before = select(indices, indices, lt);
const leftToken = aggregate(left, tokens, null);
const leftInt = aggregate(left, tokensInt, null);

it("is the value of a row that selects nothing", () => {
  expect(evaluate(leftToken, "abc")).toEqual([null, "a", "b"]);
  expect(evaluate(aggregate(before, tokensInt, null), "135")).toEqual([null, 1, 2]);
  expect(evaluate(constant(null), "ab")).toEqual([null, null]);
});

it("gives null in a map", () => {
  const passing: SOp[] = [
    add(leftInt, 1),
    neg(leftInt),
    eq(leftInt, 1),
    ne(leftInt, 1),
    and(eq(leftInt, 1), true),
    or(true, eq(leftInt, 1)),
    not(eq(leftInt, 1)),
    ifElse(eq(leftInt, 1), 1, 2),
    map((x: number) => x + 1, leftInt),
  ];
  for (const sop of passing) expect(evaluate(sop, "1")).toEqual([null]);
});

it("is seen by isNull, and by ifElse where it is chosen", () => {
  expect(evaluate(isNull(leftInt), "12")).toEqual([true, false]);
  expect(evaluate(ifElse(isNull(leftInt), -1, leftInt as SOp<number>), "12")).toEqual([-1, 1]);
  expect(evaluate(ifElse(eq(tokensInt, 1), 7, null), "12")).toEqual([7, null]);
});

it("can be the result of a function; a function that throws has no value", () => {
  const odd = map((x: number) => (x % 2 === 1 ? x : null), tokensInt);
  expect(evaluate(odd, "123")).toEqual([1, null, 3]);
  const failing = map(function digit(x: number) {
    if (x > 1) throw new Error("too large");
    return x;
  }, tokensInt);
  expect(() => evaluate(failing, "12")).toThrow("digit has no value at 2: too large");
});

describe("is an error", () => {
  const failure = (sop: SOp, input: string): string => {
    try {
      evaluate(sop, input);
    } catch (error) {
      expect(error).toBeInstanceOf(RaspError);
      return (error as RaspError).diagnostic.message;
    }
    return "no error";
  };

  it("as a key or a query, at any position", () => {
    const keys = map((x: number) => (x === 3 ? null : x), tokensInt);
    for (const compare of [eq, ne, lt, ge]) {
      for (const selector of [select(keys, tokensInt, compare), select(tokensInt, keys, compare)]) {
        expect(failure(selectorWidth(selector), "123")).toContain("cannot compare");
      }
    }
    expect(failure(aggregate(select(keys, keys, eq), tokens), "12")).toBe("no error");
  });

  it("as a score", () => {
    expect(failure(aggregate(best(before, leftInt as SOp<number>), tokens, null), "12")).toBe(
      "the scores of best are numbers, not null",
    );
  });

  it("among several selected values, not alone", () => {
    const everything = select(1, 1, eq);
    expect(failure(aggregate(everything, leftInt), "12")).toContain("values such as null have no mean");
    expect(failure(aggregate(everything, leftInt), "1")).toBe("no error");
    expect(evaluate(aggregate(left, leftInt, 5), "123")).toEqual([5, null, 1]);
  });

  it("in an input and as text", () => {
    expect(() => evaluate(tokens, [null])).toThrow("null cannot be in an input");
    expect(() => printRasp(leftToken)).toThrow("null has no literal");
  });
});

it("can be mixed with every type, and is shown", () => {
  expect(sequenceType([null, 1n])).toBe("int");
  expect(sequenceType([null, null])).toBe("null");
  expect(() => sequenceType([null, 1n, "a"])).toThrow("cannot mix");
  expect(displaySequence([null, "a"])).toBe("[null, a] (strings)");
});

it("shows in the types", () => {
  expectTypeOf(leftToken).toEqualTypeOf<SOp<string | null>>();
  expectTypeOf(add(leftInt, 1)).toEqualTypeOf<SOp<number | null>>();
  expectTypeOf(add(tokensInt, 1)).toEqualTypeOf<SOp<number>>();
  expectTypeOf(gt(leftInt, indices)).toEqualTypeOf<SOp<boolean | null>>();
  expectTypeOf(map((x: number) => x, leftInt)).toEqualTypeOf<SOp<number | null>>();
  expectTypeOf(isNull(leftInt)).toEqualTypeOf<SOp<boolean>>();
});

describe("compiles", () => {
  const negative = map((x: number) => -x, tokensInt);
  const programs: readonly (readonly [string, SOp])[] = [
    ["a copy of strings", leftToken],
    ["a copy of numbers", leftInt],
    ["a mean", aggregate(before, negative, null)],
    ["a function of a mean", map((x: number) => x * 2, aggregate(before, negative, null))],
    ["isNull of a mean", isNull(aggregate(before, negative, null))],
    ["null alone", aggregate(select(1, 2, eq), tokens, null)],
    ["a chain", aggregate(left, leftInt, null)],
    [
      "a mean with some nulls",
      aggregate(
        before,
        map((x: number) => (x === 3 ? null : x), tokensInt),
        0,
      ),
    ],
    ["several keys", aggregate(and(or(select(leftInt, 1, eq), before), left), tokensInt, null)],
    ["best", aggregate(best(before, tokensInt), tokens, null)],
    ["a mean of strings and a number", aggregate(select(1, 2, eq), tokensInt, "none" as never)],
  ];

  it.each(programs)("%s", (_, sop) => {
    const model = compile(sop, { vocabulary: "123", maxLength: 4 });
    const report = verify(sop, model, { exhaustive: true });
    expect(report).toMatchObject({ ok: true, wrong: 0 });
    const again = CompiledModel.fromSafetensors(model.toSafetensors());
    for (const input of ["1", "31", "213"]) expect(again.run(input)).toEqual(model.run(input));
  });

  it("decodes to null", () => {
    const answers = (sop: SOp): Plain[] => compile(sop, { vocabulary: "123", maxLength: 3 }).run("132");
    expect(answers(leftToken)).toEqual([null, "1", "3"]);
    expect(answers(aggregate(before, negative, null))).toEqual([null, -1, -2]);
  });
});
