/** Programs over vocabularies that are too large for a coordinate for each token. */
import { expect, it } from "vitest";
import { compile, evaluate, load } from "../../../../src/index.js";
import { breadth } from "../../../../../../test/long.js";

const LENGTH = 8;

it.each([
  [
    "counts of more tokens than one number match tells apart",
    "selector_width(select(tokens, tokens, ==))",
    17_000,
    50_000,
  ],
  ["the same of few enough", "selector_width(select(tokens, tokens, ==)) > 1", 3000, 50_000],
  ["one of them", 'selector_width(select(tokens, "t7919", ==))', 8000, 50_000],
  ["a copy", "aggregate(select(indices, length - indices - 1, ==), tokens)", 8000, 50_000],
  ["a copy that may be the default", 'aggregate(select(indices, indices - 1, ==), tokens, "t0")', 3000, 50_000],
  ["a function of a copy", 'aggregate(select(indices, indices - 1, ==), tokens, "t0") == "t131"', 3000, 8000],
])("%s", (_, text, short, long) => {
  const size = breadth({ short, long });
  const vocabulary = Array.from({ length: size }, (__, v) => `t${v}`);
  const sop = load(`r = ${text};`, { example: ["t1", "t2"] }).sop("r");
  const model = compile(sop, { vocabulary, maxLength: LENGTH });
  expect(model.certificate.proved).toBe(true);
  expect(model.stats.dModel).toBeLessThanOrEqual(24);
  for (let length = 1; length <= LENGTH; length++) {
    for (const [first, stride] of [
      [0, 131],
      [7919, 0],
      [size - 9, 1],
    ] as const) {
      // Some tokens come twice, and others are neighbours or have a digit in common.
      const input = Array.from({ length }, (__, i) => vocabulary[(first + (i % 3) * stride + (i % 2)) % size]!);
      expect(model.run(input)).toEqual(evaluate(sop, input));
    }
  }
});
