/** Starts workers in browsers, Node, Deno and Bun, without imports that only some of them have. */
import { workerSource, type WorkerOrder } from "./worker.js";

/** A running worker. */
export interface Thread {
  stop(): void;
}

/** The part of a worker that is used, in browsers and in Node. */
interface Channel {
  postMessage(message: unknown): void;
  terminate(): unknown;
  /** Node: lets the process end while the worker sleeps. */
  unref?(): void;
}

interface NodeWorker extends Channel {
  on(event: "message" | "error", listener: (value: unknown) => void): void;
}
interface NodeThreads {
  readonly Worker: new (source: string, options: { eval: true }) => NodeWorker;
}

/** Node's way to get a built-in module that may be absent; Deno and Bun have it too. */
const nodeThreads = (): NodeThreads | undefined => {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.("node:worker_threads") as NodeThreads | undefined;
};

function open(onMessage: (value: unknown) => void, onError: (reason: string) => void): Channel {
  const node = nodeThreads();
  if (node) {
    const worker = new node.Worker(workerSource, { eval: true });
    worker.on("message", onMessage);
    worker.on("error", (error) => onError(String(error)));
    return worker;
  }
  const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }) => onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    onError(event.message || "a content security policy may forbid workers from blob:");
  };
  return worker;
}

/** Starts one worker. Rejects with an Error that has the reason, after `patience` milliseconds at the latest. */
export async function startThread(order: WorkerOrder, patience: number): Promise<Thread> {
  let channel: Channel | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Thread>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`a worker did not answer within ${patience} ms`)), patience);
      const refuse = (reason: string): void => reject(new Error(`a worker did not start: ${reason}`));
      const started = open((message) => {
        if (message !== "ready") refuse(String(message));
        else resolve({ stop: () => void started.terminate() });
      }, refuse);
      channel = started;
      started.postMessage(order);
      started.unref?.();
    });
  } catch (error) {
    channel?.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
