/** Random programs come back from their models equal in value on every input. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { atomsEqual, compile, Evaluation, load, RaspError, type CompiledModel, type SOp } from "../../../src/index.js";
import { decompileProgram } from "../../../src/decompile/index.js";
import { everyInput } from "../../../src/verify/inputs.js";
import { LETTERS, sopSourceOver } from "../../arbitrary/program.js";

const PROGRAMS = Number(process.env["RANDOM_PROGRAMS"] ?? 40);
const { vocabulary } = LETTERS;
const MAX_LENGTH = 4;

/** Undefined where the text is no s-op or does not compile. */
function compiled(source: string): { sop: SOp; model: CompiledModel } | undefined {
  try {
    const sop = load(`answer = ${source};`, { example: vocabulary }).sop("answer");
    return { sop, model: compile(sop, { vocabulary, maxLength: MAX_LENGTH }) };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

it(`${PROGRAMS} random programs come back`, { timeout: 10_000 * PROGRAMS }, () => {
  fc.assert(
    fc.property(sopSourceOver(LETTERS), (source) => {
      const one = compiled(source);
      fc.pre(one !== undefined);
      const { source: text, results } = decompileProgram(one.model, { fresh: 10 });
      const again = load(text, { example: vocabulary }).sop(results[0]!);
      for (const input of everyInput(vocabulary, MAX_LENGTH)) {
        const [expected, got] = [one.sop, again].map((sop) => valuesOf(sop, input));
        // Where the program itself has no value the model may say anything.
        if (expected) expect(got?.every((value, i) => atomsEqual(value, expected[i]!))).toBe(true);
      }
    }),
    { numRuns: PROGRAMS, seed: 20261122 },
  );
});

function valuesOf(sop: SOp, input: Parameters<typeof everyInput>[0]) {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}
