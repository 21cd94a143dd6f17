/** Loops written out as layers: the compiled model computes what the interpreter does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compile,
  load,
  RaspError,
  verify,
  type CompiledModel,
  type CompileOptions,
  type SOp,
} from "../../src/index.js";
import { atomKey } from "../../src/language/atom/compare.js";
import { Evaluation } from "../../src/language/interpret/evaluation.js";
import { MOST_STEPS } from "../../src/compiler/values/loops.js";
import { BOOLS, LETTERS, NUMBERS, type Alphabet } from "../arbitrary/program.js";
import { loopProgramOver } from "../arbitrary/loop-program.js";
import { breadth } from "../../../../test/long.js";

/** The s-op; undefined if it has no value on its example. */
function loaded(source: string, { vocabulary }: Alphabet): SOp | undefined {
  try {
    return load(source, { example: vocabulary }).sop("result");
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** The model; undefined where the compiler refuses. */
function compiledOrNone(sop: SOp, options: CompileOptions): CompiledModel | undefined {
  try {
    return compile(sop, options);
  } catch (error) {
    if (error instanceof RaspError && error.diagnostic.class === "compile") return undefined;
    throw error;
  }
}

describe.each([
  ["letters", { ...LETTERS, vocabulary: ["a", "b"] }],
  ["numbers", NUMBERS],
  ["bools", BOOLS],
] as const)("random loops over %s", (_, alphabet) => {
  it("compile to models that compute them, and tell where they do not end", () => {
    let compiled = 0;
    const cases = fc.record({
      source: loopProgramOver(alphabet, { limit: 3, nested: true }),
      causal: fc.boolean(),
      mark: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ source, causal, mark }) => {
        const sop = loaded(source, alphabet);
        const model = sop && compiledOrNone(sop, { vocabulary: alphabet.vocabulary, maxLength: 3, causal, mark });
        if (!model) return;
        compiled++;
        const report = verify(sop, model, { exhaustive: true });
        expect(report.counterexample).toBeUndefined();
        expect(report.ok).toBe(true);
      }),
      { numRuns: breadth({ short: 25, long: 500 }) },
    );
    expect(compiled).toBeGreaterThan(5);
  });
});
