/** Counts in every disguise become counts: a sum over a selection, in place of means over it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, load, verify, type CompiledModel, type SOp } from "../../../src/index.js";
import { Formula } from "../../../src/compiler/normalize/formula.js";
import type { NormalSOp } from "../../../src/compiler/normalize/normal-form.js";
import { NormalValues } from "../../../src/compiler/normalize/normal-values.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { atomKey } from "../../../src/language/atom/compare.js";
import { causal } from "../../../src/language/graph/causal.js";
import { Evaluation } from "../../../src/language/interpret/evaluation.js";
import { breadth } from "../../../../../test/long.js";

const sopOf = (source: string): SOp => load(`result = ${source};`, { example: "1" }).sop("result");
const compiled = (source: string, vocabulary: string, maxLength: number): CompiledModel =>
  compile(sopOf(source), { vocabulary, maxLength });

function expectRight(source: string, vocabulary: string, maxLength: number): CompiledModel {
  const model = compiled(source, vocabulary, maxLength);
  expect(verify(sopOf(source), model, { exhaustive: true })).toMatchObject({ ok: true });
  expect(model.certificate.proved).toBe(true);
  return model;
}

const overAll = (value: string): string => `aggregate(full_s, ${value})`;
const upTo = (value: string, op = "<="): string => `aggregate(select(indices, indices, ${op}), ${value})`;
const a = 'indicator(tokens == "a")';
const b = 'indicator(tokens == "b")';

/** The parameters of the plain form, and the disguises that are to have at most a tenth more. */
const disguises: readonly (readonly [plain: string, sources: readonly string[]])[] = [
  [
    'selector_width(select(tokens, "a", ==))',
    [
      'count(tokens, "a")',
      `round(length * ${overAll(a)})`,
      `${overAll(a)} * length`,
      `round(length * average(1 if tokens == "a" else 0))`,
      `round(selector_width(full_s) * ${overAll(a)})`,
      `round(${overAll(a)} / ${overAll("indicator(indices == 0)")})`,
      `round(2 * length * ${overAll(a)} / 2)`,
      `round(length * (1 - ${overAll('indicator(not tokens == "a")')}))`,
    ],
  ],
  [
    'selector_width(select(indices, indices, <=) and select(tokens, "a", ==))',
    [
      `round((indices + 1) * ${upTo(a)})`,
      `${upTo(a)} * (indices + 1)`,
      `round(selector_width(select(indices, indices, <=)) * ${upTo(a)})`,
      `round(${upTo(a)} / ${upTo("indicator(indices == 0)")})`,
    ],
  ],
  [
    'selector_width(select(indices, indices, >=) and select(tokens, "a", ==))',
    [`round((length - indices) * ${upTo(a, ">=")})`],
  ],
  [
    'selector_width(select(tokens, "a", ==)) - selector_width(select(tokens, "b", ==))',
    [
      'count(tokens, "a") - count(tokens, "b")',
      `round(length * (${overAll(a)} - ${overAll(b)}))`,
      `length * ${overAll(a)} - length * ${overAll(b)}`,
      `round(length * ${overAll(a)} - length * ${overAll(b)})`,
    ],
  ],
  [
    'selector_width(select(tokens, "a", ==)) > selector_width(select(tokens, "b", ==))',
    ['count(tokens, "a") > count(tokens, "b")', `${overAll(a)} > ${overAll(b)}`, `${overAll(a)} - ${overAll(b)} > 0`],
  ],
  [
    'selector_width(select(tokens, "a", ==)) if tokens == "a" else selector_width(select(tokens, "b", ==))',
    [
      'count(tokens, "a") if tokens == "a" else count(tokens, "b")',
      `round(length * (${overAll(a)} if tokens == "a" else ${overAll(b)}))`,
    ],
  ],
  [
    overAll(a),
    [
      'count(tokens, "a") / length',
      'selector_width(select(tokens, "a", ==)) / length',
      'selector_width(not select(tokens, "b", ==)) / selector_width(full_s)',
    ],
  ],
];

describe.each(disguises)("%s", (plain, sources) => {
  it.each(sources)("is no smaller than %s", (source) => {
    expectRight(source, "ab", 5);
    const [{ stats, certificate }, best] = [compiled(source, "ab", 16), compiled(plain, "ab", 16)];
    expect(certificate.proved).toBe(true);
    expect(stats.parameters).toBeLessThanOrEqual(1.1 * best.stats.parameters);
  });
});

it.each([16, 32, 64])("the library's count has the size of a width at length %i", (maxLength) => {
  const width = compiled('selector_width(select(tokens, "a", ==))', "ab", maxLength);
  const count = compiled('count(tokens, "a")', "ab", maxLength);
  expect(count.stats.parameters).toBeLessThanOrEqual(1.1 * width.stats.parameters);
  expect(count.certificate.proved).toBe(true);
});

