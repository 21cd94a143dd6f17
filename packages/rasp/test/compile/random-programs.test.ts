/** Random well-typed programs: each pass keeps their meaning, and the compiled model computes them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { compile, Evaluation, load, RaspError, verify, type SOp } from "../../src/index.js";
import { Domain } from "../../src/compile/domain.js";
import { NormalValues } from "../../src/compile/normal-values.js";
import type { NormalSOp } from "../../src/compile/normal.js";
import { simplify } from "../../src/compile/simplify.js";
import { atomKey } from "../../src/atom/compare.js";
import { everyInput } from "../../src/verify/inputs.js";
import { sopSource } from "../arbitrary/program.js";

const VOCABULARY = ["a", "b", "c"];
const MAX_LENGTH = 3;

const sopOf = (source: string): SOp => load(`result = ${source};`, { example: "abc" }).sop("result");

/** Programs whose every part is constant are values, not s-ops. */
const programs = sopSource.filter((source) => {
  try {
    sopOf(source);
    return true;
  } catch (error) {
    if (error instanceof RaspError) return false;
    throw error;
  }
});

it("the compiled model computes the program on every input", () => {
  let refused = 0;
  fc.assert(
    fc.property(programs, (source) => {
      const sop = sopOf(source);
      let model;
      try {
        model = compile(sop, { vocabulary: VOCABULARY, maxLength: MAX_LENGTH });
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
        expect(error.diagnostic.class).toBe("compile");
        refused++;
        return;
      }
      expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true });
    }),
    { numRuns: 400, seed: 20261122 },
  );
  // A refusal is honest, but it is no answer: it must stay the exception.
  expect(refused).toBeLessThan(8);
});

it("simplification keeps the value of the program, and the domain holds every value that occurs", () => {
  fc.assert(
    fc.property(programs, (source) => {
      const sop = sopOf(source);
      const { root } = simplify(sop, MAX_LENGTH);
      const domain = new Domain(VOCABULARY, MAX_LENGTH);
      for (const input of everyInput(VOCABULARY, MAX_LENGTH)) {
        const values = new NormalValues(input);
        expect(values.of(root).map(atomKey)).toEqual(new Evaluation(input).sop(sop).map(atomKey));
        for (const node of reach(root))
          for (const [i, value] of values.of(node).entries())
            expect(domain.at(node, input.length, i).atoms.map(atomKey)).toContain(atomKey(value));
      }
    }),
    { numRuns: 150, seed: 7 },
  );
});

/** The node and everything that it reads. */
function reach(root: NormalSOp): Set<NormalSOp> {
  const seen = new Set([root]);
  for (const node of seen) {
    if (node.kind === "map") node.args.forEach((arg) => seen.add(arg));
    if (node.kind !== "mean" && node.kind !== "width") continue;
    if (node.kind === "mean") seen.add(node.value);
    for (const { keys, queries } of node.selection.comparisons) seen.add(keys).add(queries);
  }
  return seen;
}
