import { causalMask, eitherMask, paddingMask } from "@selectron/nn";
import { expect, it } from "vitest";

it("a causal mask hides what comes later", () => {
  expect(causalMask(3).toArray()).toEqual([
    [0, 1, 1],
    [0, 0, 1],
    [0, 0, 0],
  ]);
});

it("with fewer queries than keys, the last query is at the last key's position", () => {
  expect(causalMask(2, 4).toArray()).toEqual([
    [0, 0, 0, 1],
    [0, 0, 0, 0],
  ]);
  expect(causalMask(1, 3).toArray()).toEqual([[0, 0, 0]]);
});

it("a padding mask hides keys from every query, and both together hide what either hides", () => {
  const padding = paddingMask([[true, true, true], [true, false, true]], 2, 3); // prettier-ignore
  expect(padding.toArray()).toEqual([[0, 0, 0], [0, 1, 0]]); // prettier-ignore
  expect(eitherMask(causalMask(3), padding.reshape([2, 1, 3])).toArray()).toEqual([
    [[0, 1, 1], [0, 0, 1], [0, 0, 0]],
    [[0, 1, 1], [0, 1, 1], [0, 1, 0]],
  ]); // prettier-ignore
});
