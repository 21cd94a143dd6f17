import { getKernels, referenceKernels, setKernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { afterAll, expect, it } from "vitest";
import { check } from "../src/harness.js";
import { backwardComparison } from "../src/suites/backward.js";

afterAll(() => setKernels(referenceKernels));

it("attention and its gradients have the answers of the reference", async () => {
  await enableWasm();
  const comparison = backwardComparison(70, getKernels(), "exact");
  expect(comparison.candidates.map(({ name }) => name)).toEqual(["forward", "backward"]);
  await check(comparison);
});
