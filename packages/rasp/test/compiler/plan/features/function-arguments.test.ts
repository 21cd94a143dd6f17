/** What functions are tabulated over, against the functions of their leaves. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import type { NormalSOp } from "../../../../src/compiler/normalize/normal-form.js";
import { simplify } from "../../../../src/compiler/normalize/simplify.js";
import { argumentsOf } from "../../../../src/compiler/plan/features/function-arguments.js";
import { Domain } from "../../../../src/compiler/values/domain.js";
import { compile, load, verify } from "../../../../src/index.js";
import type { Atom } from "../../../../src/language/graph/node.js";

const NUMBERS = ["indices", "length", 'count(tokens, "a")', "3"];
const CONDITIONS = ["indices == 0", "indices % 2 == 1", 'tokens == "b"', "length > NUMBER", "indices < NUMBER"];

function randomNumber(rng: Rng, depth: number): string {
  if (depth === 0) return NUMBERS[rng.int(NUMBERS.length)]!;
  const part = (): string => randomNumber(rng, depth - 1);
  const condition = CONDITIONS[rng.int(CONDITIONS.length)]!.replace("NUMBER", part());
  return [`(${part()} if ${condition} else ${part()})`, `(${part()} + ${part()})`][rng.int(3) === 0 ? 1 : 0]!;
}

describe("arguments of a function", () => {
  it("tell apart all that the leaves tell apart", () => {
    const rng = new Rng(21);
    const kinds = { classes: 0, sum: 0, "sums and others": 0, leaves: 0 };
    for (let run = 0; run < 60; run++) {
      const text = `result = ${randomNumber(rng, 1 + rng.int(2))} + indicator(indices == 1);`;
      const sop = load(text).sop("result");
      const domain = new Domain(["a", "b", "c"], 4);
      const { form, sops } = simplify([sop], domain);
      const normal = sops.get(sop)!;
      const formula = domain.formula(normal);
      const args = argumentsOf(normal, formula, domain, form, 0);
      const areLeaves = args.leaves.every((leaf) => formula.leaves.includes(leaf));
      const sums = args.sums?.length ?? 0;
      const kind =
        sums === 0 ? (areLeaves ? "leaves" : "classes") : args.leaves.length === 1 ? "sum" : "sums and others";
      kinds[kind]++;
      const listed = new Set([...args.joint].map((joint) => joint.join()));
      for (const joint of domain.joint(formula.leaves)) {
        const valueOf = (argument: NormalSOp): Atom => {
          const ofLeaves = domain.formula(argument);
          return ofLeaves.values(ofLeaves.leaves.map((leaf) => joint[formula.leaves.indexOf(leaf)]!))[0]!;
        };
        const given = args.leaves.map(valueOf);
        expect(listed, text).toContain(given.join());
        expect(args.valueAt(given), text).toEqual(formula.evaluate(joint)?.[0]);
      }
    }
    expect(Math.min(...Object.values(kinds))).toBeGreaterThan(1);
  });

  it.each([
    'result = count(tokens, "a") if indices == 0 else length + 1;',
    'result = length if indices % 3 == 1 else count(tokens, "b") % 5;',
    'result = tokens if indices > count(tokens, "a") + 2 else ("x" if tokens == "b" else "y");',
    'result = (tokens if count(tokens, "b") - indices == 1 else "y") if tokens == "a" else ("z" if indices + length > 40 else "y");',
    'result = aggregate(select(indices, (0 if indices == 0 else count(tokens, "a")), ==), tokens, "none");',
  ])("may have many joint values: %s", (text) => {
    const sop = load(text).sop("result");
    const model = compile(sop, { vocabulary: "ab", maxLength: 36 });
    expect(model.certificate.proved).toBe(true);
    expect(verify(sop, model, { runs: 12, seed: 1 }).ok).toBe(true);
  });
});
