import { readFileSync } from "node:fs";
import { referenceKernels, setKernels } from "@selectron/core";
import { afterAll, expect, it } from "vitest";
import { chart } from "../src/chart.js";
import { comparisonOf, ourEngines } from "../src/compare.js";
import type { Engine } from "../src/engines/engine.js";
import { check, measure, quantile } from "../src/harness.js";
import { formatMeasurement, toJson } from "../src/report.js";
import { kernelSuites } from "../src/suites/kernels.js";
import { loopComparison, loopSizes } from "../src/suites/loops.js";
import { interpreterComparison, interpreterPrograms } from "../src/suites/interpreter.js";
import { mixedComparison, mixedPrograms } from "../src/suites/mixed-selectors.js";
import { matmulTask, operationsOf, rowsTask } from "../src/tasks.js";

const ours = await ourEngines();
afterAll(() => setKernels(referenceKernels));

const tasks = Object.values(kernelSuites).flat();

it.each(tasks.filter(({ task }) => (operationsOf(task()) ?? 0) < 2e7).map(({ name }) => name))(
  "%s: ours is right",
  async (name) => {
    const comparison = await comparisonOf(
      tasks.find((each) => each.name === name)!,
      ours,
    );
    await check(comparison);
    expect(comparison.candidates.length).toBeGreaterThan(1);
    comparison.candidates.forEach(({ dispose }) => dispose?.());
  },
);

it.each(interpreterPrograms)("the interpreter proves its answer on $name", async (program) => {
  const readLesson = (lesson: string): string =>
    readFileSync(new URL(`../../examples/${lesson}.rasp`, import.meta.url), "utf8");
  for (const length of [64, 3000]) await check(interpreterComparison(program, length, readLesson));
});

it.each(mixedPrograms)("the interpreter proves its answer on $name", async (program) => {
  await check(mixedComparison(program, 300));
});

it("the interpreter proves its answer in a loop of thousands of steps", async () => {
  const readLesson = (lesson: string): string =>
    readFileSync(new URL(`../../examples/${lesson}.rasp`, import.meta.url), "utf8");
  const comparison = loopComparison(loopSizes[0]!, readLesson, referenceKernels);
  expect(comparison.name).toBe("999 steps of a computer of 32 words");
  await check(comparison);
  // Only the interpreter, since the model takes half a minute.
  const [, , small, wide] = loopSizes.map((size) => loopComparison(size, readLesson, referenceKernels));
  expect(small!.name).toBe("29 steps of a computer of 32 words, from -16 to 15");
  expect(wide!.name).toBe("4,999 steps of a computer of 32 words, from -32 to 31");
  await wide!.candidates[0]!.check();
});

it("a wrong answer is never timed", async () => {
  const wrong: Engine = { name: "wrong", prepare: () => ({ run: () => 0, result: () => new Float32Array(4).fill(9) }) };
  const comparison = await comparisonOf({ name: "2×3 · 3×2", task: () => matmulTask(2, 3, 2) }, [...ours, wrong]);
  await expect(measure(comparison, 1, 0.001)).rejects.toThrow("2×3 · 3×2: wrong is wrong, so nothing is timed.");
  comparison.candidates.forEach(({ dispose }) => dispose?.());
});

it("times promises as well as plain functions, and counts work", async () => {
  const sleep = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const fine = { check: () => undefined };
  const candidates = [
    { name: "asynchronous", run: sleep, ...fine },
    { name: "twice the work", run: sleep, operations: 4e6, ...fine },
  ];
  const [first, second] = await measure({ name: "sleep", operations: 2e6, candidates }, 1, 0.02);
  expect(first!.median).toBeGreaterThan(0.004);
  expect(first!.ratio).toBe(1);
  expect(second!.ratio).toBeGreaterThan(1);
});

it("quantiles lie between neighbours", () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2], 0.25)).toBe(1.25);
  expect(quantile([7], 0.75)).toBe(7);
});

it("reports say who, how long and how much faster", () => {
  const measurement = {
    comparison: "c < d",
    candidate: "fast",
    median: 0.0025,
    best: 0.002,
    spread: 0.031,
    gflops: 4,
    ratio: 12.345,
    bestRatio: 11,
  };
  expect(formatMeasurement(measurement)).toBe(
    "fast                  2.50 ms    ±3 %    4.00 GFLOP/s    12.35× best 2.00 ms, 11.00×",
  );
  const json = JSON.parse(toJson("kernels", [measurement])) as { machine: object };
  expect(json).toMatchObject({ suite: "kernels", measurements: [measurement] });
  expect(Object.keys(json.machine)).toEqual(["cpu", "cores", "memory", "platform", "versions", "load"]);
  expect(chart([measurement])).toContain(">c &#60; d</text>");
  expect(chart([measurement])).toContain(">2.50 ms ±3 %, 12.35×</text>");
});

it("row tasks have no operations to count", () => {
  expect(operationsOf(rowsTask("softmax", 4, 4))).toBeUndefined();
});
