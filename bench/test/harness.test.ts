import { readFileSync } from "node:fs";
import { getKernels, referenceKernels, setKernels, type Kernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { expect, it } from "vitest";
import { check, measure, quantile } from "../src/harness.js";
import { formatMeasurement, toJson } from "../src/report.js";
import { interpreterComparison, interpreterPrograms } from "../src/suites/interpreter.js";
import { matmulComparison, matmulShapes } from "../src/suites/matmul.js";

await enableWasm();
const backends = [referenceKernels, getKernels()];
setKernels(referenceKernels);

it("every backend proves its answer on the small shapes of the suite", () => {
  for (const shape of matmulShapes.filter(({ m, k, n }) => m * k * n < 1e7)) check(matmulComparison(shape, backends));
});

it.each(interpreterPrograms)("the interpreter proves its answer on $name", (program) => {
  const readLesson = (lesson: string) =>
    readFileSync(new URL(`../../examples/${lesson}.rasp`, import.meta.url), "utf8");
  for (const length of [64, 3000]) check(interpreterComparison(program, length, readLesson));
});

it("a wrong answer is never timed", () => {
  const wrong: Kernels = { ...referenceKernels, name: "wrong", matmul: ({ out }) => void out.fill(1) };
  const comparison = matmulComparison({ m: 2, k: 3, n: 2 }, [referenceKernels, wrong]);
  expect(() => measure(comparison, 1, 0.001)).toThrow("2×3 · 3×2: wrong is wrong, so nothing is timed.");
});

it("quantiles lie between neighbours", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2], 0.25)).toBe(1.25);
  expect(quantile([7], 0.75)).toBe(7);
});

it("reports say who, how long and how much faster", () => {
  const measurement = { comparison: "c", candidate: "fast", median: 0.0025, spread: 0.031, gflops: 4, ratio: 12.345 };
  expect(formatMeasurement(measurement)).toBe("fast            2.50 ms    ±3 %    4.00 GFLOP/s    12.35×");
  const json = JSON.parse(toJson("matmul", [measurement])) as {
    suite: string;
    machine: object;
    measurements: object[];
  };
  expect(json).toMatchObject({ suite: "matmul", measurements: [measurement] });
  expect(Object.keys(json.machine)).toEqual(["cpu", "cores", "memory", "platform", "versions"]);
});
