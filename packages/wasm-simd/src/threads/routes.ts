/**
 * Which memory a call works in. Copies to and from a memory that threads share are made word by word, and most calls are
 * too small to be cut. Such calls, with operands on the heap, go to an instance with a memory of its own, as on one thread.
 */
import type { AttentionCall, Kernels, MatmulCall } from "@selectron/core";
import type { Arena } from "../arena.js";

/** Up to so many rows, or columns, take as long as one: the time is that of reading the larger matrix. */
const BOUND = 8;

/** Multiplications of a product, or as many as take the same time. */
const matmulWork = ({ m, k, n }: Pick<MatmulCall, "m" | "k" | "n">): number =>
  Math.max(m, BOUND) * k * Math.max(n, BOUND);

/** Copying a matrix takes longer than multiplying fewer rows than this by it, on any number of threads. */
const COPIED_ROWS = 16;

/** Whether a product copies a matrix for few rows, or for one column. */
const copies = ({ a, b, m, n }: MatmulCall, arena: Arena): boolean =>
  n === 1 ? !arena.holds(a.data) : m < COPIED_ROWS && !arena.holds(b.data);

type Heads = Pick<AttentionCall, "heads" | "queries" | "keys" | "width" | "valueWidth">;

/** Multiplications of the heads of one batch row. */
const attentionWork = ({ heads, queries, keys, width, valueWidth }: Heads): number =>
  heads * queries * keys * (width + valueWidth);

/**
 * @param cut - kernels on the memory of `arena` which cut their calls: for those of `leastWork` multiplications or more
 * @param whole - kernels on the same memory which do not
 * @param own - the same on a memory of their own
 */
export function routed(cut: Kernels, whole: Kernels, own: Kernels, arena: Arena, leastWork: number): Kernels {
  // While views of the shared memory are out, operands may be there, and results should be.
  const small = (): Kernels => (arena.isEmpty ? own : whole);
  const choose = (work: number): Kernels => (work >= leastWork ? cut : small());
  const others = Object.entries(own).map(([name, kernel]: [string, unknown]) => {
    if (typeof kernel !== "function") return [name, kernel];
    type Kernel = (...values: unknown[]) => unknown;
    const call: Kernel = (...values) => (small() as unknown as Record<string, Kernel>)[name]!(...values);
    return [name, call];
  });
  return {
    ...(Object.fromEntries(others) as Kernels),
    matmul: (call) => (copies(call, arena) ? own : choose(matmulWork(call))).matmul(call),
    attention: (call) => choose(attentionWork(call)).attention(call),
    attentionBackward: (call) => choose(attentionWork(call)).attentionBackward(call),
  };
}
