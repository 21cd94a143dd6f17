import { referenceKernels, setKernels } from "@selectron/core";
import { afterAll, describe, expect, it } from "vitest";
import { memoryAfter, memoryPlaces, memoryStep } from "../src/suites/memory.js";

afterAll(() => setKernels(referenceKernels));

/** In megabytes. `npm run bench -- memory` takes 10,000 steps and allows 16; here others share the process. */
const ALLOWED = 24;
/** Until V8's young generation has its size, some 300 steps, memory grows by 25 MB. */
const MARKS = [500, 1000];

describe("resident memory over training steps", () => {
  it.each(memoryPlaces)("is flat on the place %s", async (place) => {
    const [before, after] = memoryAfter(await memoryStep(place), MARKS);
    expect(after! - before!).toBeLessThan(ALLOWED);
  });

  it("shows a leak of 256 KB a step", () => {
    const kept: Float32Array[] = [];
    const [before, after] = memoryAfter(() => kept.push(new Float32Array(65_536).fill(1)), MARKS);
    expect(after! - before!).toBeGreaterThan(ALLOWED);
    expect(kept.length).toBe(1000);
  });
});
