/** The kernels that fuse, on several threads. */
import { getKernels, randn, referenceKernels, Rng, setKernels } from "@selectron/core";
import { kernelConformance } from "@selectron/core/testing";
import { isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import { enableRelaxedThreads } from "@selectron/wasm-simd/relaxed/threads";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { relaxedKernels, roundingOf } from "./relaxed.js";

const supported = isRelaxedSimdSupported();
const refused: unknown = supported ? undefined : await enableRelaxedThreads().catch((error: unknown) => error);
const one = await relaxedKernels();
const status = await enableRelaxedThreads({ threads: 2, leastWork: 0 });
const two = getKernels();
setKernels(referenceKernels);
afterEach(() => setKernels(referenceKernels));
afterAll(() => status.stop());

it("are active", () => {
  expect(status).toMatchObject({ variant: "relaxed-simd", threads: 2, reason: undefined });
});

describe("conform", () => {
  for (const { name, run } of kernelConformance(two)) it(name, run);
});

it.each([8, 31, 64, 200])("give the same bits as one thread for %i rows", (m) => {
  const [a, b] = [randn([m, 77], new Rng(1)), randn([77, 53], new Rng(2))];
  const product = (kernels: typeof one): number[] => {
    setKernels(kernels);
    return [...a.matmul(b).data];
  };
  expect(product(two)).toEqual(product(one));
});

it("fuse, in products that are cut", () => {
  expect(roundingOf(two)).toEqual([2 ** -24]);
});

it("run on one thread where threads are not available, and say why", async () => {
  const alone = await enableRelaxedThreads({ threads: 1 });
  expect(alone).toMatchObject({ variant: "relaxed-simd", threads: 1, reason: undefined });
  await expect(enableRelaxedThreads({ threads: 0 })).rejects.toThrow("enableRelaxedThreads: threads is 0");
});

it.skipIf(supported)("say what to do where relaxed SIMD is missing", () => {
  expect(String(refused)).toContain("enableRelaxedThreads: this runtime's WebAssembly has no relaxed SIMD");
});
