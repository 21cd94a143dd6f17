/** The values of s-ops of tokens and positions are those that occur on some input: none too few, and none too many. */
import { expect, it } from "vitest";
import { load } from "../../../src/index.js";
import { NormalValues } from "../../../src/compiler/normalize/normal-values.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { atomKey } from "../../../src/language/atom/compare.js";

const VOCABULARY = ["a", "b", "c"];
const MAX_LENGTH = 5;

it.each([
  "selector_width(select(tokens, tokens, ==))",
  "selector_width(select(tokens, tokens, ==) and select(indices, indices, <=))",
  "selector_width(select(tokens, tokens, !=) and not select(indices, indices, >))",
  'selector_width(select(tokens, "b", ==) and select(indices, indices, <))',
  'selector_width(select(tokens, "a", >))',
  "length - 1 - indices",
  "3 * length - 2 * indices + 1",
  "aggregate(select(indices, length - 1 - indices, ==), tokens)",
  'aggregate(select(indices, indices - 1, ==), tokens, "-")',
  "aggregate(select(indices, indices, <=), indices)",
  'aggregate(select(indices, 3, ==), tokens, "-")',
  'aggregate(select(indices, 3, ==) and select(tokens, "b", !=), tokens, "-")',
  "selector_width(select(indices, 1, >=) and select(indices, 3, <))",
  "selector_width(select(indices, 3, ==) and select(indices, indices, <=))",
  "aggregate(select(3, indices, ==), indices, 7)",
  'aggregate(select(indices, indices, <=), indicator(tokens == "a"))',
  "selector_width(select(indices, length - indices, <))",
  "aggregate(select(indices % 2, indices % 2, ==), 0.1 * indices)",
  '0 if indices == 0 else 1 + selector_width(select(tokens, "a", ==))',
  'aggregate(select(indices, indices, <=), indicator(tokens == "a")) > 0',
])("%s", (program) => {
  for (const causal of [false, true]) {
    const domain = new Domain(VOCABULARY, MAX_LENGTH, causal);
    const sop = load(`result = ${program};`, { example: VOCABULARY }).sop("result");
    const root = simplify([sop], domain).sops.get(sop)!;
    const found = new Map<string, Set<string>>();
    for (const input of everyInput(VOCABULARY, MAX_LENGTH)) {
      for (const [i, value] of new NormalValues(input, causal).valuesOf(root).entries()) {
        const key = causal ? `${i}` : `${input.length} ${i}`;
        found.set(key, (found.get(key) ?? new Set()).add(atomKey(value)));
      }
    }
    for (let n = 1; n <= MAX_LENGTH; n++) {
      for (let i = 0; i < n; i++) {
        const values = domain.valuesAt(root, n, i).atoms.map(atomKey);
        expect(values.sort(), `${n} ${i} ${causal}`).toEqual([...found.get(causal ? `${i}` : `${n} ${i}`)!].sort());
      }
    }
  }
});
