/** The short form of `npm run fuzz`: some mutations of every kind. `npm run fuzz` itself watches time and memory as well. */
import { describe, expect, it } from "vitest";
import { breadth } from "../../test/long.js";
import { drawMutation, judge, mutated, prepare } from "../src/judge.js";
import { KINDS } from "../src/kinds/index.js";

const SEED = 1;
const MUTATIONS = breadth({ short: 1, long: 8 });
/** Kinds whose samples take seconds to make have the long form only. */
const LEAST_SHARE = breadth({ short: 0.2, long: 0 });

describe("mutations are answered as the documents say:", () => {
  it.each(KINDS.filter(({ share }) => share >= LEAST_SHARE).map((kind) => [kind.name, kind] as const))(
    "%s",
    async (name, kind) => {
      const prepared = await prepare(kind);
      const faults: string[] = [];
      const count = Math.ceil(kind.share * MUTATIONS);
      for (let number = 0; number < count; number++) {
        const mutation = drawMutation(prepared, SEED, number);
        const outcome = await judge(prepared, mutated(prepared, mutation), mutation.sample);
        if (outcome.kind === "fault") {
          faults.push(`npm run fuzz -- --kinds ${name} --seed ${SEED} --only ${number}: ${outcome.what}`);
        }
      }
      expect(faults).toEqual([]);
    },
  );
});
