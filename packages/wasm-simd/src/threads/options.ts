/** What users of threads give and get. Declarations of this file need no types of a host. */
import type { WasmStatus } from "../options.js";

export interface ThreadOptions {
  /** Number of threads, the calling one included. By default the number of processors, at most 8. */
  readonly threads?: number | undefined;
  /** How long a worker may take to start, in milliseconds; 5000 by default. */
  readonly patience?: number | undefined;
  /** Calls of fewer multiplications stay on the calling thread: waking a worker would cost more. 2^24 by default. */
  readonly leastWork?: number | undefined;
}

/** What is active now. */
export interface ThreadStatus extends WasmStatus {
  /** Threads that take part now: fewer than asked for where `reason` says why, 1 once `stop` was called. */
  readonly threads: number;
  /** Why there are fewer threads than asked for, if so. */
  readonly reason?: string | undefined;
  /** Ends the workers; the kernels go on, on the calling thread. */
  stop(): void;
}
