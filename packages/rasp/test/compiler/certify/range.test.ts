/** Constants beyond what float32 or float64 hold exactly: a model is right, or not proved, or refused with the place. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";
import {
  compile,
  constant,
  evaluate,
  load,
  map,
  RaspError,
  tokens,
  verify,
  type CompiledModel,
} from "../../../src/index.js";

const compiled = (text: string, maxLength = 3): CompiledModel =>
  compile(load(`result = ${text};`, { example: "ab" }).sop("result"), { vocabulary: "ab", maxLength });

describe("values that one number cannot tell apart", () => {
  it.each([
    ["an int beyond 2^53 and its mean", "aggregate(select(tokens, tokens, ==), 9007199254740993)", "9007199254740993"],
    ["the int and the float 10^24", 'aggregate(full_s, 10^24 if tokens == "a" else 1)', "1e+24"],
  ])("%s", (_, text, value) => {
    const { certificate } = compiled(text).card;
    expect(certificate.proved).toBe(false);
    expect(certificate.where).toMatch(/^decoding: .* are one number in float32$/);
    expect(certificate.where).toContain(value);
  });
});

describe("numbers beyond float32", () => {
  it.each([
    ["an int", 'aggregate(full_s, 10^40 if tokens == "a" else 1)', "1e+40"],
    ["a float", 'aggregate(full_s, 10.0^300 if tokens == "a" else 1)', "1e+300"],
    ["below zero", 'aggregate(full_s, 0 - 10.0^300 if tokens == "a" else 1)', "-1e+300"],
  ])("are refused where a head would compute with them: %s", (_, text, value) => {
    expect(() => compiled(text)).toThrow(`cannot compile "result": its values reach ${value}`);
  });

  it("are fine as names of classes", () => {
    const model = compiled('10^40 if tokens == "a" else 10.0^300');
    expect(model.card.certificate.proved).toBe(true);
    expect(model.run("ab")).toEqual([10n ** 40n, 1e300]);
  });

  it("are not proved where weights are near the end of the range", () => {
    const sum = (power: number): boolean =>
      compiled(`(10.0^${power} if tokens == "a" else 0) + (10.0^${power} if indices == 0 else 0)`).card.certificate
        .proved;
    expect([sum(30), sum(37)]).toEqual([true, false]);
  });

  it("are not proved where they are too small", () => {
    const { certificate } = compiled('aggregate(full_s, 1 / 10.0^50 if tokens == "a" else 0)').card;
    expect(certificate.proved).toBe(false);
  });
});

describe("ints beyond float64", () => {
  it("are copied exactly", () => {
    const model = compiled('aggregate(select(indices, 0, ==), 10^400 if tokens == "a" else 10^399)');
    expect(model.card.certificate.proved).toBe(true);
    expect(model.run("bab")).toEqual([10n ** 399n, 10n ** 399n, 10n ** 399n]);
  });

  it("are added up exactly", () => {
    // In floats 2^53 + 1 + 1 is 2^53, and as a mean of three it is not what the program has.
    const text = "aggregate(full_s, 2^53 if indices == 0 else 1)";
    const sop = load(`result = ${text};`, { example: "ab" }).sop("result");
    const { classes } = compiled(text).card.outputs[0]!.decoding;
    for (const input of ["a", "ab", "aba"]) expect(classes).toContainEqual(evaluate(sop, input)[0]);
  });

  it("keep apart from the float that is the same number", () => {
    const model = compiled('aggregate(select(indices, 0, ==), 0.1 + 10.0^30 if tokens == "a" else 10^30)');
    expect([model.run("ab"), model.run("ba")]).toEqual([[1e30, 1e30], [10n ** 30n, 10n ** 30n]]); // prettier-ignore
  });
});

describe("functions of TypeScript", () => {
  it.each([
    ["Infinity", Infinity],
    ["NaN", NaN],
    ["undefined", undefined],
    ["an object", {}],
    ["an array", [1]],
    ["a function", () => 1],
  ])("that return %s are refused", (name, value) => {
    const sop = map((token: string) => (token === "a" ? (value as number) : 1), tokens);
    const reason = `function has no value at "a": ${name} is not a value of RASP`;
    expect(() => evaluate(sop, "ab")).toThrow(reason);
    expect(() => constant(value as number)).toThrow(`${name} is not a value of RASP`);
  });
});

describe("random programs with numbers of all sizes", () => {
  const exponent = fc.constantFrom(0, 1, 7, 16, 24, 30, 40, 300);
  const number = fc
    .tuple(fc.constantFrom("10^", "10.0^", "1 / 10.0^", "0 - 10^", "3 * 10^", "1 + 2^", "0.1 + 10.0^"), exponent)
    .map(([form, power]) => `(${form}${power})`);
  const select = fc.constantFrom(
    "full_s",
    "select(tokens, tokens, ==)",
    "select(indices, indices, <=)",
    "select(indices, 0, ==)",
  );
  const program = fc
    .tuple(
      number,
      number,
      select,
      select,
      fc.constantFrom("x", "y", "x + y", "x == y", "x > y", "round(x)", "x if x > y else y"),
    )
    .map(
      ([a, b, first, second, result]) =>
        `x = aggregate(${first}, ${a} if tokens == "a" else ${b}); y = aggregate(${second}, x); result = ${result};`,
    );

  it("are never proved and wrong", () => {
    const ends = { proved: 0, unproved: 0, refused: 0 };
    fc.assert(
      fc.property(program, (text) => {
        try {
          const sop = load(text, { example: "ab" }).sop("result");
          const model = compile(sop, { vocabulary: "ab", maxLength: 4 });
          for (const { data } of model.model.parameters().values()) expect(data.every(Number.isFinite)).toBe(true);
          ends[model.card.certificate.proved ? "proved" : "unproved"]++;
          if (model.card.certificate.proved) {
            expect(verify(sop, model, { exhaustive: true }), text).toMatchObject({ ok: true, upToFloat32: 0 });
          }
        } catch (error) {
          if (!(error instanceof RaspError)) throw error;
          ends.refused++;
        }
      }),
      { numRuns: breadth({ short: 150, long: 1500 }) },
    );
    expect(ends.proved).toBeGreaterThan(10);
    expect(ends.refused).toBeGreaterThan(10);
  });
});
