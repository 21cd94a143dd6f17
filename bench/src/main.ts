/**
 * `npm run bench -- SUITE... [--rounds N] [--seconds S] [--out FILE] [--chart FILE]`: a table on stdout, files only if asked.
 * `npm run bench -- chart RESULT.json... --chart FILE`: one chart of earlier results.
 * `--only TEXT`, once or more: the comparisons with such names. `--engine NAME`: these engines and no others.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chart } from "./chart.js";
import { comparisonOf, loadEngines, ourEngines, threadEngines, type ThreadSuite } from "./compare.js";
import { exactKernels, relaxedKernels } from "./engines/selectron.js";
import { peaks } from "./engines/peak.js";
import { installPeers, peersInstalled } from "./engines/peers.js";
import { measure, type Comparison, type Measurement } from "./harness.js";
import { formatMeasurement, toJson } from "./report.js";
import { kernelSuites } from "./suites/index.js";
import { printSizes } from "./sizes.js";
import { backwardComparison, backwardLengths } from "./suites/backward.js";
import { compilerCases, formatCompilerResult, type CompilerResult } from "./suites/compiler.js";
import { formatMemory, memoryGrowth, memoryRoads, MOST_GROWTH } from "./suites/memory.js";
import { restrictedComparison, restrictedLengths } from "./suites/restricted.js";
import { trainingComparison } from "./suites/training.js";
import { transposedComparison, transposedSizes } from "./suites/transposed.js";
import { interpreterComparison, interpreterLengths, interpreterPrograms } from "./suites/interpreter.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.1" },
    out: { type: "string" },
    chart: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    engine: { type: "string", multiple: true, default: [] },
  },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const suiteNames = [
  ...Object.keys(kernelSuites),
  "interpreter",
  "compiler",
  "training",
  "memory",
  "restricted",
  "transposed",
  "backward",
];
const [first, ...files] = positionals;
const drawing = first === "chart" && files.length > 0 ? values.chart : undefined;
const known = positionals.length > 0 && positionals.every((name) => suiteNames.includes(name));
const install = positionals[0] === "peers:install";
if (first === "sizes" && files.length === 0) {
  printSizes(values.out);
  process.exit(0);
}
if (!(known || install || drawing !== undefined) || !(Number.isInteger(rounds) && rounds > 0) || !(seconds > 0)) {
  console.error("usage: npm run bench -- SUITE... [--rounds N] [--seconds S] [--out FILE] [--chart FILE]");
  console.error("         [--only TEXT]... [--engine NAME]...");
  console.error("       npm run bench -- peers:install");
  console.error("       npm run bench -- chart RESULT.json... --chart FILE [--only TEXT]...");
  console.error("       npm run bench -- sizes [--out docs/compiler.md]");
  console.error(`suites: ${suiteNames.join(", ")}; N is 1 or more, S more than 0`);
  process.exit(2);
}
if (install) {
  installPeers();
  process.exit(0);
}

/** npm runs this script in the bench folder; files are meant relative to where the user typed the command. */
const place = (file: string): string => resolve(process.env["INIT_CWD"] ?? ".", file);

const wanted = (comparison: string): boolean =>
  values.only.length === 0 || values.only.some((text) => comparison.includes(text));

if (drawing !== undefined) {
  const read = (file: string): Measurement[] =>
    (JSON.parse(readFileSync(place(file), "utf8")) as { measurements: Measurement[] }).measurements;
  writeFileSync(place(drawing), chart(files.flatMap(read).filter(({ comparison }) => wanted(comparison))));
  process.exit(0);
}

if (positionals.includes("compiler")) {
  const script = fileURLToPath(new URL("compile-case.js", import.meta.url));
  for (const [index, compilerCase] of compilerCases.entries()) {
    const printed = execFileSync(process.execPath, [script, String(index)], { encoding: "utf8" });
    console.log(formatCompilerResult(compilerCase, JSON.parse(printed) as CompilerResult));
  }
  if (positionals.length === 1) process.exit(0);
}

/** What a process holds after more and more training steps, each way in a process of its own. */
function printMemory(): void {
  const script = fileURLToPath(new URL("memory-case.js", import.meta.url));
  for (const road of memoryRoads) {
    // A small young generation: V8 fills or leaves 25 MB of it as it likes, which would hide a leak or look like one.
    const call = ["--max-semi-space-size=1", script, road];
    const megabytes = JSON.parse(execFileSync(process.execPath, call, { encoding: "utf8" })) as number[];
    console.log(formatMemory(road, megabytes));
    if (memoryGrowth(megabytes) > MOST_GROWTH) process.exitCode = 1;
  }
}

if (positionals.includes("memory")) {
  printMemory();
  if (positionals.length === 1) process.exit();
}

const readLesson = (lesson: string): string =>
  readFileSync(new URL(`../../examples/${lesson}.rasp`, import.meta.url), "utf8");

/** The comparisons of a suite, each made when its turn comes. */
async function* comparisonsOf(suite: string): AsyncGenerator<Comparison> {
  if (suite === "interpreter") {
    for (const program of interpreterPrograms) {
      for (const length of interpreterLengths) yield interpreterComparison(program, length, readLesson);
    }
    return;
  }
  if (suite === "restricted") {
    const kernels = await exactKernels();
    for (const length of restrictedLengths) yield restrictedComparison(length, kernels);
    return;
  }
  if (suite === "transposed") {
    const kernels = await exactKernels();
    for (const size of transposedSizes) yield transposedComparison(size, kernels);
    return;
  }
  if (suite === "backward") {
    const kinds = { exact: await exactKernels(), relaxed: await relaxedKernels() };
    for (const length of backwardLengths) {
      for (const [kind, kernels] of Object.entries(kinds)) yield backwardComparison(length, kernels, kind);
    }
    return;
  }
  if (suite === "training") {
    yield await trainingComparison(peersInstalled());
    printMemory();
    return;
  }
  const limits = suite === "kernels" ? await peaks() : [];
  const candidates = (suite.startsWith("threads") ? await threadEngines(suite as ThreadSuite) : engines).filter(
    ({ name }) => values.engine.length === 0 || values.engine.includes(name),
  );
  for (const named of kernelSuites[suite]!) {
    if (wanted(named.name)) yield await comparisonOf(named, candidates, limits);
  }
}

const ours = await ourEngines();
const withoutPeers = [
  "interpreter",
  "threads",
  "threads-resident",
  "threads-relaxed",
  "training",
  "compiler",
  "memory",
  "restricted",
  "transposed",
  "backward",
];
const alone = positionals.every((name) => withoutPeers.includes(name));
const wantsPeers = positionals.some((name) => name === "training" || !withoutPeers.includes(name));
if (wantsPeers && !peersInstalled()) console.error("No peers: `npm run bench -- peers:install` brings them (500 MB).");
const engines = !alone && peersInstalled() ? await loadEngines(ours) : ours;
const measurements: Measurement[] = [];
for (const suite of positionals.filter((name) => name !== "compiler" && name !== "memory")) {
  for await (const comparison of comparisonsOf(suite)) {
    console.log(comparison.name);
    for (const measurement of await measure(comparison, rounds, seconds)) {
      measurements.push(measurement);
      console.log(`  ${formatMeasurement(measurement)}`);
    }
    // The last first: resident operands are a stack.
    for (const candidate of [...comparison.candidates].reverse()) candidate.dispose?.();
  }
}
if (values.out !== undefined) writeFileSync(place(values.out), toJson(positionals.join(" "), measurements));
if (values.chart !== undefined) writeFileSync(place(values.chart), chart(measurements));
process.exit(); // ONNX Runtime keeps the process alive otherwise
