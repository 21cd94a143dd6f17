/** What is measured in processes of its own, since memory is a process's: compiling, loading, and many steps of training. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compilerCases, formatCompilerResult, type CompilerResult } from "./suites/compiler.js";
import {
  formatLoading,
  loadingTypes,
  loadingWays,
  writeWeights,
  type LoadingResult,
  type LoadingType,
  type LoadingWay,
} from "./suites/loading.js";
import { printCores } from "./suites/cores.js";
import { formatMemory, memoryGrowth, memoryPlaces, MOST_GROWTH } from "./suites/memory.js";

function answerOf(script: string, argument: string | readonly string[], flags: readonly string[] = []): unknown {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [...flags, file, ...[argument].flat()], { encoding: "utf8" }));
}

/** Compile time, peak memory and certificate. */
function printCompiler(): void {
  for (const [index, compilerCase] of compilerCases.entries()) {
    const result = answerOf("compile-case.js", String(index)) as CompilerResult;
    console.log(formatCompilerResult(compilerCase, result));
  }
}

/** What a process holds after more and more training steps. Fails the command if that grows. */
function printMemory(): void {
  for (const place of memoryPlaces) {
    // A small young generation: V8 fills or leaves 25 MB of it as it likes, which would hide a leak or look like one.
    const megabytes = answerOf("memory-case.js", place, ["--max-semi-space-size=1"]) as number[];
    console.log(formatMemory(place, megabytes));
    if (memoryGrowth(megabytes) > MOST_GROWTH) process.exitCode = 1;
  }
}

/** Generation beside onnxruntime-web, in a process of its own since it needs gigabytes. */
function printGenerate(): void {
  const file = fileURLToPath(new URL("generate-case.js", import.meta.url));
  execFileSync(process.execPath, [file], { stdio: ["ignore", "inherit", "inherit"] });
}

const LOADING_ROUNDS = 7;

/** Reading a file and loading it, in turns. */
function printLoading(): void {
  const folder = mkdtempSync(join(tmpdir(), "selectron-loading-"));
  try {
    for (const dtype of Object.keys(loadingTypes) as LoadingType[]) {
      const path = join(folder, `${dtype}.safetensors`);
      writeWeights(path, dtype);
      const rounds = Array.from({ length: LOADING_ROUNDS }, () =>
        Object.fromEntries(loadingWays.map((way) => [way, answerOf("loading-case.js", [way, path]) as LoadingResult])),
      ) as Record<LoadingWay, LoadingResult>[];
      console.log(formatLoading(dtype, rounds));
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The suites that only print. `training` compares times first. */
export const processes: Readonly<Record<string, () => void>> = {
  cores: printCores,
  generate: printGenerate,
  compiler: printCompiler,
  loading: printLoading,
  memory: printMemory,
  training: printMemory,
};