it.each([
  ["round(length * average(tokens_int))", "059"],
  ["round(length * average(tokens_int - 5)) % 7", "059"],
  ["average(tokens_int) > average(indices)", "059"],
  ["2 * average(tokens_int) - average(indices) == 1", "01"],
  ["round(length * max(average(tokens_int), average(indices)))", "01"],
  ["round(indices * aggregate(select(indices, indices, <), tokens_int))", "059"],
  // Rows that select nothing have the default.
  ["round((1 + indices) * aggregate(select(indices, indices, <), tokens_int, 1))", "01"],
  ["1 - aggregate(select(tokens_int, 1, ==), indices) > aggregate(select(tokens_int, 1, ==), indices)", "01"],
  ['indicator(length * average(tokens_int)) if tokens == "0" else 3', "01"],
])("%s keeps its values", (source, vocabulary) => {
  expectRight(source, vocabulary, 4);
});

/** The normal form, and how many s-ops it is a function of. */
function normalOf(source: string, maxLength: number): { readonly root: NormalSOp; readonly leaves: number } {
  const sop = sopOf(source);
  const root = simplify([sop], new Domain(["a", "b"], maxLength)).sops.get(sop)!;
  return { root, leaves: new Formula([root], undefined).leaves.length };
}

// 22 · (15 / 22) is 14.999999999999998 in floats, and no number up to 21 misses so.
it.each([
  [`length * ${overAll(a)}`, 21, false],
  [`length * ${overAll(a)}`, 22, true],
  [`length * ${overAll(a)} == 15`, 22, true],
  [`round(length * ${overAll(a)})`, 64, false],
  [`round(length * ${overAll(a)} + length * ${overAll(b)} - 2)`, 64, false],
  [`length * ${overAll(a)} > 2`, 64, false],
])("%s at length %i is a quotient: %j", (source, maxLength, isQuotient) => {
  const { root, leaves } = normalOf(source, maxLength);
  expect(leaves).toBe(isQuotient ? 2 : 1);
  const input = Array.from({ length: Math.min(22, maxLength) }, (_, i) => (i < 15 ? "a" : "b"));
  expect(new NormalValues(input).valuesOf(root).map(Number)).toEqual(
    new Evaluation(input).sop(sopOf(source)).map(Number),
  );
});

/** What programs make of means and widths, over two selections. */
const counting: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      "full_s",
      "select(indices, indices, <=)",
      "select(tokens_int, tokens_int, ==)",
      "select(indices, 1, >)",
    ),
    fc.constantFrom("tokens_int", "indices", "indicator(tokens_int == 1)", "indicator(indices == 0)", "tokens_int - 1"),
    fc.constantFrom(0, 1),
  )
  .chain(([selector, value, otherwise]) => {
    const leaf = fc.constantFrom(
      `aggregate(${selector}, ${value}, ${otherwise})`,
      `aggregate(${selector}, indices)`,
      `selector_width(${selector})`,
      "length",
      "(indices + 1)",
      "2",
    );
    return fc.letrec<{ number: string }>((tie) => ({
      number: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.tuple(tie("number"), fc.constantFrom("+", "-", "*"), tie("number")).map((part) => `(${part.join(" ")})`),
        tie("number").map((part) => `round(selector_width(${selector}) * ${part})`),
        fc.tuple(tie("number"), tie("number"), tie("number")).map(([a, b, c]) => `(${a} if ${b} > ${c} else ${b})`),
        fc.tuple(tie("number"), tie("number")).map(([a, b]) => `indicator(x * 0 + ${a} == ${b})`),
      ),
    })).number;
  });

it("every rewriting keeps the value", () => {
  const inputs = [...everyInput([0n, 1n, 2n], 4)];
  fc.assert(
    fc.property(counting, fc.boolean(), (source, decoder) => {
      const sop = load(`x = indices; result = x * 0 + ${source};`, { example: "1" }).sop("result");
      const root = simplify([sop], new Domain([0n, 1n, 2n], 4, decoder)).sops.get(sop)!;
      const program = decoder ? causal(sop) : sop;
      for (const input of inputs) {
        const expected = new Evaluation(input).sop(program).map(atomKey);
        expect(new NormalValues(input, decoder).valuesOf(root).map(atomKey)).toEqual(expected);
      }
    }),
    { numRuns: breadth({ short: 40, long: 1000 }), seed: 5 },
  );
});

it("a chain of means and sums as long as programs get has a form", () => {
  const source = `result = round(length * mean + 0 * x);`;
  const steps = Array.from({ length: 2000 }, () => "x = x + 1;").join(" ");
  const program = load(`mean = ${overAll(a)}; x = indices; ${steps} ${source}`, { example: "1" });
  const sop = program.sop("result");
  const root = simplify([sop], new Domain(["a", "b"], 3)).sops.get(sop)!;
  expect(new NormalValues(["a", "b", "a"]).valuesOf(root)).toEqual([2n, 2n, 2n]);
});

// An if evaluates both of its branches: what fails for the branch that is not chosen must not move into it.
it.each([
  ['1 / (indices if contains(tokens, "a") else 2)', 3],
  ['6 % (indices if contains(tokens, "a") else 4)', 3],
  ['[5, 6][2 * indices if contains(tokens, "a") else 1]', 3],
])("%s is right wherever it has a value", (source, maxLength) => {
  const sop = load(`result = ${source};`, { example: "b" }).sop("result");
  const model = compile(sop, { vocabulary: "ab", maxLength });
  const report = verify(sop, model, { exhaustive: true });
  expect(report).toMatchObject({ ok: true });
  expect(report.withoutValue).toBeLessThan(report.inputs);
});
