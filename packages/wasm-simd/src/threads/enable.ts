/** The workers, their shared memory and the kernels that use both: for the exact binary and for the one that fuses. */
import { Arena } from "../arena.js";
import { wasmCalls } from "../calls.js";
import { wasmKernels } from "../kernels/index.js";
import { inlinedModule, instantiate } from "../module.js";
import type { WasmStatus } from "../options.js";
import { plainMachine, registerMachine, registerModule } from "../register.js";
import { CONTROL_BYTES } from "./control.js";
import { threadedExports } from "./exports.js";
import type { ThreadOptions, ThreadStatus } from "./options.js";
import { Pool, ThreadLostError } from "./pool.js";
import { routed } from "./routes.js";
import { startThread, type Thread } from "./start.js";

/** A binary as base64, on a memory that threads share and on one of its own. */
export interface Kind {
  readonly variant: WasmStatus["variant"];
  readonly shared: { readonly binary: string; readonly pages: WebAssembly.MemoryDescriptor };
  readonly own: string;
}

const MOST_THREADS = 8;
const PATIENCE = 5000;
const LEAST_WORK = 2 ** 24;

function processors(): number {
  const { navigator } = globalThis as { readonly navigator?: Navigator };
  return Math.min(MOST_THREADS, navigator?.hardwareConcurrency ?? 2);
}

/** A memory that workers can be given. Throws an Error with the reason where there is none. */
function sharedMemory(pages: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
  if ((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false) {
    throw new Error("the page is not cross-origin isolated (it must be served with COOP and COEP headers)");
  }
  if (typeof SharedArrayBuffer !== "function") throw new Error("this runtime has no SharedArrayBuffer");
  return new WebAssembly.Memory(pages);
}

/** Starts the workers and registers kernels that use them. Rejects with the reason if not one can be started. */
async function start(
  caller: string,
  kind: Kind,
  count: number,
  patience: number,
  leastWork: number,
): Promise<ThreadStatus> {
  const memory = sharedMemory(kind.shared.pages);
  const module = inlinedModule(kind.shared.binary, caller);
  const exports = instantiate(module, { env: { memory } }, caller);
  const wasm = wasmCalls(exports);
  const control = Math.ceil(wasm.heapBase() / 64) * 64;
  const arena = new Arena(memory, control + CONTROL_BYTES);
  const orders = Array.from({ length: count - 1 }, (_, i) => ({ module, memory, control, index: i + 1 }));
  const outcomes = await Promise.allSettled(orders.map((order) => startThread(order, patience)));
  const refusal = outcomes.find((outcome) => outcome.status === "rejected")?.reason as Error | undefined;
  const threads = outcomes.flatMap((outcome): Thread[] => (outcome.status === "fulfilled" ? [outcome.value] : []));
  if (refusal) {
    // The workspaces of those that did start may have gaps between them: start anew or not at all.
    for (const thread of threads) thread.stop();
    throw refusal;
  }
  const pool = new Pool(exports, control, threads);
  const plainModule = inlinedModule(kind.own, caller);
  const plain = plainMachine(plainModule, caller);
  const own = wasmKernels(plain, () => plainMachine(plainModule));
  const whole = wasmKernels({ wasm, arena }, () => plain);
  registerMachine(
    { wasm: threadedExports(wasm, pool), arena },
    () => plain,
    [ThreadLostError],
    (cut) => routed(cut, whole, own, arena, leastWork),
  );
  return {
    variant: kind.variant,
    get threads() {
      return pool.size;
    },
    get reason() {
      return pool.reason;
    },
    stop: () => pool.stop("stopped"),
  };
}

/**
 * Registers kernels on several threads, or, where threads are not available, those on one.
 *
 * @param caller - named in the error
 * @throws RangeError if `threads` is not a whole number from 1 to 64; Error with the reason if there is no WebAssembly at all
 */
export async function enableOnThreads(
  caller: string,
  kind: Kind,
  { threads = processors(), patience = PATIENCE, leastWork = LEAST_WORK }: ThreadOptions,
): Promise<ThreadStatus> {
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new RangeError(`${caller}: threads is ${threads}; it must be a whole number from 1 to 64.`);
  }
  let reason: string | undefined;
  if (threads > 1) {
    try {
      return await start(caller, kind, threads, patience, leastWork);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  const alone = registerModule(inlinedModule(kind.own, caller), kind.variant, caller);
  return { ...alone, reason, stop: () => undefined };
}
