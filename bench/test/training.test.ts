import { describe, expect, it } from "vitest";
import { check } from "../src/harness.js";
import { trainingComparison } from "../src/suites/training.js";
import { trainingOperations, trainingTask } from "../src/training/task.js";

describe("the training step", () => {
  it("has the reference's losses on WebAssembly, with scopes, without and resident", async () => {
    const comparison = await trainingComparison(false);
    expect(comparison.candidates.map(({ name }) => name)).toEqual([
      "selectron",
      "selectron, no scope",
      "selectron-resident",
    ]);
    await check(comparison);
  });

  it("takes 405 million operations", () => {
    const sizes = { layers: 2, dModel: 64, heads: 4, dFf: 256, batch: 32, length: 20, vocabulary: 32 };
    expect(Math.round(trainingOperations(trainingTask(sizes)) / 1e6)).toBe(405);
  });
});
