/** What cannot be enabled says why, under the name of the function that was called, and leaves core as it was. */
import { readFileSync } from "node:fs";
import { getKernels, randn, referenceKernels, Rng, setKernels, tensor } from "@selectron/core";
import { enableWasm, enableWasmSync } from "@selectron/wasm-simd";
import { enableRelaxedWasm, isRelaxedSimdSupported } from "@selectron/wasm-simd/relaxed";
import { enableRelaxedThreads } from "@selectron/wasm-simd/relaxed/threads";
import { enableThreads } from "@selectron/wasm-simd/threads";
import { afterEach, describe, expect, it, vi } from "vitest";
import { binary } from "../src/binary.js";
import { inlinedBytes } from "../src/module.js";
import { binary as relaxedBinary } from "../src/relaxed/binary.js";

afterEach(() => {
  vi.unstubAllGlobals();
  setKernels(referenceKernels);
});

const functions: Readonly<Record<string, () => unknown>> = {
  enableWasm,
  enableWasmSync: async () => Promise.resolve(enableWasmSync()),
  enableRelaxedWasm,
  enableThreads: () => enableThreads({ threads: 2 }),
  enableRelaxedThreads: () => enableRelaxedThreads({ threads: 2 }),
};
const names = Object.keys(functions);
const relaxedNames = names.filter((name) => name.includes("Relaxed"));

/** WebAssembly whose probes succeed, with another Module. */
function pretend(module: unknown): void {
  vi.stubGlobal("WebAssembly", { validate: (): boolean => true, Module: module, Memory: WebAssembly.Memory });
}

async function refused(name: string, message: string): Promise<void> {
  await expect(functions[name]!()).rejects.toThrow(
    new RegExp(`^${name}: ${message}.*; the kernels in use stay in use.$`),
  );
  expect(getKernels()).toBe(referenceKernels);
}

describe.each(names)("%s", (name) => {
  it("where there is no WebAssembly, and nothing else that browsers have", async () => {
    for (const global of ["WebAssembly", "URL", "atob", "fetch", "navigator", "performance", "setTimeout", "Worker"]) {
      vi.stubGlobal(global, undefined);
    }
    await refused(name, "this runtime has no WebAssembly");
  });

  it("where there is no SIMD", async () => {
    vi.stubGlobal("WebAssembly", { validate: (): boolean => false });
    const kind = relaxedNames.includes(name) ? "relaxed SIMD" : "SIMD";
    await refused(name, `this runtime's WebAssembly has no ${kind}`);
  });

  it("where compiling is forbidden", async () => {
    pretend(function Blocked() {
      throw new Error("blocked by policy");
    });
    await refused(name, "this runtime refuses to compile WebAssembly .*blocked by policy.*simd.wasm");
  });
});

describe("source", () => {
  it.each(["enableWasm", "enableRelaxedWasm"])("of %s that is another binary, or is not there", async (name) => {
    if (relaxedNames.includes(name) && !isRelaxedSimdSupported()) return;
    const enable = name === "enableWasm" ? enableWasm : enableRelaxedWasm;
    const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
    await expect(enable({ source: empty })).rejects.toThrow(`${name}: the binary given is not that of @selectron`);
    await expect(enable({ source: empty.subarray(0, 5) })).rejects.toThrow(`${name}: this runtime refuses to compile`);
    await expect(enable({ source: "data:,x" })).rejects.toThrow(`${name}: this runtime refuses to compile`);
    await expect(enable({ source: "nowhere:x" })).rejects.toThrow(`${name}: the binary at nowhere:x cannot be fetched`);
    expect(getKernels()).toBe(referenceKernels);
  });

  it("the inlined bytes are decoded without the runtime's help", () => {
    for (const base64 of [binary, relaxedBinary, "", "AA==", "AAE=", "AAEC", "/+7dzA=="]) {
      expect(inlinedBytes(base64)).toEqual(Uint8Array.from(Buffer.from(base64, "base64")));
    }
  });

  it("the files beside the binaries have their bytes, and a module of them is taken", async () => {
    const file = (name: string): Uint8Array<ArrayBuffer> =>
      Uint8Array.from(readFileSync(new URL(`../src/${name}`, import.meta.url)));
    expect(file("simd.wasm")).toEqual(inlinedBytes(binary));
    expect(file("relaxed/simd.wasm")).toEqual(inlinedBytes(relaxedBinary));
    expect(await enableWasm({ source: new WebAssembly.Module(file("simd.wasm")) })).toEqual({
      variant: "simd",
      threads: 1,
    });
    expect(getKernels().name).toBe("wasm-simd");
    const [a, b] = [randn([9, 9], new Rng(1)), tensor(Array.from({ length: 9 }, (_, i) => [i]))];
    const fast = a.matmul(b);
    setKernels(referenceKernels);
    expect(fast.sub(a.matmul(b)).abs().max().item()).toBeLessThan(1e-5);
  });
});
