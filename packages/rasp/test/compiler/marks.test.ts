/** Models that tell on which inputs the program has no value: exactly on those of the interpreter. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  check,
  compile,
  CompiledModel,
  load,
  RaspError,
  verify,
  withProgram,
  type Atom,
  type SOp,
} from "../../src/index.js";
import { BOOLS, DIGITS, expressionsOver, LETTERS, NUMBERS, type Alphabet } from "../arbitrary/program.js";
import { breadth } from "../../../../test/long.js";

/** Programs of which most have no value on some inputs. */
function failingSource(alphabet: Alphabet): fc.Arbitrary<string> {
  const { int, number, text, selector, bool } = expressionsOver(alphabet);
  const of = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string[]> => fc.tuple(...parts);
  return fc.oneof(
    of(selector, text).map(([s, t]) => `aggregate(${s}, ${t}, "z")`),
    of(selector, bool).map(([s, b]) => `aggregate(${s}, ${b}, False)`),
    of(int, int).map(([a, b]) => `${a} / ${b}`),
    of(int, int).map(([a, b]) => `${a} % (${b} - 1)`),
    of(int).map(([a]) => `[4, 5, 6][${a}]`),
    of(selector, int, int).map(([s, a, b]) => `aggregate(${s}, 1 / ${a}, 1) + ${b}`),
    of(bool, int, text).map(([c, a, t]) => `(${a} if ${c} else ${t})`),
    of(bool, int, selector).map(([c, a, s]) => `selector_width(${s} and select(1 / ${a} if ${c} else 1, 1, ==))`),
    number,
  );
}

interface Case {
  readonly source: string;
  readonly vocabulary: readonly Atom[];
}

function sopIfAny({ source, vocabulary }: Case): SOp | undefined {
  for (const token of vocabulary) {
    try {
      return load(`result = ${source};`, { example: [token] }).sop("result");
    } catch (error) {
      if (!(error instanceof RaspError)) throw error;
    }
  }
  return undefined;
}

const cases = fc
  .oneof(
    ...[LETTERS, NUMBERS, BOOLS, DIGITS].map((alphabet) =>
      failingSource(alphabet).map((source): Case => ({ source, vocabulary: alphabet.vocabulary })),
    ),
  )
  .filter((drawn) => sopIfAny(drawn) !== undefined);

it("marks are right on every input of random programs", { timeout: 600_000 }, () => {
  let [withoutValue, refused] = [0, 0];
  const runs = Number(process.env["RANDOM_PROGRAMS"] ?? breadth({ short: 60, long: 1500 }));
  fc.assert(
    fc.property(cases, fc.boolean(), (drawn, causal) => {
      const sop = sopIfAny(drawn)!;
      const { vocabulary } = drawn;
      const options = { vocabulary, maxLength: 3, causal };
      let model: CompiledModel;
      try {
        model = compile(sop, { ...options, mark: true });
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
        expect(error.diagnostic.class).toBe("compile");
        refused++;
        return;
      }
      const report = verify(sop, model, { exhaustive: true });
      expect(report).toMatchObject({ ok: true });
      withoutValue += report.withoutValue;
    }),
    { numRuns: runs, seed: Number(process.env["RANDOM_SEED"] ?? 20261129) },
  );
  expect(withoutValue).toBeGreaterThan(2 * runs);
  expect(refused).toBeLessThan(runs / 4);
});

describe("a model with marks", () => {
  const source =
    'first = aggregate(select(tokens, "a", ==), tokens, "-");\nshare = 6 / (selector_width(select(tokens, "b", ==)) - 2);';
  const program = load(source, { file: "marks.rasp", example: "ab" });
  const [first, share] = [program.sop("first"), program.sop("share")];
  const options = { vocabulary: "abc", maxLength: 4, mark: true };

  it("says what fails, and where", () => {
    const model = compile(first, options);
    expect(model.failures(["cab", "caba", "", "ccc"])).toEqual([
      [],
      [0, 1, 2, 3].map((position) => ({ what: "first (marks.rasp:1:9)", position })),
      [],
      [],
    ]);
    expect(model.certificate.proved).toBe(true);
    expect(() => compile(first, { ...options, mark: false }).failures(["a"])).toThrow("compile it with marks");
  });

  it("says it of a file too, and of several outputs", () => {
    const both = { first, share };
    const model = compile(both, options);
    expect(verify(both, model, { exhaustive: true })).toMatchObject({ ok: true, marked: true });
    for (const read of [
      CompiledModel.fromSafetensors(model.toSafetensors()),
      CompiledModel.fromOnnx(model.toOnnx()),
      withProgram(CompiledModel.fromSafetensors(model.toSafetensors()), both),
    ]) {
      const failures = read.failures(["aa", "bb", "ab"]);
      expect(failures.map((of) => [...new Set(of.map(({ what }) => what))])).toEqual([
        ["first (marks.rasp:1:9)"],
        ["share (marks.rasp:2:9)"],
        [],
      ]);
      expect(read.outputs([["a", "b"]])[1]).toEqual([[-6, -6]]);
    }
  });

  it("has answers that the checker follows, and marks that it does not", () => {
    const model = compile({ first, share }, options);
    const { verdict, where } = check(model.toSafetensors(), { program: { first, share } });
    expect({ verdict, where }).toEqual({ verdict: "holds", where: undefined });
    expect(check(model.toSafetensors(), { program: { first, share: first } }).verdict).toBe("wrong");
  });

  it("tells it in low precision, too, and of promised inputs", () => {
    const promise = load('some = selector_width(select(tokens, "a", ==)) < 3;').sop("some");
    for (const precision of ["bfloat16", "tf32"] as const) {
      const model = compile(first, { ...options, precision, promise });
      expect(verify(first, model, { exhaustive: true })).toMatchObject({ ok: true, marked: true });
      expect(model.failures(["caba", "cab"]).map((of) => of.length)).toEqual([4, 0]);
      expect(model.certificate.proved).toBe(true);
    }
  });

  it.each(['tokens == "a" if length < 3 else 2 * indices', 'tokens == "a" if tokens == "b" else indices'])(
    "is refused where a row has no mean because all values are bools, or has one because some are ints: %s",
    (values) => {
      const mixed = load(`mixed = aggregate(select(tokens, "a", ==), ${values}, 5);`, { example: "ab" }).sop("mixed");
      expect(() => compile(mixed, options)).toThrow("because it mixes types");
    },
  );

  it("is wrong where it marks nothing, or what has a value", () => {
    const model = compile(first, options);
    const [classes] = model.card.failures!.map(({ decoding }) => decoding);
    const never = { ...classes!, classes: classes!.classes.map(() => false) };
    const silent = new CompiledModel(model.model, { ...model.card, failures: [{ name: "first", decoding: never }] });
    const report = verify(first, silent, { exhaustive: true });
    expect(report).toMatchObject({
      ok: false,
      counterexample: { input: ["a", "a"], expected: ["no value", "no value"] },
    });
    expect(report.wrong).toBe(report.withoutValue);
  });
});
