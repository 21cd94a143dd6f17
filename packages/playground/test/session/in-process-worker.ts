/**
 * A `Worker` that runs in the process that starts it, for the page without a browser. Messages are copied as between threads. The workers of
 * the page keep apart what they know, by kind of question; one script in memory therefore answers for all of them, and a worker that is
 * ended leaves nothing behind.
 */
import type { Channel } from "../../src/app/worker-client.js";
import type { Answered, Asked } from "../../src/worker/protocol.js";

interface Scope {
  Worker: unknown;
  onmessage: ((event: { readonly data: Asked }) => void) | null;
  postMessage: (message: Answered) => void;
}
const scope = globalThis as unknown as Scope;

/** The questions that are being answered, by numbers of their own: each worker counts from 0. */
const asked = new Map<number, { readonly by: InProcessWorker; readonly number: number }>();
let next = 0;

class InProcessWorker implements Channel {
  onmessage: Channel["onmessage"] = null;
  onerror: Channel["onerror"] = null;
  readonly #script: Promise<unknown>;

  constructor(url: URL) {
    this.#script = import(/* @vite-ignore */ url.href);
  }

  postMessage({ number, question }: Asked): void {
    asked.set(next, { by: this, number });
    const data = structuredClone({ number: next++, question });
    this.#script.then(
      () => scope.onmessage!({ data }),
      (error: unknown) => this.onerror?.(error),
    );
  }

  terminate(): void {
    this.onmessage = null;
  }
}

/** Puts such workers in the place of the runtime's own. */
export function useInProcessWorkers(): void {
  scope.Worker = InProcessWorker;
  scope.postMessage = (message) => {
    const question = asked.get(message.number)!;
    if ("reply" in message) asked.delete(message.number);
    question.by.onmessage?.({ data: structuredClone({ ...message, number: question.number }) });
  };
}
