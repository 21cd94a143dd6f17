/** Selectors of up to 64 comparisons compile, and their size is that of what they select. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, Evaluation, load, verify, type SOp } from "../../src/index.js";
import { NormalValues } from "../../src/compiler/normalize/normal-values.js";
import { simplify } from "../../src/compiler/normalize/simplify.js";
import { Domain } from "../../src/compiler/values/domain.js";
import { everyInput } from "../../src/compiler/verify/inputs.js";
import { atomKey } from "../../src/language/atom/compare.js";
import { breadth } from "../../../../test/long.js";

const LETTERS = Array.from({ length: 64 }, (_, j) => String.fromCodePoint(0x100 + j));

const sopOf = (source: string, example: string): SOp => load(source, { example }).sop("result");

const parametersOf = (selector: string): number => {
  const model = compile(sopOf(`result = selector_width(${selector});`, "abc"), { vocabulary: LETTERS, maxLength: 8 });
  expect(model.certificate.proved).toBe(true);
  return model.stats.parameters;
};

describe("a set of letters, however it is written, is as large as one letter against the others", () => {
  const some = LETTERS.slice(0, 40);
  it.each([
    ["or", some.map((letter) => `select(tokens, "${letter}", ==)`).join(" or ")],
    ["and", `not (${some.map((letter) => `select(tokens, "${letter}", !=)`).join(" and ")})`],
    ["the other way round", some.map((letter) => `select("${letter}", tokens, ==)`).join(" or ")],
  ])("%s", (_, selector) => {
    expect(parametersOf(selector)).toBe(
      parametersOf(`select(tokens, "${some[0]!}", ==) or select(tokens, "${some[1]!}", ==)`),
    );
  });
});

/** Comparisons of what can be compared. */
const comparison = fc
  .oneof(
    fc.tuple(
      fc.constantFrom("tokens", "tokens", '"a"', '"b"', '"c"'),
      fc.constantFrom("tokens", '"a"', '"b"', '"c"'),
      fc.constantFrom("==", "!=", "<", ">="),
    ),
    fc.tuple(
      fc.constantFrom("indices", "indices", "indices + 1", "0", "2"),
      fc.constantFrom("indices", "0", "1", "2", "3 - indices", "width"),
      fc.constantFrom("==", "!=", "<", "<=", ">", ">="),
    ),
  )
  .map(([keys, queries, op]) => `select(${keys}, ${queries}, ${op})`);

/** Up to 64 comparisons, joined in pairs in any order. */
const selectors = fc
  .tuple(
    fc.array(comparison, { minLength: 13, maxLength: 64 }),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("and", "or"), fc.boolean()), { minLength: 64, maxLength: 64 }),
  )
  .map(([pool, joins]) => {
    const parts = [...pool];
    for (let j = 0; parts.length > 1; j++) {
      const [at, join, negated] = joins[j]!;
      const left = parts.splice(at % parts.length, 1)[0]!;
      parts.push(`${negated ? "not " : ""}(${left} ${join} ${parts.shift()!})`);
    }
    return parts[0]!;
  });

describe("random selectors of 13 to 64 comparisons", () => {
  it.each(["selector_width(chosen)", "aggregate(chosen, indices, -1)"])("%s", { timeout: 600_000 }, (result) => {
    fc.assert(
      fc.property(selectors, fc.boolean(), (selector, causal) => {
        const source = `width = selector_width(select(tokens, tokens, ==));\nchosen = ${selector};\nresult = ${result};`;
        const sop = sopOf(source, "abca");
        const model = compile(sop, { vocabulary: "abc", maxLength: 4, causal });
        expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true });
        expect(model.certificate.proved).toBe(true);
      }),
      { numRuns: breadth({ short: 6, long: 400 }), seed: 20261129 },
    );
  });
});

it(
  "a chain of selectors, each with the width of the one before, has every value that occurs",
  { timeout: 60_000 },
  () => {
    // Their widths are taken as independent: together they would have more than 2^16 values.
    const links = Array.from({ length: 8 }, () => "chosen = chosen or select(indices, selector_width(chosen), ==);\n");
    const result = 'aggregate(chosen, indices, -1) + aggregate(chosen and select(tokens, "a", ==), indices, 7)';
    const source = `chosen = select(tokens, tokens, ==);\n${links.join("")}result = ${result};`;
    const sop = sopOf(source, "abca");
    const [vocabulary, maxLength] = [["a", "b"], 5];
    const domain = new Domain(vocabulary, maxLength);
    const root = simplify([sop], domain).sops.get(sop)!;
    for (const input of everyInput(vocabulary, maxLength)) {
      const values = new NormalValues(input).valuesOf(root);
      expect(values.map(atomKey)).toEqual(new Evaluation(input).sop(sop).map(atomKey));
      for (const [i, value] of values.entries()) {
        expect(domain.valuesAt(root, input.length, i).atoms.map(atomKey)).toContain(atomKey(value));
      }
    }
    const widths = sopOf(`${source}\nresult = selector_width(chosen);`, "abca");
    const model = compile(widths, { vocabulary, maxLength });
    expect(verify(widths, model, { exhaustive: true })).toMatchObject({ ok: true });
    expect(model.certificate.proved).toBe(true);
  },
);
