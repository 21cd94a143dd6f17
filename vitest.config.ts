import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
  { find: /^examples\//, replacement: source("examples/") },
  { find: /^@selectron\/(core|wasm-simd|nn|rasp|cli)$/, replacement: source("packages/$1/src/index.ts") },
];

/** Packages whose files share a process in the short form, which halves its time; test/setup.ts makes each file begin alike. */
const SHARING = ["core", "nn", "rasp", "cli", "house"];

/** The test files below a folder; in the long form those that have one, which import `breadth` from test/long.ts. */
function filesOf(folder: string): string[] {
  if (!isLong) return [`${folder}/**/*.test.ts`];
  const files = readdirSync(source(folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));
  return files.filter((file) => file.endsWith(".test.ts") && readFileSync(source(file), "utf8").includes("/long.js"));
}

const project = (name: string, folder: string) => ({
  resolve: { alias },
  test: {
    name,
    include: filesOf(folder),
    testTimeout: isLong ? 600_000 : 120_000,
    setupFiles: [source("test/setup.ts")],
    isolate: isLong || !SHARING.includes(name),
  },
});

const projects = [
  ...["core", "wasm-simd", "nn", "rasp", "cli", "playground"].map((name) => project(name, `packages/${name}/test`)),
  project("bench", "bench/test"),
  project("fuzz", "fuzz/test"),
  project("house", "test"),
];

export default defineConfig({
  test: {
    // By default one core stays free: half of a machine that has two.
    maxWorkers: "100%",
    projects: projects.filter(({ test }) => test.include.length > 0),
  },
});
