/**
 * The packages in an engine that has the language and nothing else, as QuickJS: a context without what Node adds. It does the same as here.
 * What a package used of a host without looking would be a ReferenceError.
 */
import { createContext, runInContext } from "node:vm";
import { beforeAll, expect, it } from "vitest";
import { bare } from "./runtimes/bare.mjs";
import { bundle, sources } from "./runtimes/bundle.mjs";

let code: string;
beforeAll(async () => {
  code = await bundle("bare.mjs", { format: "iife", alias: sources });
});

/** What an expression gives in a context that has the bundle, without some of V8's own globals. */
function inContext(expression: string, without: readonly string[] = []): Promise<unknown> {
  const context = createContext({});
  for (const name of ["console", ...without]) runInContext(`delete globalThis.${name}`, context);
  runInContext(code, context);
  return runInContext(`bundled.${expression}.then(JSON.stringify)`, context) as Promise<unknown>;
}

const WASM = ["WebAssembly", "SharedArrayBuffer", "Atomics"];

it("does what it does in Node", async () => {
  const missing = [
    "URL",
    "TextEncoder",
    "TextDecoder",
    "atob",
    "fetch",
    "setTimeout",
    "performance",
    "console",
    "process",
  ];
  const context = createContext({});
  runInContext("delete globalThis.console", context);
  expect(missing.filter((name) => runInContext(`typeof ${name}`, context) !== "undefined")).toEqual([]);
  const here = await bare();
  expect(here.values).toEqual(["é,𝄞,é,a 0,2,0,2", "é,𝄞,é,a 0,2,0,2"]);
  expect(await inContext("bare()", WASM)).toBe(JSON.stringify(here));
});

it("says why there are no WebAssembly kernels", async () => {
  const said = JSON.parse((await inContext("wasm()", WASM)) as string) as Record<string, string>;
  expect(Object.keys(said)).toHaveLength(5);
  for (const [name, reason] of Object.entries(said)) {
    expect(reason).toBe(`${name}: this runtime has no WebAssembly; the kernels in use stay in use.`);
  }
});

it("has the kernels of one thread where there is WebAssembly alone", async () => {
  const said = JSON.parse((await inContext("wasm()")) as string) as Record<string, string>;
  expect(said).toMatchObject({ enableWasm: "simd", enableWasmSync: "simd", enableThreads: "simd" });
});
