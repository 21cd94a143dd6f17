import { getKernels, referenceKernels, setKernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { afterAll, expect, it } from "vitest";
import { check } from "../src/harness.js";
import { restrictedComparison } from "../src/suites/restricted.js";

afterAll(() => setKernels(referenceKernels));

it("restricted attention: lists and band have the answer of the reference", async () => {
  await enableWasm();
  const comparison = restrictedComparison(200, getKernels());
  expect(comparison.candidates.map(({ name }) => name)).toEqual(["lists", "band", "all keys"]);
  await check(comparison);
});
