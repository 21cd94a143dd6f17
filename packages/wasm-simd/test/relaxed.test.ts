import { getKernels, referenceKernels, setKernels } from "@selectron/core";
import { kernelConformance } from "@selectron/core/testing";
import { enableWasm } from "@selectron/wasm-simd";
import { enableRelaxedWasm, isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import { afterEach, describe, expect, it } from "vitest";
import { relaxedKernels, roundingOf } from "./relaxed.js";

const supported = isRelaxedSimdSupported();
const refused: unknown = supported ? undefined : await enableRelaxedWasm().catch((error: unknown) => error);
const relaxed = await relaxedKernels();
await enableWasm();
const exact = getKernels();
setKernels(referenceKernels);
afterEach(() => setKernels(referenceKernels));

describe("the kernels that fuse conform", () => {
  for (const { name, run } of kernelConformance(relaxed)) it(name, run);
});

it("fuse, and the exact ones do not", () => {
  expect(roundingOf(exact)).toEqual([0]);
  expect(roundingOf(relaxed)).toEqual([2 ** -24]);
});

it.skipIf(supported)("say what to do where relaxed SIMD is missing", () => {
  expect(String(refused)).toContain("no relaxed SIMD");
  expect(String(refused)).toContain("enableWasm");
});
