/**
 * Which memory a call works in. Copies to and from a memory that threads share are made word by word, and most calls are
 * too small to be cut: with operands on the heap these go to an instance with a memory of its own, as on one thread.
 */
import type { AttentionCall, Kernels, MatmulCall } from "@selectron/core";
import type { Arena } from "../arena.js";

/** Multiplications of a product. */
export const matmulWork = ({ m, k, n }: Pick<MatmulCall, "m" | "k" | "n">): number => m * k * n;

type Heads = Pick<AttentionCall, "heads" | "queries" | "keys" | "width" | "valueWidth">;

/** Multiplications of the heads of one batch row. */
export const attentionWork = ({ heads, queries, keys, width, valueWidth }: Heads): number =>
  heads * queries * keys * (width + valueWidth);

/**
 * @param shared - kernels on the memory of `arena`, which cut calls of `leastWork` multiplications or more
 * @param own - the same kernels on a memory of their own
 */
export function routed(shared: Kernels, own: Kernels, arena: Arena, leastWork: number): Kernels {
  // While views of the shared memory are out, operands may stand there, and results should.
  const choose = (work: number): Kernels => (work >= leastWork || !arena.isEmpty ? shared : own);
  const small = Object.entries(own).map(([name, kernel]: [string, unknown]) => {
    if (typeof kernel !== "function") return [name, kernel];
    type Kernel = (...values: unknown[]) => unknown;
    const call: Kernel = (...values) => (choose(0) as unknown as Record<string, Kernel>)[name]!(...values);
    return [name, call];
  });
  return {
    ...(Object.fromEntries(small) as Kernels),
    matmul: (call) => choose(matmulWork(call)).matmul(call),
    attention: (call) => choose(attentionWork(call)).attention(call),
    attentionBackward: (call) => choose(attentionWork(call)).attentionBackward(call),
  };
}
