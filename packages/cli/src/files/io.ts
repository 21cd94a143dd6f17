/** Files, streams and signals behind one interface, which tests can replace. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isatty } from "node:tty";
import { startThread } from "../process/threads.js";
import { takeLock } from "./lock.js";
import { ClosedOutput, OutputError } from "./output-error.js";
import { reason } from "./reason.js";
import { LONGEST_TEXT, readStandardInput, readWhole } from "./read.js";
import { tryToWrite, writeBytes, writeWhole, type Keeper } from "./write.js";

/** Ctrl+C, and what `kill` and job schedulers send. */
export type Signal = "SIGINT" | "SIGTERM";

export interface Io {
  /** The text of a file of at most `limit` bytes. @throws Error as `readFileSync` does */
  readonly readFile: (path: string, limit?: number) => string;
  /** The bytes of a file. @throws Error as `readFileSync` does */
  readonly readBytes: (path: string) => Uint8Array;
  /** Writes a file whole or not at all, even if the process or the machine dies meanwhile. @throws Error as `writeFileSync` does */
  readonly writeBytes: (path: string, bytes: Uint8Array) => void;
  /** Finds out, before long work, whether `writeBytes` could write a file. @throws Error as `writeFileSync` does */
  readonly tryToWrite?: (path: string) => void;
  /** Takes a lock that other processes see, for a command, and returns what gives it back. @throws LockedError, and Error as `writeFileSync` does */
  readonly lock?: (path: string, command: string) => () => void;
  /** Whether a path is a folder. */
  readonly isFolder: (path: string) => boolean;
  /** Makes a folder and its parents where they do not exist. @throws Error as `mkdirSync` does */
  readonly makeFolder: (path: string) => void;
  /** Adds to the end of a file. @throws Error as `appendFileSync` does */
  readonly appendFile: (path: string, text: string) => void;
  /** The names of the files in a folder; none if it does not exist. @throws Error as `readdirSync` does */
  readonly listFolder: (path: string) => readonly string[];
  readonly removeFile: (path: string) => void;
  /** Calls back at the first signal; a second one ends the process at once. Returns a function that undoes it. */
  readonly onInterrupt?: (stop: (signal: Signal) => void) => () => void;
  /** All of standard input. */
  readonly readStdin: () => string;
  /** Whether standard input and output are a terminal. If absent, all input is read at once. */
  readonly isTerminal?: boolean;
  /** Whether standard error is a terminal, on which progress can be drawn. */
  readonly isErrorTerminal?: boolean;
  /** Starts a thread that shares the work of a command; absent where there are no threads. */
  readonly startThread?: typeof startThread;
  /** A clock in milliseconds; `performance.now` if absent. */
  readonly now?: () => number;
  /** How wide the terminal is that errors go to; absent where they go elsewhere. */
  readonly columns?: number | undefined;
  /** The peak memory of the process; absent where it is not known. */
  readonly peakMegabytes?: () => number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** What a process is told of and tells the files and streams. */
export interface Host extends Keeper {
  readonly onInterrupt: Required<Io>["onInterrupt"];
  readonly columns: () => number | undefined;
}

/** As Node reads text: a byte order mark stays. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Node's files and streams. Writes are synchronous, so nothing is lost when the process ends. */
export function ioOf(host: Host): Io {
  const waiting = (path: string): void => writeAll(2, `waiting for ${path}; Ctrl+C ends\n`);
  return {
    readFile: (path, limit = LONGEST_TEXT) => decoder.decode(readWhole(path, waiting, limit)),
    readBytes: (path) => readWhole(path, waiting),
    writeBytes: (path, bytes) => writeWhole(path, bytes, host),
    tryToWrite: (path) => tryToWrite(path, host),
    lock: (path, command) => takeLock(path, command, host),
    isFolder: (path) => existsSync(path) && isFolder(path),
    makeFolder,
    appendFile: (path, text) => appendFileSync(path, text),
    listFolder: (path) => (existsSync(path) ? readdirSync(path) : []),
    removeFile: (path) => rmSync(path, { force: true }),
    onInterrupt: host.onInterrupt,
    readStdin: () => decoder.decode(readStandardInput(waiting)),
    get columns() {
      return host.columns();
    },
    // In kilobytes.
    peakMegabytes: () => Math.round(process.resourceUsage().maxRSS / 1024),
    startThread,
    isTerminal: isatty(0) && isatty(1),
    isErrorTerminal: isatty(2),
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
  };
}

/** Those of this process, for programs that call `run` themselves. */
export const nodeIo: Io = ioOf({
  hold: () => undefined,
  release: () => undefined,
  onInterrupt: (stop) => {
    const signals: readonly Signal[] = ["SIGINT", "SIGTERM"];
    const undo = (): void => signals.forEach((signal) => process.off(signal, once));
    const once = (signal: Signal): void => (undo(), stop(signal));
    signals.forEach((signal) => process.on(signal, once));
    return undo;
  },
  columns: () => (process.stderr.isTTY ? process.stderr.columns : undefined),
});

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Without the option `recursive` of `mkdirSync`, which in Node 20 never returns where an existing parent refuses, as /proc does. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

function writeAll(descriptor: number, text: string): void {
  try {
    writeBytes(descriptor, new TextEncoder().encode(text));
  } catch (error) {
    // A closed pipe, as after `| head`: no more is wanted. What is told beside it goes nowhere, and the work goes on.
    const isClosed = (error as NodeJS.ErrnoException).code === "EPIPE";
    if (isClosed && descriptor === 2) return;
    if (isClosed) throw new ClosedOutput();
    throw new OutputError(descriptor === 1 ? "standard output" : "standard error", reason(error));
  }
}
