/**
 * The packages through esbuild, Vite, Rollup and webpack: a page and a worker that it starts, both of which run the README's first program
 * with the kernels in WebAssembly. Each result runs in Chromium.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { filesOf, inBrowser } from "../runtimes/browser.mjs";
import { firstProgram, itsLines } from "./installs.mjs";

const PAGE = `import { lines } from "./lines.mjs";
const answer = new Promise((resolve, reject) => {
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => resolve([message ?? "the worker failed"]);
});
fetch("/found", { method: "POST", body: JSON.stringify({ page: await lines(), worker: await answer }) });
`;

const WORKER = `import { lines } from "./lines.mjs";
postMessage(await lines());
`;

/** What the program prints, and the kernels that it ran on, which are those of two threads where there can be any. */
const LINES = `import { getKernels } from "@selectron/core";
import { enableThreads } from "@selectron/wasm-simd/threads";
export async function lines() {
  const printed = [];
  const { log } = console;
  console.log = (value) => printed.push(JSON.stringify(value));
  await enableThreads({ threads: 2 });
  await import("./program.mjs");
  console.log = log;
  return [...printed, getKernels().name];
}
`;

/** @param folder - a project in which the packages are installed */
function writeSources(folder, root) {
  const sources = { "page.mjs": PAGE, "worker.mjs": WORKER, "lines.mjs": LINES, "program.mjs": firstProgram(root) };
  mkdirSync(join(folder, "source"), { recursive: true });
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, "source", name), text);
}

/** The bundlers by name, each as people start with it: production, ES modules, minified. */
const bundlers = {
  async esbuild({ load, entries, out }) {
    const { build } = await load("esbuild");
    const { warnings } = await build({
      entryPoints: entries,
      outdir: out,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      logLevel: "silent",
    });
    return warnings.map(({ text }) => text);
  },
  async rollup({ load, entries, out }) {
    const { rollup } = await load("rollup");
    const { nodeResolve } = await load("@rollup/plugin-node-resolve");
    const warnings = [];
    const bundle = await rollup({
      input: entries,
      plugins: [nodeResolve({ browser: true })],
      // Those of our packages; core's circles are of functions that call each other later (test/arrows.test.ts).
      onwarn: ({ code, id = "", message }) => {
        if (code !== "CIRCULAR_DEPENDENCY" && !id.includes("@bufbuild")) warnings.push(message);
      },
    });
    await bundle.write({ dir: out, format: "es", entryFileNames: "[name].mjs" });
    await bundle.close();
    return warnings;
  },
  async vite({ load, folder, entries, out }) {
    const { build } = await load("vite");
    const warnings = [];
    // How long plugins took is no fault.
    const note = (message) => message.includes("PLUGIN_TIMINGS") || warnings.push(message);
    await build({
      root: folder,
      configFile: false,
      base: "./",
      logLevel: "warn",
      customLogger: {
        info: () => undefined,
        warn: note,
        warnOnce: note,
        error: note,
        clearScreen: () => undefined,
        hasErrorLogged: () => false,
        hasWarned: false,
      },
      worker: { format: "es" },
      build: {
        outDir: out,
        emptyOutDir: true,
        target: "es2022",
        chunkSizeWarningLimit: 5000,
        rolldownOptions: { input: entries[0], output: { entryFileNames: "[name].mjs" } },
      },
    });
    return warnings;
  },
  async webpack({ load, folder, entries, out, wide }) {
    const { default: webpack } = await load("webpack");
    const compiler = webpack({
      mode: "production",
      context: folder,
      entry: entries[0],
      experiments: { outputModule: true },
      performance: { hints: false },
      // Terser takes most of the time.
      optimization: { minimize: wide },
      target: ["web", "es2022"],
      output: {
        path: out,
        filename: "page.mjs",
        module: true,
        chunkFormat: "module",
        chunkLoading: "import",
        workerChunkLoading: "import",
      },
    });
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, done) => (error ? reject(error) : resolve(done))),
    );
    await new Promise((resolve) => compiler.close(resolve));
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    return [...errors, ...warnings].map(({ message }) => message);
  },
};

/** `import` of a package from the first of some folders that has it. */
const loader = (folders) => async (name) => {
  for (const place of folders) {
    if (!existsSync(join(place, "node_modules", name))) continue;
    const path = createRequire(join(place, "package.json")).resolve(name);
    return import(pathToFileURL(path).href);
  }
  throw new Error(`${name} is not installed`);
};

/**
 * @param folder - an npm project in which the packages are installed
 * @param toolFolders - folders whose node_modules have the bundlers
 * @param chromium - where it is
 * @param wide - whether webpack minifies, too
 * @returns outcomes by bundler
 */
export async function bundles({ root, folder, toolFolders, chromium, wide, asked = Object.keys(bundlers) }) {
  writeSources(folder, root);
  const load = loader(toolFolders);
  const entries = ["page.mjs", "worker.mjs"].map((name) => join(folder, "source", name));
  const outcomes = [];
  for (const name of asked) {
    const out = join(folder, `out-${name}`);
    const failures = [];
    try {
      failures.push(...(await bundlers[name]({ load, folder, entries, out, wide })));
      writeFileSync(join(out, "index.html"), '<!doctype html><script type="module" src="./page.mjs"></script>');
      const wanted = [...itsLines(firstProgram(root)).map((line) => JSON.stringify(JSON.parse(line))), "wasm-simd"];
      const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
      const found = await inBrowser(chromium, filesOf(out), { headers: isolated });
      for (const [where, lines] of Object.entries(found)) {
        if (String(lines) !== String(wanted)) {
          failures.push(`in the ${where}: ${lines.join(", ")}, not ${wanted.join(", ")}`);
        }
      }
    } catch (error) {
      failures.push(error.message);
    }
    outcomes.push({ name, passed: 2, failures });
  }
  return outcomes;
}
