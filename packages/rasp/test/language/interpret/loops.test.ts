/** Loops: the interpreter computes what the plain reference does, and a printed loop is the same loop. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causal, Evaluation, load, printRasp, RaspError, sameGraph, type Atom, type SOp } from "../../../src/index.js";
import { atomKey } from "../../../src/language/atom/compare.js";
import { ReferenceEvaluation } from "../../../src/language/interpret/reference.js";
import { LETTERS, NUMBERS } from "../../arbitrary/program.js";
import { loopProgramOver } from "../../arbitrary/loop-program.js";
import { breadth } from "../../../../../test/long.js";

/** A loop that changes nothing is an error before the limit is reached. */
const ENDLESS = "RASP3301";
const LIMIT = "RASP3302";

/** The values, or the code of the error. */
function outcome(values: () => readonly Atom[]): string {
  try {
    return values().map(atomKey).join(" ");
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    const { code } = error.diagnostic;
    return code === ENDLESS ? LIMIT : code;
  }
}

/** The s-op of a program; undefined if it has no value on its example, or its loop cannot end. */
function loaded(source: string, example: readonly Atom[]): SOp | undefined {
  try {
    return load(source, { example }).sop("result");
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

describe.each([
  ["letters", LETTERS],
  ["numbers", NUMBERS],
] as const)("random loops over %s", (_, alphabet) => {
  const inputs = fc.array(fc.constantFrom(...alphabet.vocabulary), { minLength: 1, maxLength: 5 });
  const programs = loopProgramOver(alphabet, { limit: 5, nested: true });
  const cases = fc.record({ source: programs, example: inputs, other: inputs, decoder: fc.boolean() });

  it("have the reference's values, and survive printing", () => {
    let ran = 0;
    fc.assert(
      fc.property(cases, ({ source, example, other, decoder }) => {
        const sop = loaded(source, example);
        if (!sop) return;
        ran++;
        const meant = decoder ? causal(sop) : sop;
        for (const input of [example, other]) {
          const expected = outcome(() => new ReferenceEvaluation(input).sop(meant));
          expect(outcome(() => new Evaluation(input).sop(meant))).toBe(expected);
          expect(outcome(() => new Evaluation(input).sopOnce(meant))).toBe(expected);
        }
        const text = printRasp(sop, "result");
        const again = load(text, { example }).sop("result");
        expect(sameGraph(sop, again), text).toBe(true);
        expect(outcome(() => new Evaluation(other).sop(again))).toBe(outcome(() => new Evaluation(other).sop(sop)));
      }),
      { numRuns: breadth({ short: 60, long: 1000 }) },
    );
    expect(ran).toBeGreaterThan(25);
  });
});
