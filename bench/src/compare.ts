/** From a task and engines to a comparison: every engine's answer is compared with the reference in float64. */
import { getKernels, referenceKernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import { enableThreads } from "@selectron/wasm-simd/threads";
import type { Engine } from "./engines/engine.js";
import { jaxJs } from "./engines/jax.js";
import { onnxruntime } from "./engines/onnx.js";
import { selectron, selectronResident } from "./engines/selectron.js";
import { tfjs } from "./engines/tfjs.js";
import type { Candidate, Comparison } from "./harness.js";
import type { NamedTask } from "./suites/index.js";
import { compare, expected, operationsOf } from "./tasks.js";

/** Ours: in WebAssembly with operands on the heap, the same with resident operands, and in plain JavaScript. */
export async function ourEngines(): Promise<Engine[]> {
  await enableWasm();
  const wasm = getKernels();
  return [selectron(wasm), selectronResident(wasm), selectron(referenceKernels, "plain")];
}

/** Ours on one thread and on as many as there are processors. */
export async function threadEngines(): Promise<Engine[]> {
  const { threads, reason } = await enableThreads();
  if (reason !== undefined) console.error(`selectron-threads runs on ${threads} thread: ${reason}`);
  const several = getKernels();
  await enableWasm();
  return [selectron(getKernels()), selectron(several, "selectron-threads")];
}

/** Ours and every peer. jax-js comes before ONNX Runtime, which sets a global that confuses it. */
export async function loadEngines(ours: readonly Engine[]): Promise<Engine[]> {
  const jax = await jaxJs();
  return [...ours, await tfjs("cpu"), await tfjs("wasm"), jax, onnxruntime("web"), onnxruntime("node")];
}

/** The engines that can do the task, and the limit of the hardware if it is given. */
export async function comparisonOf(
  { name, task: make, without = [] }: NamedTask,
  engines: readonly Engine[],
  peak?: (operations: number) => Candidate,
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
      ...(engine.enter ? { enter: engine.enter } : {}),
      ...(prepared.dispose ? { dispose: prepared.dispose } : {}),
    });
  }
  return {
    name,
    ...(operations === undefined ? {} : { operations }),
    candidates: peak && operations ? [...candidates, peak(operations)] : candidates,
  };
}
