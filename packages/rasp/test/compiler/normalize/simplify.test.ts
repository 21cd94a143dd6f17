/** The rewritings save heads. That they keep the values is tested on random programs. */
import { expect, it } from "vitest";
import { compile, load, verify, type VerifyOptions } from "../../../src/index.js";

const heads = (source: string): readonly number[] =>
  compile(load(`result = ${source};`, { example: "ab" }).sop("result"), { vocabulary: "ab", maxLength: 5 }).stats
    .headsPerLayer;

it.each([
  ["length", [1]],
  ["selector_width(select(tokens, tokens, ==))", [1]],
  // Two conjunctions, whose counts are added in one coordinate.
  ["selector_width(select(tokens, tokens, ==) or select(indices, indices, <))", [2]],
  ["round(1 / aggregate(select(tokens, tokens, ==) or select(indices, 0, ==), indicator(indices == 0))) - 1", [1]],
  // Equal subgraphs are one.
  ["selector_width(select(tokens, tokens, ==)) + selector_width(select(tokens, tokens, ==))", [1]],
  // Means over one selection share its head.
  ['aggregate(full_s, indicator(tokens == "a")) - aggregate(full_s, indicator(tokens == "b"))', [1]],
  // Dyck-1's balance and Dyck-2's depth are each a sum over one selection, with one head.
  [
    'aggregate(select(indices, indices, <=), indicator(tokens == "a")) - ' +
      'aggregate(select(indices, indices, <=), indicator(tokens == "b")) < 0',
    [1],
  ],
  // No head at all.
  ['tokens == "a" and indices > 1', [0]],
])("%s has heads %j", (source, expected) => {
  expect(heads(source)).toEqual(expected);
});

const upToSelf = "select(indices, indices, <=)";
const share = (letter: string, rest = ""): string => `aggregate(${upToSelf}, indicator(tokens == "${letter}")${rest})`;

it.each([
  [`round((indices + 1) * (${share("a")} - ${share("b")}))`, true],
  [`round((${share("a")} - (${share("b")} + ${share("a")})) * (indices + 1))`, true],
  [
    `round(selector_width(select(tokens, tokens, ==)) * aggregate(select(tokens, tokens, ==), indicator(indices > 1)))`,
    true,
  ],
  [`0 <= ${share("a")} - ${share("b")}`, true],
  // One more than the width, other selections, other defaults and what is no int stay means; three miss 0 in floats from length 10.
  [`round((indices + 2) * ${share("a")})`, false],
  [`round((indices + 1) * (${share("a")} - aggregate(full_s, indicator(tokens == "b"))))`, false],
  [
    `aggregate(select(indices, indices, <), indicator(tokens == "a"), 1) - aggregate(select(indices, indices, <), indicator(tokens == "b")) > 0`,
    false,
  ],
  [`round((indices + 1) * aggregate(${upToSelf}, indices / 2))`, false],
  [`${share("a")} + ${share("b")} - ${share("c")} == 0`, true],
  [`${share("a")} + ${share("b")} - ${share("c")} == 0`, false, 10],
])("%s is a sum: %j", (source, isSum, maxLength = 4) => {
  const sop = load(`result = ${source};`, { example: "ab" }).sop("result");
  const model = compile(sop, { vocabulary: "abc", maxLength });
  expect(model.layout!.labels.some((label) => label.endsWith(": sum"))).toBe(isSum);
  const inputs: VerifyOptions = maxLength > 4 ? { runs: 100, seed: 1 } : { exhaustive: true };
  expect(verify(sop, model, inputs)).toMatchObject({ ok: true });
});
