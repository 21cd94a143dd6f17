import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { isLong } from "./test/long.js";

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

/** Packages whose files share a process in the short form, which halves its time; test/setup.ts makes each file begin alike. */
const SHARING = ["core", "nn", "rasp", "cli", "house"];

const project = (name: string, include: string[]) => ({
  resolve: { alias },
  test: {
    name,
    include,
    testTimeout: isLong ? 600_000 : 120_000,
    setupFiles: [source("test/setup.ts")],
    isolate: isLong || !SHARING.includes(name),
  },
});

export default defineConfig({
  test: {
    // By default one core stays free: half of a machine that has two.
    maxWorkers: "100%",
    projects: [
      ...["core", "wasm-simd", "nn", "rasp", "cli"].map((name) =>
        project(name, [`packages/${name}/test/**/*.test.ts`]),
      ),
      project("bench", ["bench/test/**/*.test.ts"]),
      project("house", ["test/**/*.test.ts"]),
    ],
  },
});
