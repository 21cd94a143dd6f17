/** Every suite under the name that `npm run bench` takes. It makes its comparisons one by one, each when its turn comes. */
import { readFileSync } from "node:fs";
import type { Choice } from "../choice.js";
import { comparisonOf, defaultEngines, loadEngines, ourEngines, threadEngines, type ThreadSuite } from "../compare.js";
import type { Engine } from "../engines/engine.js";
import { peaks } from "../engines/peak.js";
import { peersInstalled } from "../engines/peers.js";
import { exactKernels, relaxedKernels } from "../engines/selectron.js";
import type { Comparison } from "../harness.js";
import { backwardComparison, backwardLengths } from "./backward.js";
import { kernelSuites } from "./kernels.js";
import { interpreterComparison, interpreterLengths, interpreterPrograms } from "./interpreter.js";
import { loopComparison, loopSizes } from "./loops.js";
import { mixedComparison, mixedLengths, mixedPrograms } from "./mixed-selectors.js";
import { restrictedComparison, restrictedLengths } from "./restricted.js";
import { trainingComparison } from "./training.js";
import { transposedComparison, transposedSizes } from "./transposed.js";

/** Comparisons of wanted names, with wanted candidates, each valid until the next is asked for. */
export type Suite = (choice: Choice) => AsyncIterable<Comparison>;

/** Whether the peers are here; says how to get them if they are not. */
function hasPeers(): boolean {
  if (peersInstalled()) return true;
  console.error("No peers: `npm run bench -- peers:install` brings them (500 MB).");
  return false;
}

let engines: Promise<Engine[]> | undefined;

/** Ours and the peers, loaded once: a second copy of one would not get along with the first. */
function allEngines(): Promise<Engine[]> {
  engines ??= ourEngines().then((ours) => (hasPeers() ? loadEngines(ours) : ours));
  return engines;
}

/** Gives back what candidates hold, the last first: resident operands are a stack. */
const dispose = ({ candidates }: Comparison): void => [...candidates].reverse().forEach((each) => each.dispose?.());

const kernelSuite = (name: string): Suite =>
  async function* (choice) {
    const limits = name === "kernels" ? await peaks() : [];
    const isThreads = name.startsWith("threads");
    const engines = isThreads ? threadEngines(name as ThreadSuite) : allEngines();
    const chosen = choice.among(await (name === "default" ? defaultEngines(await engines) : engines));
    for (const named of kernelSuites[name]!) {
      if (!choice.wants(named.name)) continue;
      const comparison = await comparisonOf(named, chosen, limits);
      yield comparison;
      dispose(comparison);
    }
  };

/** A suite whose comparisons are made whether they are wanted or not: that costs little. */
export const suite = (comparisons: () => AsyncIterable<Comparison>): Suite =>
  async function* (choice) {
    for await (const comparison of comparisons()) {
      if (choice.wants(comparison.name)) yield { ...comparison, candidates: choice.among(comparison.candidates) };
      dispose(comparison);
    }
  };

const readLesson = (lesson: string): string =>
  readFileSync(new URL(`../../../examples/${lesson}.rasp`, import.meta.url), "utf8");

export const suites: Readonly<Record<string, Suite>> = {
  ...Object.fromEntries(Object.keys(kernelSuites).map((name) => [name, kernelSuite(name)])),
  interpreter: suite(async function* () {
    for (const program of interpreterPrograms) {
      for (const length of interpreterLengths) yield interpreterComparison(program, length, readLesson);
    }
  }),
  selectors: suite(async function* () {
    for (const program of mixedPrograms) for (const length of mixedLengths) yield mixedComparison(program, length);
  }),
  loops: suite(async function* () {
    const kernels = await exactKernels();
    for (const size of loopSizes) yield loopComparison(size, readLesson, kernels);
  }),
  restricted: suite(async function* () {
    const kernels = await exactKernels();
    for (const length of restrictedLengths) yield restrictedComparison(length, kernels);
  }),
  transposed: suite(async function* () {
    const kernels = await exactKernels();
    for (const size of transposedSizes) yield transposedComparison(size, kernels);
  }),
  backward: suite(async function* () {
    const kinds = { exact: await exactKernels(), relaxed: await relaxedKernels() };
    for (const length of backwardLengths) {
      for (const [kind, kernels] of Object.entries(kinds)) yield backwardComparison(length, kernels, kind);
    }
  }),
  training: suite(async function* () {
    yield await trainingComparison(hasPeers());
  }),
};
