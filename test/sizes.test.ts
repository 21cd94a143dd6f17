/** The budgets of what users download: each is one that can be exceeded. `npm run packages` measures. */
import { describe, expect, it } from "vitest";
import { BUDGETS, overBudget } from "./packages/sizes.mjs";

const within = new Map(BUDGETS.map(({ name, most }) => [name, most]));

it("what is at its budget passes", () => {
  expect(overBudget(within)).toEqual([]);
});

describe.each(BUDGETS)("$name", ({ name, most }) => {
  it("fails with one byte more", () => {
    expect(overBudget(new Map(within).set(name, most + 1))).toEqual([
      `${name} has ${most + 1} bytes, more than ${most}: import less, or raise the budget in test/packages/sizes.mjs and say why`,
    ]);
  });
});
