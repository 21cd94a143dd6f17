/** Generation, in a process of its own: `processes.ts`. */
import { peersInstalled } from "./engines/peers.js";
import { printGeneration } from "./suites/generate.js";

await printGeneration(peersInstalled());
