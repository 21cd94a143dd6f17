/**
 * Builds the page into the folder `page` of the command's package, from which `selectron playground` serves it. Everything is relative, so
 * that any web host will do in any folder. The packages are taken from their sources.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The page, beside the command that serves it. */
const outDir = path("../cli/page");

const alias = [
  { find: /^examples\//, replacement: path("../../examples/") },
  { find: /^@selectron\/rasp\/decompile$/, replacement: path("../rasp/src/decompiler/index.ts") },
  { find: /^@selectron\/(core|wasm-simd|nn|rasp)$/, replacement: path("../$1/src/index.ts") },
];

/** Writes the service worker, with the files of the build and a digest of all of them. */
const serviceWorker = {
  name: "selectron-service-worker",
  apply: "build",
  closeBundle() {
    const files = readdirSync(outDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "sw.js" && !entry.name.endsWith(".map"))
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(outDir.length + 1)
          .replaceAll("\\", "/"),
      )
      .sort();
    const hash = createHash("sha256");
    for (const file of files) hash.update(file).update(readFileSync(join(outDir, file)));
    const text = readFileSync(path("service-worker.js"), "utf8")
      .replace("__FILES__", JSON.stringify(["./", ...files.filter((file) => file !== "index.html")]))
      .replace("__DIGEST__", JSON.stringify(hash.digest("hex").slice(0, 16)));
    writeFileSync(join(outDir, "sw.js"), text);
  },
};

export default defineConfig({
  root: path("."),
  base: "./",
  resolve: { alias },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  plugins: [serviceWorker],
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
