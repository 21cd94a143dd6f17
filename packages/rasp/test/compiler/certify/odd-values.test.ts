/** Values that are hard for a certificate: a model is right, or not proved, or refused with the place; it never has a weight that is not finite. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";
import {
  add,
  aggregate,
  compile,
  CompiledModel,
  constant,
  div,
  eq,
  float,
  gt,
  ifElse,
  indicator,
  indices,
  le,
  map,
  mul,
  RaspError,
  select,
  selectorWidth,
  sub,
  tokens,
  verify,
  type SOp,
} from "../../../src/index.js";
import { oddProgram } from "../../arbitrary/odd-program.js";

const all = select(constant(1), constant(1), eq);
const upToHere = select(indices, indices, le);
const big = (a: number, b: number): SOp<number> => ifElse(eq(tokens, "a"), float(a), float(b));
const compiled = (sop: SOp): CompiledModel => compile(sop, { vocabulary: "ab", maxLength: 3 });

it("null beside huge numbers is no number near them", () => {
  const here = select(indices, indices, eq);
  const next = select(indices, add(indices, constant(1)), eq);
  const sop = aggregate(here, aggregate(next, aggregate(upToHere, big(2 ** 53, 2 ** 53 + 2)), null));
  const { proved, provedWithin } = compiled(sop).certificate;
  expect([proved, provedWithin]).toEqual([false, undefined]);
});

describe("floats that overflow", () => {
  it("to infinity in a mean are values of the program, and refused", () => {
    // One value is itself, the sum of two is infinite.
    const mean = aggregate(upToHere, float(1.7e308));
    expect(() => compiled(mean)).toThrow("its values reach Infinity, and a model computes in float32");
    expect(() => compiled(aggregate(upToHere, big(1.7e308, -1.7e308)))).toThrow("its values reach");
  });

  it("to infinity and NaN in a map are classes like any others, in files too", () => {
    const infinite = mul(big(1e308, -1e308), float(10));
    for (const [sop, expected] of [
      [infinite, [Infinity, -Infinity]],
      [sub(infinite, float(Infinity)), [NaN, -Infinity]],
    ] as const) {
      const model = compiled(sop);
      expect(model.certificate.proved).toBe(true);
      expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, upToFloat32: 0 });
      for (const read of [
        CompiledModel.fromSafetensors(model.toSafetensors()),
        CompiledModel.fromOnnx(model.toOnnx()),
      ]) {
        expect(read.run("ab")).toEqual(expected);
      }
    }
  });

  it("to NaN are refused where a head would compute with them", () => {
    const notANumber = ifElse(eq(tokens, "a"), sub(float(Infinity), float(Infinity)), 1);
    expect(() => compiled(aggregate(select(constant(1), constant(1), eq), notANumber))).toThrow("its values reach NaN");
  });
});

describe("results that depend on whether an operand is an int or the same number as a float", () => {
  it("are not proved where ints are beyond 2^53", () => {
    // One selected -3 is an int, whose product is exact; the mean of two is a float, whose product is rounded.
    const mean = aggregate(select(tokens, "a", eq), ifElse(gt(indices, 1), constant(5), constant(-3)), 0.5);
    const sop = ifElse(eq(tokens, "a"), 0, mul(constant(2n ** 64n + 1n), mean));
    expect(() => compiled(sop)).toThrow("cannot be told apart in float32");
  });

  it("are not proved where counts, which are ints, take the place of means", () => {
    // A mean of one is the int 1, and 10^40 takes no part of a float.
    const first = aggregate(select(tokens, "a", eq), indicator(le(indices, 0)));
    // The length times a mean is a count, and a float.
    const count = mul(aggregate(all, indicator(eq(tokens, "a"))), selectorWidth(all));
    for (const small of [first, count]) {
      for (const huge of [constant(10n ** 40n), sub(indicator(eq(tokens, "b")), constant(10n ** 40n))]) {
        const sop = add(small, huge);
        let model: CompiledModel;
        try {
          model = compiled(sop);
        } catch (error) {
          expect(error).toBeInstanceOf(RaspError);
          continue;
        }
        if (model.certificate.proved) {
          expect(verify(sop, model, { exhaustive: true })).toMatchObject({ wrong: 0, upToFloat32: 0 });
        }
      }
    }
  });

  it("are told apart in functions of TypeScript that see True and 1", () => {
    const mixed = ifElse(
      eq(tokens, "a"),
      map((i: number) => (i === 0) as unknown as number, indices),
      1,
    );
    const sop = map((value: unknown) => (typeof value === "boolean" ? "bool" : "number"), mixed as SOp<number>);
    expect(verify(sop, compiled(sop), { exhaustive: true })).toMatchObject({ ok: true });
  });
});

it("quotients of tiny numbers are no sums of functions of their operands", () => {
  const letter = ifElse(eq(tokens, "a"), float(1e-25), float(3e-25));
  const sop = div(letter, add(indices, 1));
  const model = compiled(sop);
  expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, upToFloat32: 0 });
});

describe("weights that are not finite", () => {
  it.each([NaN, Infinity, -Infinity])("%s is written by no writer", (weight) => {
    const model = compiled(aggregate(upToHere, big(0.5, 2)));
    model.model.parameters().get("unembedding.weight")!.data[0] = weight;
    for (const write of [() => model.toSafetensors(), () => model.toOnnx()]) {
      expect(write).toThrow(`weight 0 of unembedding.weight is ${weight}; a compiled model has finite weights only`);
    }
  });
});

describe("random programs with odd values", () => {
  const PROGRAMS = breadth({ short: 120, long: 6000 });

  it("are never proved and wrong", { timeout: 600_000 }, () => {
    const ends = { proved: 0, within: 0, unproved: 0, refused: 0 };
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const rng = new Rng(seed);
      const options = { vocabulary: "ab", maxLength: 2 + rng.int(3), causal: rng.int(5) === 0 };
      let sop: SOp;
      let model: CompiledModel;
      try {
        // A constant that is computed of others can have no value.
        sop = oddProgram(rng);
        model = compile(sop, options);
      } catch (error) {
        if (!(error instanceof RaspError)) throw new Error(`seed ${seed}`, { cause: error });
        ends.refused++;
        continue;
      }
      for (const { data } of model.model.parameters().values()) expect(data.every(Number.isFinite)).toBe(true);
      const { proved, provedWithin } = model.certificate;
      ends[proved ? "proved" : provedWithin === undefined ? "unproved" : "within"]++;
      if (!proved && provedWithin === undefined) continue;
      const report = verify(sop, model, { exhaustive: true });
      expect(report.ok, `seed ${seed}`).toBe(true);
      if (proved) expect(report.upToFloat32, `seed ${seed}`).toBe(0);
    }
    expect(ends.proved).toBeGreaterThan(PROGRAMS / 2);
    expect(ends.within).toBeGreaterThan(0);
    expect(ends.refused).toBeGreaterThan(PROGRAMS / 50);
  });
});
