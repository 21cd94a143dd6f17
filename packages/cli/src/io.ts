/** What the command does to the outside world, behind one interface so that tests can stand in for it. */
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

export interface Io {
  /** The text of a file. @throws Error as `readFileSync` does */
  readonly readFile: (path: string) => string;
  /** The bytes of a file. @throws Error as `readFileSync` does */
  readonly readBytes: (path: string) => Uint8Array;
  /** Writes a file whole or not at all, also when the process or the machine dies meanwhile. @throws Error as `writeFileSync` does */
  readonly writeBytes: (path: string, bytes: Uint8Array) => void;
  /** Whether there is such a folder. */
  readonly isFolder: (path: string) => boolean;
  /** Makes a folder and those it stands in, where they are not there yet. @throws Error as `mkdirSync` does */
  readonly makeFolder: (path: string) => void;
  /** Adds to the end of a file. @throws Error as `appendFileSync` does */
  readonly appendFile: (path: string, text: string) => void;
  /** The names of the files in a folder; none if it is not there. @throws Error as `readdirSync` does */
  readonly listFolder: (path: string) => readonly string[];
  readonly removeFile: (path: string) => void;
  /** Calls back when a person or the system asks to stop (Ctrl+C), the first time; again means at once. Gives what undoes it. */
  readonly onInterrupt?: (stop: () => void) => () => void;
  /** All of standard input. */
  readonly readStdin: () => string;
  /** Whether standard input and output are a person's terminal. If absent, all input is read at once. */
  readonly isTerminal?: boolean;
  /** The most memory that the process has had; absent where nobody knows. */
  readonly peakMegabytes?: () => number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Node's files and streams. Writing is synchronous, so that nothing is lost when the process ends. */
export const nodeIo: Io = {
  readFile: (path) => readFileSync(path, "utf8"),
  readBytes: (path) => readFileSync(path),
  writeBytes: (path, bytes) => {
    // Beside its place, so that the rename stays within one file system.
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, bytes, { flag: "wx" });
      // Contents, then the name: in this order the new name never stands for an empty file.
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
    const signals = ["SIGINT", "SIGTERM"] as const;
    const undo = (): void => signals.forEach((signal) => process.off(signal, once));
    const once = (): void => (undo(), stop());
    signals.forEach((signal) => process.on(signal, once));
    return undo;
  },
  readStdin: () => readFileSync(0, "utf8"),
  // In kilobytes.
  peakMegabytes: () => Math.round(process.resourceUsage().maxRSS / 1024),
  isTerminal: Boolean(process.stdin.isTTY && process.stdout.isTTY),
  out: (text) => writeAll(1, text),
  err: (text) => writeAll(2, text),
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Not by `mkdirSync`'s `recursive`, which tries for ever where the parent is there and refuses, as /proc does (Node 20). */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) throw error;
  }
}

/** Has the system write a file, or a folder's list of names, to the disk, where it can. */
function flush(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Some systems cannot; the rename is still whole or not at all.
  }
}

function writeAll(descriptor: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // A full pipe asks to try again; a closed one (`| head`) wants no more.
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
    }
  }
}
