/** Aggregates that depend on positions and the length alone, in models for inputs that are not short. */
import { describe, expect, it } from "vitest";
import { causal, compile, evaluate, load } from "../../../src/index.js";

const LENGTH = 40;

/** The text of an s-op, and how many heads its model needs; the causal ones need none. */
const programs: readonly (readonly [text: string, heads: number])[] = [
  ["selector_width(select(indices, indices, <=))", 0],
  ["selector_width(select(indices, indices, <))", 0],
  ["selector_width(select(indices, 7, <)) * 2 + indices", 1],
  ["selector_width(select(indices, indices, >))", 1],
  ["selector_width(select(indices, indices, >=)) - indices", 1],
  ["selector_width(select(indices, indices, !=))", 1],
  ["selector_width(select(indices, indices + 3, ==))", 1],
  ["aggregate(select(indices, indices, <=), indices)", 0],
  ["aggregate(select(indices, length - 1 - indices, ==), indices)", 1],
  ["round(1 / aggregate(select(indices, indices, <=), indicator(indices == 0)))", 0],
];

describe.each([false, true])("causal: %s", (isCausal) => {
  it.each(programs)("%s", (text, heads) => {
    const sop = load(`r = ${text};`).sop("r");
    const model = compile(sop, { vocabulary: "ab", maxLength: LENGTH, causal: isCausal });
    expect(model.certificate.proved).toBe(true);
    expect(model.card.heads.flat()).toHaveLength(isCausal ? 0 : heads);
    for (let length = 1; length <= LENGTH; length++) {
      const input = Array.from({ length }, (_, i) => (i % 3 ? "a" : "b"));
      expect(model.run(input), `${length}`).toEqual(evaluate(isCausal ? causal(sop) : sop, input));
    }
  });
});

it("short models are as they were, with a head for what one computes", () => {
  const sop = load("r = selector_width(select(indices, indices, <=));").sop("r");
  expect(compile(sop, { vocabulary: "ab", maxLength: 32 }).card.heads).toEqual([["r"]]);
  const promise = load("p = length > 2;").sop("p");
  const promised = compile(sop, { vocabulary: "ab", maxLength: 6, promise });
  expect(promised.card.heads).toEqual([]);
  expect(promised.run("abab")).toEqual([1, 2, 3, 4]);
});
