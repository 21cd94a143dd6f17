/** Answers that threads give to each other: one thread answers each key, and nobody waits for one that is lost. */
import { expect, it } from "vitest";
import { answersMemory, SharedAnswers } from "../../src/process/shared-answers.js";

const two = (bytes = 1000, patience = 50): [SharedAnswers, SharedAnswers] => {
  const memory = answersMemory(bytes);
  return [new SharedAnswers(memory, 0, patience), new SharedAnswers(memory, 1, patience)];
};

it("gives each key to the first that asks, and its answer to the others", () => {
  const [a, b] = two();
  expect([a.claim("x"), b.claim("x"), b.claim("ÿ | 数"), a.claim("ÿ | 数"), a.claim("x")]).toEqual([
    ...[true, false, true, false, false],
  ]);
  a.give("x", { list: [1, 0.1, 5e-324, 1.7976931348623157e308], text: "ö\u0000" });
  b.give("ÿ | 数", [null, true]);
  expect(b.take("x")).toEqual({ list: [1, 0.1, 5e-324, 1.7976931348623157e308], text: "ö\u0000" });
  expect(a.take("ÿ | 数")).toEqual([null, true]);
  expect(a.take("never asked")).toBeUndefined();
});

it("leaves answers to each thread where there is no place for them", () => {
  const [a, b] = two(20);
  expect([a.claim("long"), b.claim("long")]).toEqual([true, false]);
  a.give("long", "x".repeat(30));
  expect(b.take("long")).toBeUndefined();
  expect([a.claim("y".repeat(20)), b.claim("y".repeat(20))]).toEqual([true, true]);
  a.give("y".repeat(20), 1);
  expect([a.claim("z"), b.claim("z")]).toEqual([true, false]);
});

it("waits for no thread that has failed, is silent or is itself", () => {
  const [a, b] = two();
  b.claim("silent");
  a.claim("own");
  expect(a.take("silent")).toBeUndefined();
  expect(a.take("own")).toBeUndefined();
  const [c, d] = two(1000, 1e9);
  d.claim("failed");
  d.fail();
  expect(c.take("failed")).toBeUndefined();
});
