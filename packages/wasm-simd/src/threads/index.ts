/**
 * @selectron/wasm-simd/threads: the same kernels on several threads, as an option. Large products and attention are
 * cut into parts that workers compute in one shared memory; results are the same to the last bit for any number of
 * threads.
 */
import { binary as own } from "../binary.js";
import * as shared from "./binary.js";
import { enableOnThreads } from "./enable.js";
import type { ThreadOptions, ThreadStatus } from "./options.js";

export type { ThreadOptions, ThreadStatus } from "./options.js";

/**
 * Makes WebAssembly kernels on several threads the ones that core uses; where threads are not available, those on one,
 * with the reason in the status. Never waits forever: workers that do not start are given up, and a call whose worker is
 * lost is made again on one thread.
 *
 * @throws Error with the reason if there is no WebAssembly with SIMD at all, as `enableWasm`; RangeError if `threads` is
 * not a whole number from 1 to 64
 */
export async function enableThreads(options: ThreadOptions = {}): Promise<ThreadStatus> {
  return enableOnThreads("enableThreads", { variant: "simd", shared, own }, options);
}
