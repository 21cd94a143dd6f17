/** Programs with a loop as Transformers with a loop: states and values after every step are the interpreter's. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { causal, Evaluation, load, loopSteps, RaspError, type Atom, type SOp } from "../../src/index.js";
import { atomKey } from "../../src/language/atom/compare.js";
import { compileLooped, type LoopedModel } from "../../src/compiler/looped/index.js";
import { everyInput, randomInputs } from "../../src/compiler/verify/inputs.js";
import { lessonSOp } from "./lessons.js";
import { BOOLS, LETTERS, NUMBERS } from "../arbitrary/program.js";
import { loopProgramOver } from "../arbitrary/loop-program.js";
import { breadth } from "../../../../test/long.js";

const keys = (values: readonly (readonly Atom[])[]): string[] => values.map((row) => row.map(atomKey).join(" "));

/** Compares every step on these inputs, and gives how many had a value. */
function compareSteps(sop: SOp, model: LoopedModel, inputs: Iterable<readonly Atom[]>): number {
  let compared = 0;
  for (const input of inputs) {
    let steps, values;
    try {
      [steps] = loopSteps(sop, input);
      values = new Evaluation(input).sop(sop);
    } catch (error) {
      if (error instanceof RaspError) continue;
      throw error;
    }
    compared++;
    const ran = model.run(input);
    const where = JSON.stringify(input.map(String));
    const wanted = steps!.moments.slice(1).map(({ states }) => keys(states));
    // The last application finds that all positions have halted.
    const last = keys(steps!.moments.at(-1)!.states);
    expect(ran.states.map(keys), where).toEqual([...wanted, last]);
    expect(keys([ran.values]), where).toEqual(keys([values]));
  }
  return compared;
}

describe("the lessons", () => {
  it.each([
    ["11-parity", "parity", "01", 6, 8],
    ["11-parity", "parity_fast", "01", 6, 8],
    ["12-addition", "sum", "08+", 4, 6],
    ["13-counter", "counted", "01", 4, 6],
    ["14-reachability", "reachable", "abc", 4, 6],
    ["15-cancelling", "unmatched", "()[]", 3, 6],
    ["16-neighbours", "sorted", "abc", 4, 6],
    ["17-automata", "finite", "0a|", 4, 6],
  ] as const)("%s, %s", (file, name, vocabulary, short, long) => {
    const sop = lessonSOp({ file, name });
    const maxLength = breadth({ short, long });
    const model = compileLooped(sop, { vocabulary, maxLength });
    expect(model.certificate.proved).toBe(true);
    expect(compareSteps(sop, model, everyInput([...vocabulary], maxLength))).toBeGreaterThan(2);
  });

  it("need no more parameters for more steps", () => {
    const sop = lessonSOp({ file: "11-parity", name: "parity" });
    const longest = breadth({ short: 24, long: 64 });
    const sizes = [12, longest].map((maxLength) => {
      const model = compileLooped(sop, { vocabulary: "01", maxLength });
      expect(compareSteps(sop, model, randomInputs(["0", "1"], maxLength, 5, 3))).toBe(5);
      return model.encoder.config;
    });
    // What positions cost is a coordinate each, and the width of the head that compares them.
    const withoutWidth = sizes.map(({ blocks }) => blocks.map(({ heads, dFf }) => [heads, dFf]));
    expect(withoutWidth[1]).toEqual(withoutWidth[0]);
    expect(sizes[1]!.dModel - sizes[0]!.dModel).toBe(longest - 12);
  });
});

describe.each([
  ["letters", { ...LETTERS, vocabulary: ["a", "b"] }],
  ["numbers", NUMBERS],
  ["bools", BOOLS],
] as const)("random loops over %s", (_, alphabet) => {
  it("have the interpreter's states after every step", () => {
    let compared = 0;
    const cases = fc.record({
      source: loopProgramOver(alphabet, { limit: 4, nested: false }),
      decoder: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ source, decoder }) => {
        let sop: SOp, model: LoopedModel;
        try {
          sop = load(source, { example: alphabet.vocabulary }).sop("result");
          model = compileLooped(sop, { vocabulary: alphabet.vocabulary, maxLength: 3, causal: decoder });
        } catch (error) {
          if (error instanceof RaspError) return;
          throw error;
        }
        expect(model.certificate.proved).toBe(true);
        compared += compareSteps(decoder ? causal(sop) : sop, model, everyInput(alphabet.vocabulary, 3));
      }),
      { numRuns: breadth({ short: 10, long: 500 }) },
    );
    expect(compared).toBeGreaterThan(20);
  });
});
