/**
 * Writing files whole or not at all. A file is written under a temporary name in its folder, which says whose it is, and then renamed. What a
 * killed process left of that kind is removed when a later one first writes to the folder.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  type Stats,
} from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { isAlive } from "./machine.js";
import { pause } from "./pause.js";

/** Told which files are there for a while only, so that they can be removed if the process ends meanwhile. */
export interface Keeper {
  readonly hold: (path: string) => void;
  readonly release: (path: string) => void;
}

/** Folders are shared between machines, whose process numbers say nothing about each other. */
const HOST = hostname()
  .replace(/[^A-Za-z0-9-]/g, "_")
  .slice(0, 60);
const TEMPORARY = /^\.selectron-(.+)-(\d+)-\d+\.tmp$/;
let made = 0;

/** Short whatever the file is called. Hidden, and of a form that no user's file has. */
const temporaryName = (): string => `.selectron-${HOST}-${process.pid}-${made++}.tmp`;

/** Streams that the shell may have sent to a file, which a new file in its place would take from them. */
const STREAMS: Readonly<Record<string, number>> = { "/dev/stdout": 1, "/dev/stderr": 2 };

/** Writes a file; a pipe, a device or a terminal directly. @throws Error as `writeFileSync` does */
export function writeWhole(path: string, bytes: Uint8Array, keeper: Keeper): void {
  const stream = STREAMS[path];
  if (stream !== undefined) return writeBytes(stream, bytes);
  const { target, before } = placeOf(path);
  if (before && !before.isFile()) return writeInto(path, bytes);
  const fill = (descriptor: number): void => {
    if (before) keepRights(descriptor, before);
    writeBytes(descriptor, bytes);
    // The contents reach the disk before the name does, so the new name never belongs to an empty file.
    flush(descriptor);
  };
  withTemporary(dirname(target), keeper, fill, (temporary) => renameSync(temporary, target));
  flushFolder(dirname(target));
}

/** Finds out whether `writeWhole` could write a file, by making an empty one beside it. @throws Error as `writeWhole` does */
export function tryToWrite(path: string, keeper: Keeper): void {
  const { target, before } = placeOf(path);
  if (before && !before.isFile()) return;
  withTemporary(
    dirname(target),
    keeper,
    () => undefined,
    () => undefined,
  );
}

/** Where a file goes, and what is there. @throws Error where that is a file that may not be written */
function placeOf(path: string): { readonly target: string; readonly before: Stats | undefined } {
  const before = statSync(path, { throwIfNoEntry: false });
  if (!before?.isFile()) return { target: path, before };
  accessSync(path, constants.W_OK);
  // The file that a link leads to, and not the link.
  return { target: realpathSync(path), before };
}

/** Makes and fills a file under a temporary name and has it put in its place. In the same folder, since a rename must stay within one file system. */
export function withTemporary(
  folder: string,
  keeper: Keeper,
  fill: (descriptor: number) => void,
  keep: (temporary: string) => void,
): void {
  removeTemporaries(folder);
  const temporary = join(folder, temporaryName());
  keeper.hold(temporary);
  try {
    const descriptor = openSync(temporary, "wx");
    try {
      fill(descriptor);
    } finally {
      closeSync(descriptor);
    }
    keep(temporary);
  } finally {
    rmSync(temporary, { force: true });
    keeper.release(temporary);
  }
}

/** The owner and the permissions of the file that is replaced, as far as the system allows. */
function keepRights(descriptor: number, { mode, uid, gid }: Stats): void {
  try {
    fchmodSync(descriptor, mode & 0o777);
    fchownSync(descriptor, uid, gid);
  } catch {
    // The file is written all the same.
  }
}

const swept = new Set<string>();

/** Removes, once for each folder, what processes of this machine that have ended left in it. */
function removeTemporaries(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  try {
    for (const name of readdirSync(folder)) {
      const [, host, pid] = TEMPORARY.exec(name) ?? [];
      if (host === HOST && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
    }
  } catch {
    // A folder whose names cannot be read can be written to all the same.
  }
}

/** Writes into what is there already. Without a reader, opening a pipe fails instead of waiting. */
function writeInto(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    writeBytes(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
}

/** All of the bytes. Where a pipe is full, waits for its reader. */
export function writeBytes(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      pause(5);
    }
  }
}

/** Has the system write a file to the disk. @throws Error if that fails, as where a disk is full, but not where there is no such thing */
function flush(descriptor: number): void {
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (!["EINVAL", "ENOSYS", "ENOTSUP", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Has the system write the names in a folder to the disk, if it can. The rename has happened, whole, in any case. */
function flushFolder(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Some systems cannot.
  }
}
