import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Tests run against the sources of every package, not against `dist`, so that a stale build can never pass. */
const alias = [
  { find: /^@selectron\/core\/testing$/, replacement: source("packages/core/src/testing/index.ts") },
  {
    find: /^@selectron\/wasm-simd\/(threads|relaxed|relaxed\/threads)$/,
    replacement: source("packages/wasm-simd/src/$1/index.ts"),
  },
  { find: /^@selectron\/rasp\/decompile$/, replacement: source("packages/rasp/src/decompiler/index.ts") },
  { find: /^@selectron\/(core|wasm-simd|nn|rasp|cli)$/, replacement: source("packages/$1/src/index.ts") },
];

const project = (name: string, include: string[]) => ({
  resolve: { alias },
  test: { name, include, testTimeout: 120_000, setupFiles: [source("test/setup.ts")] },
});

export default defineConfig({
  test: {
    projects: [
      ...["core", "wasm-simd", "nn", "rasp", "cli"].map((name) =>
        project(name, [`packages/${name}/test/**/*.test.ts`]),
      ),
      project("bench", ["bench/test/**/*.test.ts"]),
      project("house", ["test/**/*.test.ts"]),
    ],
  },
});
