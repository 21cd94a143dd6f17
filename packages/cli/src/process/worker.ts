/** The thread in which a command runs. The process's first thread, which signals come to, waits beside it (supervisor.ts). */
import { parentPort, workerData } from "node:worker_threads";
import { ioOf, type Signal } from "../files/io.js";
import { run } from "../run.js";

/** What the thread is started with. */
export interface Work {
  readonly args: readonly string[];
  /** How wide the terminal is that errors go to. */
  readonly columns: number | undefined;
}

/** What the thread tells the first one. */
export type Told =
  /** A file is there for a while only, and is to be removed if the thread is ended meanwhile; or it is so no longer. */
  | { readonly kind: "hold" | "release"; readonly path: string }
  /** Whether the thread ends by itself where it is told of a signal. */
  | { readonly kind: "listening"; readonly listening: boolean };

const port = parentPort!;
const { args, columns } = workerData as Work;
const tell = (told: Told): void => port.postMessage(told);

let stop: ((signal: Signal) => void) | undefined;
port.on("message", (signal: Signal) => stop?.(signal));
// Waiting for signals does not keep the thread alive.
port.unref();

process.exitCode = await run(
  args,
  ioOf({
    hold: (path) => tell({ kind: "hold", path }),
    release: (path) => tell({ kind: "release", path }),
    columns: () => columns,
    onInterrupt: (handler) => {
      stop = handler;
      tell({ kind: "listening", listening: true });
      return () => {
        stop = undefined;
        tell({ kind: "listening", listening: false });
      };
    },
  }),
);
