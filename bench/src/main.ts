/** `npm run bench -- SUITE [--rounds N] [--seconds S] [--out FILE]`: measurements on stdout, JSON only into FILE. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { getKernels, referenceKernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { measure, type Comparison, type Measurement } from "./harness.js";
import { formatMeasurement, toJson } from "./report.js";
import { interpreterComparison, interpreterLengths, interpreterPrograms } from "./suites/interpreter.js";
import { matmulComparison, matmulShapes } from "./suites/matmul.js";

const suites: Readonly<Record<string, () => Promise<Comparison[]>>> = {
  matmul: async () => {
    await enableWasm();
    const backends = [referenceKernels, getKernels()];
    return matmulShapes.map((shape) => matmulComparison(shape, backends));
  },
  interpreter: () =>
    Promise.resolve(
      interpreterPrograms.flatMap((program) =>
        interpreterLengths.map((length) => interpreterComparison(program, length, readLesson)),
      ),
    ),
};

const readLesson = (lesson: string): string =>
  readFileSync(new URL(`../../examples/${lesson}.rasp`, import.meta.url), "utf8");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "0.2" },
    out: { type: "string" },
  },
});
const [name = ""] = positionals;
const suite = Object.hasOwn(suites, name) ? suites[name] : undefined;
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!suite || !(Number.isInteger(rounds) && rounds > 0) || !(seconds > 0)) {
  console.error("usage: npm run bench -- SUITE [--rounds N] [--seconds S] [--out FILE]");
  console.error(`suites: ${Object.keys(suites).join(", ")}; N is 1 or more, S more than 0`);
  process.exit(2);
}

const measurements: Measurement[] = [];
for (const comparison of await suite()) {
  console.log(comparison.name);
  for (const measurement of measure(comparison, rounds, seconds)) {
    measurements.push(measurement);
    console.log(`  ${formatMeasurement(measurement)}`);
  }
}
// npm runs this script in the bench folder; FILE is meant relative to where the user typed the command.
if (values.out !== undefined) {
  writeFileSync(resolve(process.env["INIT_CWD"] ?? ".", values.out), toJson(name, measurements));
}
