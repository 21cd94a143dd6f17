/** Defaults that no row receives are no values: rows that select their own position, and ranks, which select one position each. */
import { expect, it } from "vitest";
import { compile, load, verify, type SOp } from "../../../src/index.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { rankOffset } from "../../../src/compiler/values/ranks.js";

const sopOf = (text: string, name = "result"): SOp => load(text, { example: "1" }).sop(name);

function expectRight(text: string, vocabulary: string, exhaustive: number, long: number): void {
  const sop = sopOf(text);
  const short = compile(sop, { vocabulary, maxLength: exhaustive });
  expect(verify(sop, short, { exhaustive: true })).toMatchObject({ ok: true });
  const model = compile(sop, { vocabulary, maxLength: long });
  expect(verify(sop, model, { runs: 50, seed: 1 })).toMatchObject({ ok: true });
  expect(short.certificate.proved && model.certificate.proved).toBe(true);
}

it.each([
  ["result = sort(sort(tokens, tokens), tokens);", "abc"],
  // By the second key, and then stably by the first: places keep what belongs together.
  ['vowel = tokens in ["a", "e"]; result = sort(sort(tokens, tokens), sort(vowel, tokens));', "abe"],
  ["first = indices % 2; result = sort(sort(tokens, tokens), sort(first, tokens));", "ab"],
  ["result = sort(sort(tokens_int, 0 - tokens_int), indices % 2);", "013"],
  ["x = selector_width(select(tokens, tokens, ==)); result = sort(sort(tokens, tokens), sort(x, tokens));", "ab"],
])("%s compiles, proved", (text, vocabulary) => {
  expectRight(text, vocabulary, 4, 8);
});

const before = "select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <))";
const isLess = "select(tokens, tokens, <)";
const isTie = "select(tokens, tokens, ==) and select(indices, indices, <)";

it.each([
  [`selector_width(${before})`, 0],
  // Descending, from the end, counted from 1, in parts, with another injective key.
  [`selector_width(select(tokens, tokens, >) or (select(tokens, tokens, ==) and select(indices, indices, >)))`, 0],
  [`length - 1 - selector_width(${before})`, 0],
  [`selector_width(select(tokens, tokens, <) or (select(tokens, tokens, ==) and select(indices, indices, <=)))`, 1],
  [`selector_width(${isLess}) + selector_width(${isTie}) + 2`, 2],
  [`selector_width(not select(tokens, tokens, >) and (${isLess} or select(indices, indices, <)))`, 0],
  [`selector_width(select(2 * indices, 2 * indices, >))`, 0],
  [`selector_width(select(10 * tokens_int + indices, 10 * tokens_int + indices, <))`, 0],
  ["indices", 0],
  // No order of all positions, or none that is known.
  [`selector_width(${isLess})`, undefined],
  [`selector_width(select(tokens, tokens, <) or select(indices, indices, <))`, undefined],
  [`selector_width(select(2 * tokens_int + indices, 2 * tokens_int + indices, <))`, undefined],
  [`selector_width(${before}) + indices`, undefined],
  [`2 * selector_width(${before})`, undefined],
])("%s is a rank from %j", (source, offset) => {
  const sop = sopOf(`result = ${source};`);
  const domain = new Domain(["0", "1", "2"], 3);
  const { sops } = simplify([sop], domain);
  expect(rankOffset(sops.get(sop)!, domain)).toBe(offset);
});

/** The values that the analysis finds, as text. */
function valuesOf(source: string, causal = false): string {
  const sop = sopOf(`result = ${source};`);
  const domain = new Domain(["0", "1"], 3, causal);
  const { sops } = simplify([sop], domain);
  return domain.values(sops.get(sop)!).join(" ");
}

const rank = `selector_width(${before})`;

it.each([
  [`aggregate(select(${rank}, indices, ==), tokens)`, "0 1"],
  [`aggregate(select(indices, ${rank}, ==), tokens)`, "0 1"],
  [`aggregate(select(${rank}, length - 1 - indices, ==), tokens, "-")`, "0 1"],
  [`aggregate(select(${rank}, 0, ==), tokens, "-")`, "0 1"],
  [`aggregate(select(${rank}, indices + 1, ==), tokens, "-")`, "- 0 1"],
  [`aggregate(select(${rank}, indices, ==) and select(tokens, "0", ==), tokens, "-")`, "- 0"],
  [`selector_width(select(${rank}, indices, ==))`, "1"],
  // A row of what an s-op equals, is at least or is at most has its own position.
  ["aggregate(select(tokens, tokens, ==), indices, 9)", "0 0.5 1 1.5 2"],
  ["selector_width(select(tokens, tokens, >=))", "1 2 3"],
  ["selector_width(select(tokens, tokens, <))", "0 1 2"],
  ["aggregate(select(tokens_int % 2, tokens_int % 2, <=), indices, 9)", "0 0.5 1 1.5 2"],
])("%s has the values %s", (source, expected) => {
  expect(valuesOf(source)).toBe(expected);
});

it("no row of a causal model has a rank for each position", () => {
  expect(valuesOf(`aggregate(select(${rank}, indices, ==), tokens, "-")`, true)).toBe("- 0 1");
});
