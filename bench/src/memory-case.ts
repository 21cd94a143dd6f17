/** Trains for 10,000 steps in a process of its own, so that its memory is known: `node memory-case.js ROAD`, JSON on stdout. */
import { MEMORY_STEPS, memoryAfter, memoryStep, type MemoryRoad } from "./suites/memory.js";

console.log(JSON.stringify(memoryAfter(await memoryStep(process.argv[2] as MemoryRoad), MEMORY_STEPS)));
