/** Reading files of any kind: with a limit where a file has no end, without blocking where a pipe has no writer. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from "node:fs";
import { constants as sizes } from "node:buffer";
import { pause } from "./pause.js";

/** The most bytes of a text: the longest string that JavaScript has is about twice as long. */
export const LONGEST_TEXT = 2 ** 28;
/** The most bytes that are read from a pipe or a device, which do not say how many there are. */
const LONGEST_STREAM = 2 ** 28;
const CHUNK = 2 ** 16;
/** Milliseconds after which a pipe without a writer is given up, and after which waiting for one that has a writer is told. */
const [NO_WRITER, WORDLESS] = [2000, 1000];

/** Called where a read waits for what is not there yet. */
export type Waiting = (path: string) => void;

/** The bytes of a file. @throws Error as `readFileSync` does, and where the file is no source of bytes or is too large */
export function readWhole(path: string, waiting: Waiting, limit = sizes.MAX_LENGTH): Uint8Array {
  // A pipe without a writer would block the call of `open`, and one whose writer is slow each `read`.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readAll(descriptor, path, waiting, limit);
  } finally {
    closeSync(descriptor);
  }
}

/** All of standard input. A pipe or a terminal is opened once more, so that reading it does not block the thread. */
export function readStandardInput(waiting: Waiting): Uint8Array {
  const name = "standard input";
  const stats = fstatSync(0);
  if (stats.isFIFO() || stats.isCharacterDevice()) {
    let descriptor: number | undefined;
    try {
      descriptor = openSync("/dev/stdin", constants.O_RDONLY | constants.O_NONBLOCK);
    } catch {
      // Some systems cannot, and a terminal may belong to another user.
    }
    if (descriptor !== undefined) {
      try {
        return readAll(descriptor, name, waiting, LONGEST_TEXT);
      } finally {
        closeSync(descriptor);
      }
    }
  }
  return readAll(0, name, waiting, LONGEST_TEXT);
}

function readAll(descriptor: number, path: string, waiting: Waiting, most: number): Uint8Array {
  const stats = fstatSync(descriptor);
  if (stats.isDirectory()) throw Object.assign(new Error("it is a directory"), { code: "EISDIR" });
  const limit = stats.isFile() ? most : Math.min(most, LONGEST_STREAM);
  const tooLarge = (): Error =>
    new Error(
      stats.isFile()
        ? `it has more than the ${limit} bytes that can be read`
        : `it has no end within ${limit} bytes, and is no file but a ${stats.isFIFO() ? "pipe" : "device"}`,
    );
  if (stats.size > limit) throw tooLarge();
  // One byte more than the file has, to see its end; what grows meanwhile is read on.
  let buffer = Buffer.allocUnsafeSlow(stats.isFile() ? stats.size + 1 : CHUNK);
  for (let length = 0; ;) {
    const awaitsWriter = length === 0 && isNamedPipe(path, stats);
    const read = readSome(descriptor, buffer.subarray(length), path, waiting, awaitsWriter);
    length += read;
    if (length > limit) throw tooLarge();
    if (read === 0) return buffer.subarray(0, length);
    if (length === buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(CHUNK, 2 * length));
      larger.set(buffer);
      buffer = larger;
    }
  }
}

/** Pipes of the shell have had their writer already when they are opened. */
const isNamedPipe = (path: string, stats: Stats): boolean =>
  stats.isFIFO() && !/^\/(dev|proc)\//.test(path) && statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;

/** The number of bytes read; 0 at the end. */
function readSome(
  descriptor: number,
  chunk: Uint8Array,
  path: string,
  waiting: Waiting,
  awaitsWriter: boolean,
): number {
  for (let waited = 0, told = false; ;) {
    try {
      const read = readSync(descriptor, chunk, 0, Math.min(chunk.length, 2 ** 30), null);
      if (read > 0 || !awaitsWriter) return read;
      if (waited >= NO_WRITER) throw new Error("it is a pipe, and nothing writes to it");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      if (waited >= WORDLESS && !told) {
        told = true;
        waiting(path);
      }
    }
    pause(10);
    waited += 10;
  }
}
