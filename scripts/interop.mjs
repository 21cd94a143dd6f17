/**
 * npm run interop [-- --install] [-- --long] [-- NAME ...]: what Selectron computes and writes, beside the tools that people use: PyTorch,
 * Hugging Face's transformers.js and ONNX Runtime. Prints a table of what was compared, with the largest difference. PyTorch is Debian's
 * python3-torch, the packages come from npm into .interop (no install scripts). With --install what is missing is installed, and what is missing
 * even then is a failure; without it, it is said to be skipped. --long compares all random programs. Exit code 1 if anything fails.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { enableWasm } from "@selectron/wasm-simd";
import { compareCheckpoints } from "../test/interop/checkpoints.mjs";
import { compareEncoders } from "../test/interop/encoders.mjs";
import { compareInTorch, compareWithInterpreter, makeFolders } from "../test/interop/gpt2-folders.mjs";
import { compareGuides } from "../test/interop/guides.mjs";
import { compareLayers } from "../test/interop/layers.mjs";
import { compareInOnnxRuntime } from "../test/interop/onnx.mjs";
import { pythonIn } from "../test/interop/python.mjs";
import { compareTransformerLens } from "../test/interop/transformerlens.mjs";
import { compareInTransformersJs } from "../test/interop/transformers-js.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const packages = join(root, ".interop");
const versions = { "@huggingface/transformers": "4.3.2" };

const flags = new Set(process.argv.slice(2).filter((word) => word.startsWith("-")));
const asked = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const mustBeThere = flags.has("--install");

const succeeds = (command, ...words) => spawnSync(command, words, { stdio: "ignore" }).status === 0;
const runs = (command, ...words) => spawnSync(command, words, { stdio: "inherit" }).status === 0;
const pythonWithTorch = () => ["/usr/bin/python3", "python3"].find((python) => succeeds(python, "-c", "import torch"));

function installTorch() {
  if (pythonWithTorch()) return;
  const root = process.getuid?.() === 0 ? [] : ["sudo"];
  const apt = (...words) => runs(...root, "apt-get", ...words);
  if (!(apt("update") && apt("install", "-y", "--no-install-recommends", "python3-torch"))) {
    console.error("interop: apt-get failed.");
  }
}

function installPackages() {
  mkdirSync(packages, { recursive: true });
  const manifest = { private: true, dependencies: versions };
  writeFileSync(join(packages, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  const options = ["install", "--ignore-scripts", "--no-audit", "--no-fund"];
  if (spawnSync("npm", options, { cwd: packages, stdio: "inherit" }).status !== 0) {
    console.error("interop: npm failed.");
  }
}

if (mustBeThere) {
  installTorch();
  installPackages();
}
const torch = pythonWithTorch();
const folder = mkdtempSync(join(tmpdir(), "selectron-interop-"));
const context = {
  long: flags.has("--long"),
  folder,
  command: torch,
  python: pythonIn(torch, folder),
  packages: createRequire(join(packages, "package.json")),
  /** The folders of compiled GPT-2s, made once. */
  gpt2: () => (gpt2Folders ??= makeFolders(context)),
};
let gpt2Folders;

const TORCH = { is: torch !== undefined, name: "PyTorch (Debian's python3-torch)" };
const PACKAGES = {
  is: Object.keys(versions).every((name) => existsSync(join(packages, "node_modules", name))),
  name: Object.keys(versions).join(", "),
};
/** Name, what it needs, and what gives its rows of the table. */
const parts = [
  ["layers beside torch's", [TORCH], compareLayers],
  ["checkpoints that torch wrote", [TORCH], compareCheckpoints],
  ["encoders in torch", [TORCH], compareEncoders],
  ["TransformerLens folders in torch", [TORCH], compareTransformerLens],
  ["guides in Python", [TORCH], compareGuides],
  ["GPT-2 folders in nn", [], compareWithInterpreter],
  ["GPT-2 folders in torch", [TORCH], compareInTorch],
  ["GPT-2 folders in transformers.js", [PACKAGES], compareInTransformersJs],
  ["ONNX", [PACKAGES], compareInOnnxRuntime],
];

const number = (worst) => (worst === undefined ? "" : worst.toExponential(1));
let failures = 0;
const line = (what, compared, worst, verdict) =>
  console.log(`${what.padEnd(58)} ${compared.padStart(24)} ${worst.padStart(9)}  ${verdict}`);

const chosen = parts.filter(([name]) => asked.length === 0 || asked.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.log(`no part is called ${asked.join(" or ")}; there are ${parts.map(([name]) => name).join(", ")}`);
  failures++;
}
await enableWasm();
try {
  for (const [name, needs, compare] of chosen) {
    const lacks = needs.filter(({ is }) => !is).map((need) => need.name);
    if (lacks.length > 0) {
      console.log(
        `${name}: ${mustBeThere ? "FAILED" : "SKIPPED"}, not here: ${lacks.join(", ")}; \`npm run interop -- --install\` brings it.`,
      );
      if (mustBeThere) failures++;
      continue;
    }
    const began = performance.now();
    try {
      const rows = await compare(context);
      console.log(`\n${name}, ${((performance.now() - began) / 1000).toFixed(0)} s`);
      for (const { what, compared, worst, failed } of rows) {
        line(what, compared, number(worst), failed ? "FAILED" : "");
        if (failed) failures++;
      }
      if (rows.length === 0) failures++;
    } catch (error) {
      console.log(`\n${name}: FAILED to run: ${error.stack}`);
      failures++;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures > 0) {
  console.log(`\n${failures} failed`);
  process.exitCode = 1;
}
