/**
 * Threads that share the work of a command. Each is told once what the work is, sets it up from the same files, and then answers orders, one
 * after the other. Work is cut up in a way that does not depend on how many threads there are, and whatever a thread gives no answer to the
 * command does itself: the result has the same bytes for any number of threads.
 */
import { Worker } from "node:worker_threads";

/** Each has a thread, and a model, of its own. */
export const MOST_JOBS = 256;

/** What a thread is started with: plain data and memory that threads share. */
export interface Work {
  /** Whose orders it answers; thread.ts has the list. */
  readonly kind: "verify" | "train" | "decompile";
  /** For all orders. */
  readonly setup: object;
}

/** What a thread tells: once that it is set up, then the answer to each order. */
export type Told = { readonly isReady: true } | { readonly answer: unknown };

/** A thread that was started. */
export interface Thread {
  /** Whether it is set up, so that it begins with an order at once. */
  readonly isReady: boolean;
  /** Why it has ended; undefined while it has not. */
  readonly lost: string | undefined;
  /**
   * Gives it an order, plain data. The answer is undefined where there is none, because the order failed or the thread is lost: then the caller does
   * the work, and meets the error if there is one.
   */
  readonly ask: (order: object) => Promise<unknown>;
  readonly stop: () => void;
}

/** Starts a thread. Nothing is thrown. */
export function startThread(work: Work): Thread {
  const worker = new Worker(new URL("thread.js", import.meta.url), { workerData: work });
  const waiting: ((answer: unknown) => void)[] = [];
  let [isReady, lost]: [boolean, string | undefined] = [false, undefined];
  const lose = (reason: string): void => {
    lost ??= reason;
    for (const give of waiting.splice(0)) give(undefined);
  };
  worker.on("message", (told: Told) => {
    if ("isReady" in told) isReady = true;
    else waiting.shift()?.(told.answer);
  });
  worker.on("messageerror", () => lose("an answer cannot be read"));
  worker.on("error", (error: Error) => lose(error.message));
  worker.on("exit", () => lose("it has ended"));
  return {
    get isReady() {
      return isReady && lost === undefined;
    },
    get lost() {
      return lost;
    },
    ask: (order) =>
      new Promise((give) => {
        if (lost !== undefined) return give(undefined);
        waiting.push(give);
        worker.postMessage(order);
      }),
    stop: () => void worker.terminate(),
  };
}
