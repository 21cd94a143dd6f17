/** Attention where each query sees 64 keys before it: over lists of keys and as the fused kernel's band, beside all keys. */
import {
  attention,
  attentionOver,
  referenceKernels,
  setKernels,
  tensor,
  type KeyLists,
  type Kernels,
  type Tensor,
} from "@selectron/core";
import type { Comparison } from "../harness.js";
import { attentionTask, compare } from "../tasks.js";

export const restrictedLengths = [512, 1024, 2048, 4096] as const;
const WINDOW = 64;

function windowLists(length: number): KeyLists {
  const starts = new Int32Array(length + 1);
  const keys: number[] = [];
  for (let i = 0; i < length; i++) {
    for (let j = Math.max(0, i - WINDOW); j <= i; j++) keys.push(j);
    starts[i + 1] = keys.length;
  }
  return { starts, keys: Int32Array.from(keys) };
}

/** The work of lists and band grows with the length, that of all keys with its square. */
export function restrictedComparison(length: number, kernels: Kernels): Comparison {
  const task = attentionTask(4, length, 64, true);
  const heads = [task.query, task.key, task.value].map((data) => tensor(data, [1, 4, length, 64]));
  const [query, key, value] = heads as [Tensor, Tensor, Tensor];
  const lists = windowLists(length);
  const overLists = (): Tensor => attentionOver(query, key, value, lists);
  setKernels(referenceKernels);
  const wanted = overLists().data;
  const enter = (): void => setKernels(kernels);
  const candidate = (name: string, run: () => Tensor) => ({
    name,
    enter,
    run,
    check: () => compare(run().data, wanted),
  });
  return {
    name: `attention, 4 heads, d 64, causal, ${WINDOW} keys before, n ${length}`,
    candidates: [
      candidate("lists", overLists),
      candidate("band", () => attention(query, key, value, { causal: true, window: WINDOW })),
      { name: "all keys", enter, run: () => attention(query, key, value, { causal: true }), check: () => undefined },
    ],
  };
}
