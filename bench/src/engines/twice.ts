/**
 * The limit of a second thread: two threads that share nothing do the same task at once, each with operands and kernels of
 * its own. What this falls short of twice one thread, the processors do not give at that moment.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Engine } from "./engine.js";

/** What the other thread computes with, and the words that both threads see. */
export interface TwinOrder {
  readonly kernels: "exact" | "relaxed";
  readonly operands: "heap" | "resident";
  readonly words: Int32Array;
}

/** The number of the run that was asked for last, −1 for an end of this task, and of the one that was done last; 64 bytes apart. */
export const STARTED = 0;
export const DONE = 16;

/** @param own - what this thread computes with, of the same kind as `order` asks of the other */
export function twice(own: Engine, order: Omit<TwinOrder, "words">): Engine {
  const words = new Int32Array(new SharedArrayBuffer(128));
  const twin = new Worker(new URL("./twin.js", import.meta.url), { workerData: { ...order, words } });
  twin.unref();
  let runs = 0;
  return {
    name: "two copies at once",
    ...(own.enter ? { enter: own.enter } : {}),
    prepare: async (task) => {
      const mine = (await own.prepare(task))!;
      const answer = once(twin, "message") as Promise<[Float32Array]>;
      twin.postMessage(task);
      const [theirs] = await answer;
      const start = (run: number): void => {
        Atomics.store(words, STARTED, run);
        Atomics.notify(words, STARTED);
      };
      return {
        copies: 2,
        result: () => theirs,
        run: () => {
          start(++runs);
          mine.run();
          for (let done = Atomics.load(words, DONE); done !== runs; done = Atomics.load(words, DONE)) {
            Atomics.wait(words, DONE, done);
          }
        },
        dispose: () => {
          start(-1);
          mine.dispose?.();
        },
      };
    },
  };
}
