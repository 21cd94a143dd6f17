/** What the rewritings buy: heads. That they keep the values is tested on random programs. */
import { expect, it } from "vitest";
import { compile, load } from "../../src/index.js";

const heads = (source: string): readonly number[] =>
  compile(load(`result = ${source};`, { example: "ab" }).sop("result"), { vocabulary: "ab", maxLength: 5 }).stats
    .headsPerLayer;

it.each([
  ["length", [1]],
  ["selector_width(select(tokens, tokens, ==))", [1]],
  // Two conjunctions, whose counts one coordinate adds up.
  ["selector_width(select(tokens, tokens, ==) or select(indices, indices, <))", [2]],
  ["round(1 / aggregate(select(tokens, tokens, ==) or select(indices, 0, ==), indicator(indices == 0))) - 1", [1]],
  // Equal subgraphs are one.
  ["selector_width(select(tokens, tokens, ==)) + selector_width(select(tokens, tokens, ==))", [1]],
  // Means over one selection share its head.
  ['aggregate(full_s, indicator(tokens == "a")) - aggregate(full_s, indicator(tokens == "b"))', [1]],
  // No head at all.
  ['tokens == "a" and indices > 1', [0]],
])("%s has heads %j", (source, expected) => {
  expect(heads(source)).toEqual(expected);
});
