/** A promise on the inputs: what it leaves of the values is enough for every promised input, and the model is right on these. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  causal,
  check,
  compile,
  CompiledModel,
  countCandidates,
  countInputs,
  encodeReport,
  Evaluation,
  load,
  mergeReports,
  RaspError,
  verify,
  withProgram,
  type Atom,
  type SOp,
} from "../../src/index.js";
import { NormalValues } from "../../src/compiler/normalize/normal-values.js";
import { simplify } from "../../src/compiler/normalize/simplify.js";
import { Domain } from "../../src/compiler/values/domain.js";
import { promisedDomain } from "../../src/compiler/values/promise.js";
import { everyInput } from "../../src/compiler/verify/inputs.js";
import { atomKey } from "../../src/language/atom/compare.js";
import { expressionsOver, LETTERS, sopSource } from "../arbitrary/program.js";
import { breadth } from "../../../../test/long.js";

const { vocabulary } = LETTERS;

/** Conditions that say something of tokens, positions, lengths, counts and means, and any other. */
const promises = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom('tokens != "a"', 'indices != 1 or tokens == "b"', "length == 3", "length < 3"),
  },
  fc.constantFrom(
    'selector_width(select(tokens, "a", ==)) == 1',
    'selector_width(select(tokens, "b", ==) and select(indices, indices, <)) < 2',
    'selector_width(select(tokens, "a", ==)) == 1 and length > 1',
    'aggregate(select(tokens, "a", ==), indices, -1) == 0',
  ),
  expressionsOver(LETTERS).bool,
);

const programs = fc.oneof(
  fc.constantFrom(
    'aggregate(select(tokens, "a", ==), indices, -1)',
    'aggregate(select(tokens, "a", ==), tokens, "z")',
    'indicator(tokens == "a") + selector_width(select(tokens, tokens, ==))',
  ),
  sopSource,
);

function keeps(promise: SOp, input: readonly Atom[]): boolean {
  try {
    return new Evaluation(input).sop(promise).every((value) => value === true);
  } catch (error) {
    if (error instanceof RaspError) return false;
    throw error;
  }
}

/** The s-ops, if both are: a constant is none. */
function loaded(program: string, promise: string): { sop: SOp; promised: SOp } | undefined {
  try {
    const environment = load(`result = ${program}; promised = ${promise};`, { example: vocabulary });
    return { sop: environment.sop("result"), promised: environment.sop("promised") };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const cases = fc
  .tuple(programs, promises)
  .map(([program, promise]) => loaded(program, promise))
  .filter((drawn) => drawn !== undefined);

it("values hold what occurs on promised inputs, and models are right on these", { timeout: 600_000 }, () => {
  const maxLength = 3;
  let [kept, compiled] = [0, 0];
  fc.assert(
    fc.property(cases, fc.boolean(), ({ sop, promised }, decoder) => {
      const unrestricted = new Domain(vocabulary, maxLength, decoder);
      const { sops } = simplify([sop, promised], unrestricted);
      const asked = decoder ? causal(promised) : promised;
      const inputs = [...everyInput(vocabulary, maxLength)].filter((input) => keeps(asked, input));
      let model: CompiledModel;
      try {
        const root = sops.get(sop)!;
        const domain = promisedDomain(unrestricted, sops.get(promised)!);
        for (const input of inputs) {
          for (const [i, value] of (new NormalValues(input, decoder).evaluate(root) ?? []).entries()) {
            expect(domain.valuesAt(root, input.length, i).atoms.map(atomKey)).toContain(atomKey(value));
          }
        }
        model = compile(sop, { vocabulary, maxLength, causal: decoder, promise: promised });
      } catch (error) {
        // Where no input is promised there is nothing to compile.
        if (!(error instanceof RaspError)) throw error;
        expect(error.diagnostic.class).toBe("compile");
        if (error.message.includes("keeps the promise")) expect(inputs).toEqual([]);
        return;
      }
      expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: inputs.length });
      kept += inputs.length;
      compiled++;
    }),
    { numRuns: breadth({ short: 60, long: 1000 }), seed: 20261129 },
  );
  expect(compiled).toBeGreaterThan(30);
  expect(kept).toBeGreaterThan(300);
});

