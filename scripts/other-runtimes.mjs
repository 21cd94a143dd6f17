/**
 * What `npm run runtimes` tries beside the kernels: the packages in QuickJS, Hermes and workerd, exported models in onnxruntime-web, and declarations
 * in the TypeScripts of users. Each gives the number of checks that passed, and the failures.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bare } from "../test/runtimes/bare.mjs";
import { bundle } from "../test/runtimes/bundle.mjs";
import { compileConsumer, installPacked, knows, resolutions } from "../test/runtimes/consumers.mjs";
import { onnxCases } from "../test/runtimes/onnx-cases.mjs";

/** TypeScripts before and after the one that builds this, by the name under which they are installed. */
export const typescripts = Object.fromEntries(
  ["5.0.4", "5.1.6", "5.2.2", "5.3.3", "5.4.5", "5.5.4", "5.6.3", "5.7.3", "5.8.3", "5.9.3", "7.0.2"].map((version) => [
    `typescript-${version}`,
    `npm:typescript@${version}`,
  ]),
);

const LIMIT = 120_000;

/** Compares, by name, what an engine made of `bare` with what Node makes of it. */
async function differences(theirs) {
  const here = await bare();
  return Object.entries(here)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(theirs[name]))
    .map(([name, value]) => `${name}: ${JSON.stringify(theirs[name])}, not ${JSON.stringify(value)}`);
}

/** Compares what an engine without WebAssembly made of `bare` and `wasm`. */
async function outcomeOf([theirs, wasm]) {
  const failures = await differences(theirs);
  for (const [name, reason] of Object.entries(wasm)) {
    if (!reason.startsWith(`${name}: this runtime has no WebAssembly`)) failures.push(reason);
  }
  return { passed: Object.keys(theirs).length + Object.keys(wasm).length, failures };
}

/** @param folder - that of a package.json beside which quickjs-emscripten is installed */
export async function inQuickJs(folder) {
  const { getQuickJS } = createRequire(join(folder, "package.json"))("quickjs-emscripten");
  const runtime = (await getQuickJS()).newRuntime();
  const context = runtime.newContext();
  const evaluate = (code) => context.unwrapResult(context.evalCode(code));
  evaluate(await bundle("bare.mjs", { format: "iife" }));
  evaluate(
    "Promise.all([bundled.bare(), bundled.wasm()]).then(JSON.stringify, (error) => error + error.stack).then((text) => (globalThis.said = text))",
  );
  while (runtime.hasPendingJob()) context.unwrapResult(runtime.executePendingJobs());
  return outcomeOf(JSON.parse(context.dump(evaluate("said"))));
}

/** What Hermes's engine on npm needs beside the packages: it is of 2022, and React Native's users transform what they load. */
export const hermesTools = {
  "hermes-engine-cli": "0.12.0",
  "@babel/core": "7.29.13",
  "@babel/preset-env": "7.29.14",
  "core-js-bundle": "3.50.0",
};
/** What this Hermes has itself, or what Babel would make slow or wrong: BigInts have no Math.pow. */
const KEPT = [
  "transform-exponentiation-operator",
  "transform-regenerator",
  "transform-async-to-generator",
  "transform-async-generator-functions",
  "transform-typeof-symbol",
];
/** An interpreter without a compiler to machine code takes a minute. */
const HERMES_LIMIT = 600_000;

