/** Trains for 10,000 steps in a process of its own, so that its memory is known: `node memory-case.js PLACE`, JSON on stdout. */
import { MEMORY_STEPS, memoryAfter, memoryStep, type MemoryPlace } from "./suites/memory.js";

console.log(JSON.stringify(memoryAfter(await memoryStep(process.argv[2] as MemoryPlace), MEMORY_STEPS)));
