import { full, ones, referenceKernels, setKernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { afterAll, describe, expect, it } from "vitest";
import { breadth } from "../../test/long.js";
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

  it("is flat over small operations, whose operands are new, and move to linear memory", async () => {
    await enableWasm();
    const row = ones([1, 64]);
    let sum = 0;
    /** 20 operations; the first 1,600 of these matrices fill the room that one job has. */
    const step = (): void => {
      const w = full([64, 80], 0.5);
      for (let i = 0; i < 4; i++) sum += row.matmul(w).add(1).relu().mul(2).sum().item();
    };
    const [least, most] = [2000, breadth({ short: 5000, long: 50_000 })];
    const [before, after] = memoryAfter(step, [least, most]);
    expect(after! - before!).toBeLessThan(ALLOWED);
    expect(sum).toBe(most * 4 * 80 * 2 * 33);
  });

  it("shows a leak of 256 KB a step", () => {
    const kept: Float32Array[] = [];
    const [before, after] = memoryAfter(() => kept.push(new Float32Array(65_536).fill(1)), MARKS);
    expect(after! - before!).toBeGreaterThan(ALLOWED);
    expect(kept.length).toBe(1000);
  });
});