/** @param folder - that of a package.json beside which those are installed */
export async function inHermes(folder) {
  const require = createRequire(join(folder, "package.json"));
  const presets = [[require.resolve("@babel/preset-env"), { forceAllTransforms: true, modules: false, exclude: KEPT }]];
  const options = { configFile: false, babelrc: false, compact: true, presets };
  const { code } = require("@babel/core").transformSync(await bundle("bare.mjs", { format: "iife" }), options);
  const missing = readFileSync(require.resolve("core-js-bundle/minified.js"), "utf8");
  const start =
    "Promise.all([bundled.bare(), bundled.wasm()]).then(JSON.stringify, (error) => error + error.stack).then(print);";
  const place = mkdtempSync(join(tmpdir(), "selectron-hermes-"));
  try {
    writeFileSync(join(place, "bare.js"), [missing, code, start].join("\n"));
    const hermes = join(folder, "node_modules/hermes-engine-cli/linux64-bin/hermes");
    const run = { cwd: place, encoding: "utf8", timeout: HERMES_LIMIT };
    const { status, stdout, stderr } = spawnSync(hermes, ["-w", "bare.js"], run);
    if (status !== 0 || !stdout.startsWith("[")) throw new Error(`exit ${status}: ${stdout}${stderr}`.slice(0, 2000));
    return await outcomeOf(JSON.parse(stdout));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** The worker of the README of wasm-simd, and a worker that does what `bare` does. */
export async function inWorkerd(workerd) {
  const folder = mkdtempSync(join(tmpdir(), "selectron-workerd-"));
  try {
    const [, worker] = /^```js\n(.*?)^```$/ms.exec(readFileSync("packages/wasm-simd/README.md", "utf8"));
    mkdirSync("node_modules/.cache", { recursive: true });
    const source = "node_modules/.cache/worker.mjs";
    writeFileSync(source, worker);
    const options = { format: "es", external: [/\.wasm$/] };
    writeFileSync(join(folder, "worker.js"), await bundle(source, options));
    writeFileSync(join(folder, "bare.js"), await bundle("bare.mjs", options));
    writeFileSync(
      join(folder, "main.js"),
      `import { bare, wasm } from "bare.js";
       import worker from "worker.js";
       import simd from "@selectron/wasm-simd/simd.wasm";
       import relaxed from "relaxed.wasm";
       export default { async test() {
         const answer = await (await worker.fetch()).json();
         console.log(JSON.stringify([await bare(), answer, await wasm({ simd, relaxed }), await wasm()]));
       } };`,
    );
    copyFileSync("packages/wasm-simd/dist/simd.wasm", join(folder, "simd.wasm"));
    copyFileSync("packages/wasm-simd/dist/relaxed/simd.wasm", join(folder, "relaxed.wasm"));
    const modules = ["main", "bare", "worker"].map((name) => `(name = "${name}.js", esModule = embed "${name}.js")`);
    const binaries = [
      ["@selectron/wasm-simd/simd.wasm", "simd.wasm"],
      ["relaxed.wasm", "relaxed.wasm"],
    ].map(([name, file]) => `(name = "${name}", wasm = embed "${file}")`);
    writeFileSync(
      join(folder, "config.capnp"),
      `using Workerd = import "/workerd/workerd.capnp";
       const config :Workerd.Config = (services = [(name = "main", worker = .main)]);
       const main :Workerd.Worker = (modules = [${[...modules, ...binaries].join()}], compatibilityDate = "2026-01-01");`,
    );
    const { status, stdout, stderr } = spawnSync(workerd, ["test", "config.capnp"], {
      cwd: folder,
      encoding: "utf8",
      timeout: LIMIT,
    });
    const line = stdout.split("\n").find((text) => text.startsWith("["));
    if (status !== 0 || !line) throw new Error(`exit ${status}: ${stdout}${stderr}`);
    const [theirs, answer, withFiles, without] = JSON.parse(line);
    const failures = await differences(theirs);
    const expected = { enableWasm: "simd", enableWasmSync: "simd", enableRelaxedWasm: "relaxed-simd" };
    for (const [name, variant] of Object.entries(expected)) {
      if (withFiles[name] !== variant) failures.push(withFiles[name]);
    }
    for (const [name, reason] of Object.entries(without)) {
      const says = `${name}: this runtime refuses to compile WebAssembly`;
      if (!reason.startsWith(says)) failures.push(`${name}: ${reason}`);
    }
    if (answer.kernels !== "wasm-simd") failures.push(`the README's worker: ${JSON.stringify(answer)}`);
    return { passed: Object.keys(theirs).length + 9, failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param inPage - runs a function of an import in a page of Chromium that has WebGPU */
export const inOnnxRuntimeWeb = (inPage, place) => inPage("/test/runtimes/onnx-web.mjs", [onnxCases(), place]);

/** Every TypeScript with nodenext, the oldest and the newest with all ways; test/packages.test.ts tries the one that builds this. */
export function inTypeScripts(folderOf) {
  const folder = mkdtempSync(join(tmpdir(), "selectron-consumer-"));
  try {
    installPacked(folder);
    const names = Object.keys(typescripts);
    const pairs = names.flatMap((name, i) =>
      (i === 0 || i === names.length - 1 ? Object.keys(resolutions) : ["nodenext"])
        .filter((way) => knows(folderOf(name), way))
        .map((way) => [name, way]),
    );
    const failures = pairs.flatMap(([name, way]) => {
      const said = compileConsumer(folder, folderOf(name), way);
      return said === "" ? [] : [`${name}, ${way}: ${said.split("\n").slice(0, 5).join("\n    ")}`];
    });
    return { passed: pairs.length - failures.length, failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
