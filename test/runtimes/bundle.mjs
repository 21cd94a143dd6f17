/** One script of test/runtimes with all that it imports, for engines that load a single file. */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const place = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The packages' entries as sources; without them imports find what is built. */
export const sources = Object.fromEntries(
  [
    ["@selectron/core", "packages/core/src/index.ts"],
    ["@selectron/nn", "packages/nn/src/index.ts"],
    ["@selectron/rasp/decompile", "packages/rasp/src/decompiler/index.ts"],
    ["@selectron/rasp", "packages/rasp/src/index.ts"],
    ["@selectron/wasm-simd/relaxed/threads", "packages/wasm-simd/src/relaxed/threads/index.ts"],
    ["@selectron/wasm-simd/relaxed", "packages/wasm-simd/src/relaxed/index.ts"],
    ["@selectron/wasm-simd/threads", "packages/wasm-simd/src/threads/index.ts"],
    ["@selectron/wasm-simd", "packages/wasm-simd/src/index.ts"],
  ].map(([name, path]) => [name, place(path)]),
);

/**
 * @param input - a file in test/runtimes, or a path from the root
 * @param options - `format`: "iife" puts what the script exports into a global `bundled`; `alias`; `external`: imports that stay
 */
export async function bundle(input, { format, alias = {}, external = [] }) {
  const resolve = { alias, extensionAlias: { ".js": [".ts", ".js"] } };
  const made = await rolldown({
    input: place(input.includes("/") ? input : `test/runtimes/${input}`),
    platform: "neutral",
    resolve,
    external,
  });
  const { output } = await made.generate({ format, name: "bundled" });
  await made.close();
  return output[0].code;
}
