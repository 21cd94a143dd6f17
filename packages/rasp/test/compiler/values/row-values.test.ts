/** The values of rows, where these depend on what other lengths have. */
import { expect, it } from "vitest";
import { compile, load, verify } from "../../../src/index.js";

it("rows that select nothing have the default, even if shorter inputs have no rows with a value", () => {
  // At length 1 the query divides by 0; at length 2 it is 9.0, and at length 3 it is 4.5: no position.
  const sop = load("r = aggregate(select(2 * indices, 9 / (length - 1), ==), indices, 7);", { example: "ab" }).sop("r");
  const model = compile(sop, { vocabulary: "ab", maxLength: 3 });
  expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 14, withoutValue: 2 });
  expect(model.run("ab")).toEqual([7, 7]);
});
