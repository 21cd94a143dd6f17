/** What states can be for long inputs is guessed from short ones and held to a step: the same sets as step by step. */
import { describe, expect, it } from "vitest";
import { load, type SOp } from "../../../src/index.js";
import { firstValues, keptValues, valuesByStep } from "../../../src/compiler/looped/kept-values.js";
import { loopedProgram } from "../../../src/compiler/looped/parts.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { checkedVocabulary } from "../../../src/compiler/values/vocabulary.js";
import { Work } from "../../../src/compiler/work.js";
import { lessonSOp } from "../lessons.js";
import { breadth, isLong } from "../../../../../test/long.js";

/** The values of each state as texts, and how often a step was made for the longest inputs. */
function bothWays(sop: SOp, letters: string, maxLength: number, causal = false) {
  const program = loopedProgram([sop]);
  const domain = new Domain(checkedVocabulary(letters, maxLength), maxLength, causal);
  let steps = 0;
  const makeWork = (): Work => {
    steps++;
    return new Work();
  };
  const guessed = keptValues(program, domain, makeWork);
  const taken = steps;
  const plain = valuesByStep(program, firstValues(program, domain), domain, makeWork);
  const textsOf = (values: typeof plain): string[] =>
    program.kept.flatMap(({ node }) =>
      Array.from({ length: maxLength }, (_, l) =>
        Array.from({ length: l + 1 }, (__, i) =>
          values
            .get(node)!
            .at(l + 1, i)
            .map(String)
            .join(" "),
        ).join("; "),
      ),
    );
  return { guessed: textsOf(guessed), plain: textsOf(plain), taken, all: steps - taken };
}

describe("the values of states for long inputs", () => {
  it.each([
    ["11-parity", "parity", "01"],
    ...(isLong ? ([["12-addition", "sum", "0+"]] as const) : []),
    ["14-reachability", "reachable", "ab"],
  ] as const)("of lesson %s, %s", (file, name, letters) => {
    const { guessed, plain } = bothWays(lessonSOp({ file, name }), letters, breadth({ short: 33, long: 40 }));
    expect(guessed).toEqual(plain);
  });

  it.each([
    ["to the length", "repeat (x = 0) until (x == length) at most 999 { x = x + 1; }", false],
    ["down to a position", "repeat (x = length) until (x == indices) at most 999 { x = x - 1; }", false],
    [
      "away from the end",
      'repeat (x = 0, t = tokens) until (x == length - 1 - indices) at most 999 { x = x + 1; t = shift(t, 1, "a"); }',
      false,
    ],
    ["of a decoder", "repeat (x = 0) until (x == indices) at most 999 { x = x + 1; }", true],
    ["up to a bound", "repeat (x = -2) until (x > indices - 4 or x == 7) at most 999 { x = min(x + 2, 7); }", false],
  ] as const)("%s", (_, source, causal) => {
    const { guessed, plain } = bothWays(load(source, { example: "ab" }).sop("x"), "ab", 36, causal);
    expect(guessed).toEqual(plain);
  });

  it("may be those of several lengths together, where they change in turn", () => {
    const { guessed, plain } = bothWays(lessonSOp({ file: "17-automata", name: "finite" }), "0|", 33);
    guessed.forEach((texts, s) => {
      const known = texts.split("; ").map((text) => new Set(text.split(" ")));
      const missing = plain[s]!.split("; ").some((text, i) => text.split(" ").some((value) => !known[i]!.has(value)));
      expect(missing).toBe(false);
    });
  });

  it("need as many steps as short inputs take", () => {
    const { taken, all } = bothWays(lessonSOp({ file: "11-parity", name: "parity" }), "01", 40);
    expect([taken < 20, all]).toEqual([true, 41]);
  });

  it("are worked out step by step where a guess is wrong", () => {
    const source = "repeat (x = 0) until (x == (0 if length < 20 else 5)) at most 99 { x = x + 1; }";
    const { guessed, plain } = bothWays(load(source, { example: "ab" }).sop("x"), "ab", 32);
    expect(guessed).toEqual(plain);
  });
});