describe("addition of digits around a plus sign", () => {
  const digit = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((d) => `${d} * indicator(tokens == "${d}")`).join(" + ");
  const lower = "select(place, place - 1, ==) and select(second, second, ==) and select(is_plus, False, ==)";
  const source = `
    second = selector_width(select(tokens, "+", ==) and select(indices, indices, <));
    is_plus = tokens == "+";
    place = selector_width(select(indices, indices, >) and select(second, second, ==) and select(is_plus, False, ==));
    pair = select(place, place, ==) and select(is_plus, False, ==);
    column = selector_width(pair) * aggregate(pair, ${digit});
    above_1 = aggregate(${lower}, indicator(column > 9), 0);
    nine_1 = aggregate(${lower}, indicator(column == 9), 0);
    above_2 = aggregate(${lower}, above_1, 0);
    nine_2 = aggregate(${lower}, nine_1, 0);
    above_3 = aggregate(${lower}, above_2, 0);
    carry = above_1 == 1 or (nine_1 == 1 and (above_2 == 1 or (nine_2 == 1 and above_3 == 1)));
    sum = (round(column) + indicator(carry)) % 10;
    promised = ((indices == 4) == (tokens == "+")) and (length == 9);`;
  const environment = load(source, { example: "1234+5678" });
  const [sum, promise] = [environment.sop("sum"), environment.sop("promised")];
  const how = { vocabulary: "0123456789+", maxLength: 9 };

  it("is refused for any input", { timeout: 60_000 }, () => {
    expect(() => compile(sum, how)).toThrow("can take more than 32768 values");
  });

  it("compiles, proved, where the inputs are promised", { timeout: 60_000 }, () => {
    const model = compile(sum, { ...how, promise });
    expect(model.certificate.proved).toBe(true);
    expect(model.run("0987+9123").slice(0, 4)).toEqual([0, 1, 1, 0]);
    expect(model.run("1234+5678").slice(5)).toEqual([6, 9, 1, 2]);
    expect(countCandidates(model)).toBe(10 ** 8);
    expect(verify(sum, model, { runs: 100, seed: 3 })).toMatchObject({ ok: true, inputs: 100 });
    expect(model.keepsPromise("1234+5678")).toBe(true);
    for (const broken of ["1234+567", "1234+56+8", "12345+678"]) expect(model.keepsPromise(broken)).toBe(false);
  });
});

describe("a compiled promise", () => {
  const environment = load(
    'at = aggregate(select(tokens, "+", ==), indices); one = selector_width(select(tokens, "+", ==)) == 1;',
    {
      example: "1+1",
    },
  );
  const [at, one] = [environment.sop("at"), environment.sop("one")];
  const model = compile(at, { vocabulary: "01+", maxLength: 4, promise: one });

  it("leaves out defaults and means that no promised input reaches", () => {
    expect(model.card.outputs[0]!.decoding.classes).toEqual([0n, 1n, 2n, 3n]);
  });

  it("is in the card, from where a file alone tells which inputs keep it", () => {
    const read = CompiledModel.fromSafetensors(model.toSafetensors());
    expect(read.card).toEqual(model.card);
    expect(["0+1", "011", "0++"].map((input) => read.keepsPromise(input))).toEqual([true, false, false]);
    expect(withProgram(read, at).trace("0+1").steps.at(-1)!.sops.at(-1)).toMatchObject({ decoded: [1, 1, 1] });
  });

  it("is what verify tries, in shards too", () => {
    const whole = verify(at, model, { exhaustive: true });
    // One of n positions, and two tokens at each of the others.
    expect(whole.inputs).toBe([1, 2, 3, 4].reduce((sum, n) => sum + n * 2 ** (n - 1), 0));
    expect(whole.inputs).toBeLessThan(countInputs(3, 4));
    const shards = [1, 2, 3].map((index) =>
      encodeReport(verify(at, model, { exhaustive: true, shard: { index, count: 3 } })),
    );
    expect(mergeReports(shards)).toEqual(encodeReport(whole));
    expect(verify(at, model, { runs: 50, seed: 1 })).toMatchObject({ ok: true, inputs: 50 });
  });

  it("leaves the checker without a verdict where other inputs differ", () => {
    const { verdict, where } = check(model.toSafetensors(), { program: { at } });
    expect({ verdict, where }).toEqual({
      verdict: "unknown",
      where: "the file has a promise on its inputs, which is not followed",
    });
  });

  it("serves low precision", () => {
    for (const precision of ["bfloat16", "tf32"] as const) {
      const low = compile(at, { vocabulary: "01+", maxLength: 4, promise: one, precision });
      expect(low.certificate.proved).toBe(true);
      expect(low.card.outputs[0]!.decoding.classes).toEqual(model.card.outputs[0]!.decoding.classes);
      expect(verify(at, low, { exhaustive: true })).toMatchObject({ ok: true, inputs: 49 });
      expect(withProgram(low, at).card).toEqual(low.card);
    }
  });

  it("may leave a float where other inputs have the same number as an int", () => {
    const source = load(
      'mean = aggregate(select(tokens, "+", ==), indices, 2); half = selector_width(select(tokens, "+", ==)) == 2; is_one = mean == 2.0; is_two = is_one and half;',
      { example: "1++" },
    );
    const [mean, promise] = [source.sop("mean"), source.sop("is_two")];
    const both = compile(mean, { vocabulary: "01+", maxLength: 4, promise });
    expect(verify(mean, both, { exhaustive: true })).toMatchObject({ ok: true, inputs: 4 });
  });

  it("that no input keeps is refused", () => {
    const never = load("never = indices > 9;").sop("never");
    expect(() => compile(at, { vocabulary: "01+", maxLength: 4, promise: never })).toThrow(
      "no input of this vocabulary and length keeps the promise",
    );
  });
});
