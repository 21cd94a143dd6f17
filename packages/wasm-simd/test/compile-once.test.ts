/** Each inlined binary is compiled once, however often kernels are enabled: V8, of Node 20, keeps 1.6 KB of each module. */
import { referenceKernels, setKernels } from "@selectron/core";
import { enableWasm, enableWasmSync } from "@selectron/wasm-simd";
import { enableRelaxedWasm } from "@selectron/wasm-simd/relaxed";
import { enableRelaxedThreads } from "@selectron/wasm-simd/relaxed/threads";
import { enableThreads } from "@selectron/wasm-simd/threads";
import { afterAll, afterEach, expect, it } from "vitest";
import { relaxedKernels } from "./relaxed.js";

await relaxedKernels();
const { Module } = WebAssembly;
let compiled = 0;
WebAssembly.Module = new Proxy(Module, {
  construct(target, bytes: [BufferSource]) {
    compiled++;
    return new target(...bytes);
  },
});
afterEach(() => setKernels(referenceKernels));
afterAll(() => void (WebAssembly.Module = Module));

/** Enables kernels on so many threads, and stops them. */
const stopped = (enable: typeof enableThreads, threads: number) => async (): Promise<void> =>
  (await enable({ threads })).stop();

it.each<[string, () => unknown]>([
  ["enableWasmSync", () => enableWasmSync()],
  ["enableWasm", () => enableWasm()],
  ["enableRelaxedWasm", () => enableRelaxedWasm()],
  ["enableThreads, of two", stopped(enableThreads, 2)],
  ["enableThreads, of one", stopped(enableThreads, 1)],
  ["enableRelaxedThreads, of two", stopped(enableRelaxedThreads, 2)],
  ["enableRelaxedThreads, of one", stopped(enableRelaxedThreads, 1)],
])("%s compiles nothing the second time", async (_, enable) => {
  await enable();
  compiled = 0;
  await enable();
  expect(compiled).toBe(0);
});

it("compiles bytes that are given each time", () => {
  compiled = 0;
  const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  expect(() => enableWasmSync({ source: bytes })).toThrow(/not that of @selectron/);
  expect(() => enableWasmSync({ source: bytes })).toThrow(/not that of @selectron/);
  expect(compiled).toBe(2);
});
