/** @selectron/wasm-simd/relaxed/threads: the kernels that fuse, on several threads. */
import { enableOnThreads } from "../../threads/enable.js";
import type { ThreadOptions, ThreadStatus } from "../../threads/options.js";
import { binary as own } from "../binary.js";
import { checkRelaxedSimd } from "../support.js";
import * as shared from "./binary.js";

export type { ThreadOptions, ThreadStatus } from "../../threads/options.js";

/**
 * As `enableThreads` of `@selectron/wasm-simd/threads`, with the kernels of `enableRelaxedWasm`. Results are the same to the
 * last bit for any number of threads of one machine.
 *
 * @throws Error with the reason if this runtime has no relaxed SIMD, as `enableRelaxedWasm`; RangeError if `threads` is not a
 * whole number from 1 to 64
 */
export async function enableRelaxedThreads(options: ThreadOptions = {}): Promise<ThreadStatus> {
  checkRelaxedSimd("enableRelaxedThreads");
  return enableOnThreads("enableRelaxedThreads", { variant: "relaxed-simd", shared, own }, options);
}
