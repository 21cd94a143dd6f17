/** The length of inputs that are too long to be counted. */
import { describe, expect, it } from "vitest";
import { causal, compile, evaluate, load } from "../../../../src/index.js";
import { certify } from "../../../../src/compiler/certify/certify.js";
import { assemble } from "../../../../src/compiler/layout/assemble.js";
import { layOut } from "../../../../src/compiler/layout/layout.js";
import { encodeLength } from "../../../../src/compiler/plan/heads/last-position.js";
import type { Width } from "../../../../src/compiler/normalize/normal-form.js";
import { expectBounded } from "../../certify/observed-errors.js";
import { embedded, planOf } from "./embedded.js";
import { breadth } from "../../../../../../test/long.js";

const LONGEST = 4096;

describe(`a model for up to ${LONGEST} positions`, () => {
  const of = embedded(["a"], LONGEST);
  const plan = planOf(of, encodeLength(of.form.width(of.form.everywhere()) as Width, of.context));

  it("is proved to know the length", () => {
    const certificate = certify(plan, ["a"], LONGEST);
    expect(certificate).toMatchObject({ proved: true, where: "width, layer 1, rounding" });
    expect(certificate.worstMargin).toBeGreaterThan(10);
    // Without the exact place of its number in the sum it would be a number among 4,096.
    const spread = { ...plan, heads: plan.heads.map((head) => ({ ...head, oneKey: false })) };
    expect(certify(spread, ["a"], LONGEST).proved).toBe(false);
  });

  it.each([false, true])("knows it, or up to a position (causal: %s)", (isCausal) => {
    const { model } = assemble(plan, layOut(plan, false), isCausal, [1]);
    for (const length of [1, 2, 33, 300, breadth({ short: 1500, long: LONGEST })]) {
      const { data } = model.forward([[0, ...Array.from({ length }, () => 1)]], {});
      const expected = Float32Array.from({ length }, (_, i) => (isCausal ? i + 1 : length));
      expect(data.slice(1)).toEqual(expected);
    }
  });
});

it("in a causal model it is a function of the position, without a head", () => {
  const sop = load("r = length;").sop("r");
  const model = compile(sop, { vocabulary: "ab", maxLength: 520, causal: true });
  expect([model.certificate.proved, model.card.heads]).toEqual([true, []]);
  for (const length of [1, 2, 33, 300, 520]) {
    const input = Array.from({ length }, (_, i) => (i % 3 ? "a" : "b"));
    expect(model.run(input)).toEqual(evaluate(causal(sop), input));
  }
});

it("a compiled model knows it as the interpreter does", () => {
  const sop = load("r = length;").sop("r");
  const model = compile(sop, { vocabulary: "ab", maxLength: 1024 });
  expect([model.certificate.proved, model.card.heads]).toEqual([true, [["length"]]]);
  const inputs = [1, 2, 33, 300, 1024].map((length) => Array.from({ length }, (_, i) => (i % 3 ? "a" : "b")));
  for (const input of inputs) expect(model.run(input)).toEqual(evaluate(sop, input));
  expectBounded(model, inputs);
});
