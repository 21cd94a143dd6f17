/** One step of training, ours and the peers', which must have equal losses over the first steps before anything is timed. */
import { getKernels, referenceKernels } from "@selectron/core";
import { enableWasm } from "@selectron/wasm-simd";
import type { Candidate, Comparison } from "../harness.js";
import { jaxTrainer } from "../training/jax.js";
import { selectronTrainer } from "../training/selectron.js";
import { CHECKED_STEPS, trainingOperations, trainingTask, type Trainer } from "../training/task.js";
import { tfjsTrainer } from "../training/tfjs.js";

function firstLosses({ reset, step }: Trainer): number[] {
  reset();
  return Array.from({ length: CHECKED_STEPS }, step);
}

/** The step of 2 layers, width 64, 4 heads, feed-forward 256, on 32 sequences of 20 tokens. */
export async function trainingComparison(withPeers: boolean): Promise<Comparison> {
  const task = trainingTask({ layers: 2, dModel: 64, heads: 4, dFf: 256, batch: 32, length: 20, vocabulary: 32 });
  const wanted = firstLosses(selectronTrainer(task, referenceKernels, "reference", false));
  await enableWasm();
  const wasm = getKernels();
  const trainers = [
    selectronTrainer(task, wasm, "selectron", false),
    selectronTrainer(task, wasm, "selectron, no scope", false, (body) => body()),
    selectronTrainer(task, wasm, "selectron-resident", true),
    ...(withPeers ? [await jaxTrainer(task), await tfjsTrainer(task)] : []),
  ];
  return {
    name: "training step: 2 layers, d 64, 4 heads, FFN 256, batch 32, sequence 20, Adam",
    operations: trainingOperations(task),
    candidates: trainers.map((trainer): Candidate => candidate(trainer, wanted)),
  };
}

function candidate(trainer: Trainer, wanted: readonly number[]): Candidate {
  const { name, step, enter } = trainer;
  const check = (): void => {
    const losses = firstLosses(trainer);
    const at = losses.findIndex((loss, i) => !(Math.abs(loss - wanted[i]!) <= 1e-4 * wanted[i]!));
    if (at >= 0) throw new Error(`step ${at + 1}: the loss is ${losses[at]}, not ${wanted[at]}.`);
    if (!(losses.at(-1)! < losses[0]!)) throw new Error(`the loss does not fall: ${losses.join(", ")}.`);
  };
  return { name, check, run: step, ...(enter ? { enter } : {}) };
}
