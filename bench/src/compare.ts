/** From a task and engines to a comparison: every engine's answer is compared with the reference in float64. */
import { getKernels, referenceKernels } from "@selectron/core";
import { enableRelaxedThreads } from "@selectron/wasm-simd/relaxed/threads";
import { enableThreads } from "@selectron/wasm-simd/threads";
import type { Engine } from "./engines/engine.js";
import type { Peak } from "./engines/peak.js";
import { jaxJs } from "./engines/jax.js";
import { onnxruntime } from "./engines/onnx.js";
import { exactKernels, relaxedKernels, selectron, selectronLoaded, selectronResident } from "./engines/selectron.js";
import { tfjs } from "./engines/tfjs.js";
import { twice } from "./engines/twice.js";
import type { Candidate, Comparison } from "./harness.js";
import type { NamedTask } from "./suites/kernels.js";
import { compare, expected, operationsOf } from "./tasks.js";

/** Ours: in WebAssembly with operands on the heap and resident, each also where it may fuse, and in plain JavaScript. */
export async function ourEngines(): Promise<Engine[]> {
  const relaxed = await relaxedKernels();
  const wasm = await exactKernels();
  return [
    selectron(wasm),
    selectronResident(wasm),
    selectron(relaxed, "selectron-relaxed"),
    selectronResident(relaxed, "selectron-relaxed-resident"),
    selectron(referenceKernels, "plain"),
  ];
}

/** What a first program gets, of the peers too: no scopes, one thread. */
export async function defaultEngines(all: readonly Engine[]): Promise<Engine[]> {
  const wasm = await exactKernels();
  const peers = ["tfjs-wasm", "jax-js", "ort-web"];
  return [selectronLoaded(wasm), selectron(wasm), ...all.filter(({ name }) => peers.includes(name))];
}

/** The suites of threads: with operands on the heap, resident, and resident with the kernels that fuse. */
export type ThreadSuite = "threads" | "threads-resident" | "threads-relaxed";

/** Ours on one thread and on as many as there are processors, and what two threads do that share nothing. */
export async function threadEngines(suite: ThreadSuite): Promise<Engine[]> {
  const kernels = suite === "threads-relaxed" ? "relaxed" : "exact";
  const one = await (kernels === "relaxed" ? relaxedKernels() : exactKernels());
  const { threads, reason } = await (kernels === "relaxed" ? enableRelaxedThreads() : enableThreads());
  if (reason !== undefined) console.error(`selectron-threads runs on ${threads} thread: ${reason}`);
  const several = getKernels();
  const name = kernels === "relaxed" ? "selectron-relaxed" : "selectron";
  if (suite === "threads") {
    const alone = selectron(one);
    return [alone, selectron(several, `${name}-threads`), twice(alone, { kernels, operands: "heap" })];
  }
  const alone = selectronResident(one, `${name}-resident`);
  const shared = selectronResident(several, `${name}-threads-resident`);
  return [alone, shared, twice(alone, { kernels, operands: "resident" })];
}

/** Ours and every peer. jax-js comes before ONNX Runtime, which sets a global that confuses it. */
export async function loadEngines(ours: readonly Engine[]): Promise<Engine[]> {
  const jax = await jaxJs();
  return [...ours, await tfjs("cpu"), await tfjs("wasm"), jax, onnxruntime("web"), onnxruntime("node")];
}

/** The engines that can do the task, and the limits of the hardware if they are given. */
export async function comparisonOf(
  { name, task: make, without = [] }: NamedTask,
  engines: readonly Engine[],
  limits: readonly Peak[] = [],
): Promise<Comparison> {
  const task = make();
  const operations = operationsOf(task);
  const reference = selectron(referenceKernels);
  reference.enter?.();
  const wanted = expected(task) ?? Float32Array.from(await (await reference.prepare(task))!.result());
  const candidates: Candidate[] = [];
  for (const engine of engines.filter((each) => !without.includes(each.name))) {
    await engine.enter?.();
    const prepared = await engine.prepare(task);
    if (!prepared) continue;
    candidates.push({
      name: engine.name,
      check: async () => compare(await prepared.result(), wanted),
      run: prepared.run,
      ...(operations !== undefined && prepared.copies !== undefined
        ? { operations: operations * prepared.copies }
        : {}),
      ...(engine.enter ? { enter: engine.enter } : {}),
      ...(prepared.dispose ? { dispose: prepared.dispose } : {}),
    });
  }
  return {
    name,
    ...(operations === undefined ? {} : { operations }),
    candidates: [...candidates, ...(operations ? limits.map((limit) => limit(operations)) : [])],
  };
}
