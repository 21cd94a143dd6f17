/** What a process holds after more and more steps of training: a leak of any kind shows as growth. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { getKernels } from "@selectron/core";
import { enableWasm, scope } from "@selectron/wasm-simd";
import { selectronTrainer } from "../training/selectron.js";
import { trainingTask } from "../training/task.js";

/** Where tensors live: all on the JavaScript heap, intermediate ones in linear memory, or weights and moments there too. */
export const memoryPlaces = ["heap", "scope", "resident"] as const;
export type MemoryPlace = (typeof memoryPlaces)[number];

export const MEMORY_STEPS: readonly number[] = [1000, 2000, 4000, 6000, 8000, 10_000];
/** Megabytes that are no leak: the allocator's play was seen to be 10 without any trend. A leak of 4 KB a step is more. */
export const MOST_GROWTH = 16;

/** One training step (forward, backward, Adam) of a Transformer of 2 layers. */
export async function memoryStep(place: MemoryPlace): Promise<() => unknown> {
  await enableWasm();
  const task = trainingTask({ layers: 2, dModel: 32, heads: 2, dFf: 64, batch: 4, length: 16, vocabulary: 16 });
  const enclose = place === "heap" ? <T>(body: () => T): T => body() : scope;
  return selectronTrainer(task, getKernels(), place, place === "resident", enclose).step;
}

/** Resident megabytes of this process, garbage collected, each time that so many steps have been made. */
export function memoryAfter(step: () => unknown, counts: readonly number[]): number[] {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let made = 0;
  return counts.map((count) => {
    for (; made < count; made++) step();
    collect();
    collect(); // what the first one found is swept in the background: the second waits for that
    return process.memoryUsage.rss() / 2 ** 20;
  });
}

export function formatMemory(place: MemoryPlace, megabytes: readonly number[]): string {
  const growth = memoryGrowth(megabytes);
  const marks = megabytes.map((value, i) => `${value.toFixed(1)} MB after ${MEMORY_STEPS[i]!.toLocaleString("en")}`);
  return `training steps, ${place}: ${marks.join(", ")}; ${growth.toFixed(1)} MB from 2,000 to 10,000, ${growth <= MOST_GROWTH ? "flat" : `more than ${MOST_GROWTH}`}`;
}

/** From the higher of the first two marks to the least of the last three: single marks are off by memory that is not yet given back. */
export const memoryGrowth = (megabytes: readonly number[]): number =>
  Math.min(...megabytes.slice(-3)) - Math.max(...megabytes.slice(0, 2));
