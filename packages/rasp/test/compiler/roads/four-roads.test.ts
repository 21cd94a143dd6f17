/**
 * Random programs with a loop: the interpreter, written-out layers, the looped Transformer and the scratchpad have the same states. What fails
 * is shown as a program that can be pasted. SELECTRON_LOOPS=500 tries so many, FC_SEED=n draws others.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOOLS, LETTERS, NUMBERS } from "../../arbitrary/program.js";
import { loopProgramOver } from "../../arbitrary/loop-program.js";
import { compareRoads, resultOf } from "./four-roads.js";
import { breadth } from "../../../../../test/long.js";

const ALPHABETS = [
  ["letters", { ...LETTERS, vocabulary: ["a", "b"] }],
  ["numbers", NUMBERS],
  ["bools", BOOLS],
] as const;

const asked = process.env["SELECTRON_LOOPS"];
const runs = asked === undefined ? breadth({ short: 3, long: 12 }) : Math.ceil(Number(asked) / ALPHABETS.length);

/** Of the programs, the share that some road may refuse. */
const MOST_REFUSED = 1 / 20;

describe.each(ALPHABETS)("random loops over %s", (_, alphabet) => {
  it(
    "have the same states on all four roads",
    () => {
      let [steps, without] = [0, 0];
      const refused: string[] = [];
      fc.assert(
        fc.property(loopProgramOver(alphabet, { limit: 4, nested: true }), (source) => {
          const sop = resultOf(source, alphabet.vocabulary);
          fc.pre(sop !== undefined);
          const outcome = compareRoads(source, sop!, alphabet.vocabulary, 3);
          steps += outcome.steps;
          if (outcome.compared === 0) without++;
          for (const [road, why] of outcome.refused) refused.push(`${road}: ${why}\n${source}`);
        }),
        { numRuns: runs, maxSkipsPerRun: 100 },
      );
      if (asked !== undefined) console.log(`${runs} programs, ${steps} steps, refused:`, refused);
      expect(refused.length, refused.join("\n")).toBeLessThanOrEqual(Math.ceil(MOST_REFUSED * runs));
      expect(without).toBe(0);
      expect(steps).toBeGreaterThan(10 * runs);
    },
    asked === undefined ? undefined : 36e5,
  );
});
