/** The short form of `npm run fuzz`: some mutations of every kind. `npm run fuzz` itself watches time and memory as well. */
import { describe, expect, it } from "vitest";
import { breadth } from "../../test/long.js";
import { drawMutation, judge, mutated, prepare } from "../src/judge.js";
import { KINDS } from "../src/kinds/index.js";

const SEED = 1;
const MUTATIONS = breadth({ short: 1, long: 40 });

/** Kinds whose readers do not keep their promises yet. */
const NOT_YET: readonly RegExp[] = [/^sequence/];

describe("mutations are answered as the documents say:", () => {
  it.each(KINDS.map((kind) => [kind.name, kind] as const))("%s", async (name, kind) => {
    if (NOT_YET.some((pattern) => pattern.test(name))) return;
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
  });
});
