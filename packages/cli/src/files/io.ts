/** Files, streams and signals behind one interface, which tests can replace. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { OutputError } from "./output-error.js";

/** Ctrl+C, and what `kill` and job schedulers send. */
export type Signal = "SIGINT" | "SIGTERM";

export interface Io {
  /** The text of a file. @throws Error as `readFileSync` does */
  readonly readFile: (path: string) => string;
  /** The bytes of a file. @throws Error as `readFileSync` does */
  readonly readBytes: (path: string) => Uint8Array;
  /** Writes a file whole or not at all, even if the process or the machine dies meanwhile. @throws Error as `writeFileSync` does */
  readonly writeBytes: (path: string, bytes: Uint8Array) => void;
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
  /** A clock in milliseconds; `performance.now` if absent. */
  readonly now?: () => number;
  /** How wide the terminal is that errors go to; absent where they go elsewhere. */
  readonly columns?: number | undefined;
  /** The peak memory of the process; absent where it is not known. */
  readonly peakMegabytes?: () => number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Node's files and streams. Writes are synchronous, so nothing is lost when the process ends. */
export const nodeIo: Io = {
  readFile: (path) => readFileSync(path, "utf8"),
  readBytes: (path) => readFileSync(path),
  writeBytes: (path, bytes) => {
    // In the same folder, since a rename must stay within one file system.
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, bytes, { flag: "wx" });
      // The contents reach the disk before the name does, so the new name never belongs to an empty file.
      flush(temporary);
      renameSync(temporary, path);
      flush(dirname(path));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  },
  isFolder: (path) => existsSync(path) && isFolder(path),
  makeFolder,
  appendFile: (path, text) => appendFileSync(path, text),
  listFolder: (path) => (existsSync(path) ? readdirSync(path) : []),
  removeFile: (path) => rmSync(path, { force: true }),
  onInterrupt: (stop) => {
    const signals: readonly Signal[] = ["SIGINT", "SIGTERM"];
    const undo = (): void => signals.forEach((signal) => process.off(signal, once));
    const once = (signal: Signal): void => (undo(), stop(signal));
    signals.forEach((signal) => process.on(signal, once));
    return undo;
  },
  readStdin: () => readFileSync(0, "utf8"),
  get columns() {
    return process.stderr.isTTY ? process.stderr.columns : undefined;
  },
  // In kilobytes.
  peakMegabytes: () => Math.round(process.resourceUsage().maxRSS / 1024),
  isTerminal: Boolean(process.stdin.isTTY && process.stdout.isTTY),
  isErrorTerminal: Boolean(process.stderr.isTTY),
  out: (text) => writeAll(1, text),
  err: (text) => writeAll(2, text),
};

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

/** Has the system write a file, or the names in a folder, to the disk, if it can. */
function flush(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Some systems cannot. The rename still happens whole or not at all.
  }
}

function writeAll(descriptor: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // EAGAIN is a full pipe: try again. EPIPE is a closed one, as after `| head`: stop.
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") {
        const reason = code === "ENOSPC" ? "no space is left" : (error as Error).message;
        throw new OutputError(descriptor === 1 ? "standard output" : "standard error", reason);
      }
    }
  }
}
