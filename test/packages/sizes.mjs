/**
 * What users download: the bytes of what they import, bundled, minified by esbuild, and compressed by gzip. Each has a budget, the size it
 * has now and a little more, so that growth is noticed.
 */
import { gzipSync } from "node:zlib";

/** Name, what is imported, what is not counted, and the most bytes. */
export const BUDGETS = [
  { name: "core, all of it", code: 'export * from "@selectron/core";', most: 29_000 },
  { name: "core, tensors and seeded numbers", code: 'export { Rng, tensor } from "@selectron/core";', most: 14_000 },
  { name: "language and interpreter", code: 'export { evaluate, load } from "@selectron/rasp";', most: 59_000 },
  { name: "layers and training", code: 'export * from "@selectron/nn";', most: 72_600 },
  {
    name: "language, interpreter and compiler",
    code: 'export { compile, evaluate, load } from "@selectron/rasp";',
    most: 186_000,
  },
  {
    name: "all but decompiler and WebAssembly",
    code: 'export * as core from "@selectron/core"; export * as nn from "@selectron/nn"; export * as rasp from "@selectron/rasp";',
    most: 304_000,
  },
  {
    name: "WebAssembly",
    code: 'export * from "@selectron/wasm-simd";',
    external: ["@selectron/core"],
    most: 24_000,
  },
];

/** @param build - esbuild's function @param folder - a project in which the packages are installed @returns bytes by name */
export async function measure(build, folder) {
  const sizes = new Map();
  for (const { name, code, external = [] } of BUDGETS) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: folder },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      target: "es2022",
      legalComments: "none",
      external,
    });
    sizes.set(name, gzipSync(outputFiles[0].contents, { level: 9 }).length);
  }
  return sizes;
}

/** What is over its budget, as sentences. */
export const overBudget = (sizes) =>
  BUDGETS.filter(({ name, most }) => sizes.get(name) > most).map(
    ({ name, most }) =>
      `${name} has ${sizes.get(name)} bytes, more than ${most}: import less, or raise the budget in test/packages/sizes.mjs and say why`,
  );
