/** Functions of sums of ints, against their tables over all joint values of the leaves. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { simplify } from "../../../../src/compiler/normalize/simplify.js";
import { linearPart } from "../../../../src/compiler/plan/features/linear.js";
import { Domain } from "../../../../src/compiler/values/domain.js";
import { compile, load, verify } from "../../../../src/index.js";

/** Sums of the position, the length and numbers of tokens. */
function randomSum(rng: Rng, depth: number): string {
  if (depth === 0) return ["indices", "length", 'indicator(tokens == "5")', "3", "-2"][rng.int(5)]!;
  const [left, right] = [randomSum(rng, depth - 1), randomSum(rng, depth - 1 - rng.int(depth))];
  return [`(${left} + ${right})`, `(${left} - ${right})`, `(2 * ${left})`, `(-${left})`][rng.int(4)]!;
}

const FUNCTIONS = [
  "SUM",
  "SUM % 3",
  "max(SUM, 2)",
  "(SUM == 4)",
  "round(SUM / 2) + SUM",
  "(SUM + indices % 2)",
  "SUM * SUM",
  "(SUM > length - 1)",
  "(indicator(SUM <= 2 * indices) + 2)",
  "(length == SUM)",
];

describe("a function of a sum", () => {
  it("is the same for the sum alone", () => {
    const rng = new Rng(8);
    let [found, compared] = [0, 0];
    for (let run = 0; run < 150; run++) {
      const text = `result = ${FUNCTIONS[rng.int(FUNCTIONS.length)]!.replaceAll("SUM", `(indices - ${randomSum(rng, 1 + rng.int(3))})`)};`;
      const sop = load(text).sop("result");
      const domain = new Domain(["1", "5"], 4);
      const { form, sops } = simplify([sop], domain);
      const normal = sops.get(sop)!;
      const formula = domain.formula(normal);
      const part = linearPart(normal, formula, domain, form);
      if (!part) continue;
      found++;
      if (/[<>]|length ==/.test(text)) compared++;
      const sum = domain.formula(part.sop);
      expect(sum.leaves.every((leaf) => formula.leaves.includes(leaf))).toBe(true);
      const terms = part.terms.map(([term, factor]) => ({ factor, formula: domain.formula(term) }));
      for (const joint of domain.joint(formula.leaves)) {
        const valueOf = (of: typeof formula) =>
          of.values(of.leaves.map((leaf) => joint[formula.leaves.indexOf(leaf)]!))[0]!;
        const number = terms.reduce(
          (total, term) => total + term.factor * Number(valueOf(term.formula)),
          part.constant,
        );
        expect(valueOf(sum), text).toBe(BigInt(number));
        expect(part.formula.values([BigInt(number)]), text).toEqual([valueOf(formula)]);
      }
    }
    expect(found).toBeGreaterThan(50);
    expect(compared).toBeGreaterThan(15);
  });

  it.each([
    ["select(indices, length - 1 - indices, ==)", "aggregate(chosen, tokens)"],
    ["select(indices, round((length - 1 - indices) / 2), ==)", "aggregate(chosen, tokens)"],
    ["select(indices, 0, ==)", "(length - indices) % 3"],
    ["select(indices, 0, ==)", "indices > length - 3"],
  ])("%s gives the whole program at length 190: %s", (selector, result) => {
    const sop = load(`chosen = ${selector}; result = ${result};`).sop("result");
    const model = compile(sop, { vocabulary: "ab", maxLength: 190 });
    expect(model.certificate.proved).toBe(true);
    expect(verify(sop, model, { runs: 12, seed: 1 }).ok).toBe(true);
  });
});
