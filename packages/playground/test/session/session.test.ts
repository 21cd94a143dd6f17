/** What the session at the page reads that the soak repeats; fuzz/test/soak.test.ts compares a second one with the first. */
import { expect, it } from "vitest";
import { session } from "./session.js";

it.each([
  '"values":["o","l","l","e","h"]',
  '"selected":[3]',
  '"shown":2',
  '"proved":true',
  '"agrees":false',
  '"of":"attention"',
  '"status":"wrong"',
  '"status":"solved"',
  '"same-letter":{"layers":1,"heads":2}',
  '"parameters":19588',
  '"panel":"weights","target":"reverse"',
])("a session at the page reads %s", async (text) => {
  answers ??= session();
  expect((await answers).filter((answer) => answer.includes(text))).not.toEqual([]);
});
let answers: ReturnType<typeof session> | undefined;
