/** Work shared among threads: the owner publishes calls, takes part in them, and waits for those that others claimed. */
import type { WasmExports } from "../exports.js";
import {
  COUNT,
  DONE,
  KERNEL,
  MAX_ARGUMENTS,
  MAX_CALLS,
  NEXT,
  sharedKernels,
  STOP,
  TABLE,
  type SharedKernel,
} from "./control.js";
import type { Thread } from "./start.js";

/** A worker claimed a call and never finished it. */
export class ThreadLostError extends Error {
  override readonly name = "ThreadLostError";
}

/** How long the owner polls for the end of a call before it sleeps, in milliseconds. */
const SPIN = 0.02;
/** Waits shorter than this, in milliseconds, are not held against the workers. */
const SHORT_WAIT = 0.2;
/**
 * After a job that the owner would have done sooner alone it works alone for so many times as long as it waited, and twice as
 * long after each further such job in a row.
 */
const LEAST_REST = 4;
const MOST_REST = 64;
/**
 * A call counts as lost when it takes so many times as long as the longest call of the owner, but not before so many
 * milliseconds.
 */
const SLOWNESS = 100;
const LEAST_PATIENCE = 2000;

export class Pool {
  readonly #wasm: WasmExports;
  #threads: readonly Thread[];
  readonly #words: Int32Array;
  readonly #table: Float64Array;
  #job = 0;
  #canWait = true;
  #restUntil = -Infinity;
  #nextRest = LEAST_REST;
  /** Why there are no workers any more. */
  reason: string | undefined;

  constructor(wasm: WasmExports, control: number, threads: readonly Thread[]) {
    this.#wasm = wasm;
    this.#threads = threads;
    this.#words = new Int32Array(wasm.memory.buffer, control, TABLE / 4);
    this.#table = new Float64Array(wasm.memory.buffer, control + TABLE, MAX_CALLS * MAX_ARGUMENTS);
  }

  /** Threads that take part, the owner included. */
  get size(): number {
    return 1 + this.#threads.length;
  }

  /**
   * Makes all calls, the last first, on the threads that are free. Throws a ThreadLostError if a worker does not finish.
   *
   * @param calls - at most MAX_CALLS, of at most MAX_ARGUMENTS − 1 arguments, the last of which is the workspace
   * @param size - bytes of one workspace; those of the workers follow the owner's
   */
  run(kernel: SharedKernel, calls: readonly (readonly number[])[], size: number): void {
    const words = this.#words;
    const run = this.#wasm[kernel] as (...values: number[]) => void;
    if (this.#threads.length === 0 || calls.length === 1 || performance.now() < this.#restUntil) {
      for (const call of calls) run(...call);
      return;
    }
    calls.forEach((values, index) => this.#table.set([...values, size], index * MAX_ARGUMENTS));
    words[KERNEL] = sharedKernels.indexOf(kernel);
    words[COUNT] = calls[0]!.length + 1;
    Atomics.store(words, DONE, 0);
    this.#job = (this.#job + 1) & 0x7fffff;
    Atomics.store(words, NEXT, (this.#job << 8) | calls.length);
    Atomics.notify(words, NEXT, Math.min(this.#threads.length, calls.length - 1));
    let longest = 0;
    let worked = 0;
    let own = 0;
    for (;;) {
      const claim = Atomics.load(words, NEXT);
      const left = claim & 255;
      if (left === 0) break;
      if (Atomics.compareExchange(words, NEXT, claim, claim - 1) !== claim) continue;
      const start = performance.now();
      run(...calls[left - 1]!);
      Atomics.add(words, DONE, 1);
      const took = performance.now() - start;
      longest = Math.max(longest, took);
      worked += took;
      own++;
    }
    const waited = this.#join(calls.length, Math.max(LEAST_PATIENCE, SLOWNESS * longest));
    const alone = own > 0 ? (worked * calls.length) / own : Infinity;
    this.#judge(waited > SHORT_WAIT && worked + waited > alone ? waited : 0);
  }

  /** Where workers hardly get a processor, waiting for them costs more than they save: they rest for a while. */
  #judge(lost: number): void {
    if (lost > 0) this.#restUntil = performance.now() + lost * this.#nextRest;
    this.#nextRest = lost > 0 ? Math.min(MOST_REST, 2 * this.#nextRest) : LEAST_REST;
  }

  /** Waits for the calls that others claimed; returns for how long. */
  #join(calls: number, patience: number): number {
    const words = this.#words;
    const start = performance.now();
    for (let done = Atomics.load(words, DONE); done < calls; done = Atomics.load(words, DONE)) {
      const waited = performance.now() - start;
      if (waited > patience) {
        this.stop(`a worker was lost: it had not finished after ${Math.round(waited)} ms`);
        throw new ThreadLostError(this.reason);
      }
      if (waited > SPIN && this.#canWait) this.#sleep(done, patience);
    }
    return performance.now() - start;
  }

  /** The main thread of a page must not sleep: it goes on polling. */
  #sleep(done: number, patience: number): void {
    try {
      Atomics.wait(this.#words, DONE, done, patience);
    } catch {
      this.#canWait = false;
    }
  }

  /** Ends the workers, for the reason given; the owner goes on alone. */
  stop(reason: string): void {
    this.reason ??= reason;
    Atomics.store(this.#words, STOP, 1);
    Atomics.store(this.#words, NEXT, ((this.#job = (this.#job + 1) & 0x7fffff) << 8) | 0); // so that sleepers wake and look
    Atomics.notify(this.#words, NEXT);
    for (const thread of this.#threads) thread.stop();
    this.#threads = [];
  }
}
