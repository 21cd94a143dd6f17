/**
 * Locks: a file that says which process works in a folder. It is there whole or not at all, and goes when the process ends. One that a killed
 * process left is taken over where it is certain that the process has ended: on this machine, in this run of it.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { stateOf, thisProcess, type Process } from "./machine.js";
import { withTemporary, writeBytes, type Keeper } from "./write.js";

/** What a lock says. */
export interface Holder extends Process {
  /** When the lock was taken, as a date of ISO 8601. */
  readonly since: string;
  /** The command, for people. */
  readonly command: string;
}

/** Another process holds a lock. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  readonly holder: Holder;
  /** Whether it is certain that the process runs. */
  readonly runs: boolean;

  constructor(path: string, holder: Holder, runs: boolean) {
    super(`"${path}" is held by process ${holder.pid} on ${holder.host}`);
    this.holder = holder;
    this.runs = runs;
  }
}

/** Takes a lock and returns what gives it back. @throws LockedError, and Error as `writeFileSync` does */
export function takeLock(path: string, command: string, keeper: Keeper): () => void {
  const holder: Holder = { ...thisProcess(), since: new Date().toISOString(), command };
  const text = `${JSON.stringify(holder)}\n`;
  // A lock that goes between two looks is tried for again; one that comes back each time belongs to others.
  for (let attempt = 0; attempt < 5; attempt++) {
    if (putLock(path, text, keeper)) return () => giveBack(path, text, keeper);
    removeIfStale(path, holder);
  }
  throw new Error("other processes take it again and again");
}

/** Makes the lock's file with all it says; false if there is one already. */
function putLock(path: string, text: string, keeper: Keeper): boolean {
  const bytes = new TextEncoder().encode(text);
  let isMade = false;
  const link = (temporary: string): void => {
    try {
      linkSync(temporary, path);
      isMade = true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return;
      // A file system without links: the file is made empty and then filled.
      if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) throw error;
      isMade = madeAlone(path, text);
    }
  };
  withTemporary(dirname(path), keeper, (descriptor) => writeBytes(descriptor, bytes), link);
  if (isMade) keeper.hold(path);
  return isMade;
}

function madeAlone(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Only one's own: it may have been removed by hand and taken by another process. */
function giveBack(path: string, text: string, keeper: Keeper): void {
  if (readText(path) === text) rmSync(path, { force: true });
  keeper.release(path);
}

/** @throws LockedError if the lock's process runs, or may run on another machine */
function removeIfStale(path: string, self: Process): void {
  const text = readText(path);
  if (text === undefined) return;
  const holder = holderIn(text);
  // A damaged lock says nothing: no process of this version leaves one, since each makes its lock whole.
  const state = holder ? stateOf(holder, self) : "ended";
  if (holder && state !== "ended") throw new LockedError(path, holder, state === "runs");
  // Another process may take it over at the same time: what is removed must be what was read.
  const aside = `${path}.${self.pid}`;
  try {
    renameSync(path, aside);
    if (readText(aside) !== text) linkSync(aside, path);
  } catch {
    // It has gone, or others have taken it: the next attempt sees which.
  } finally {
    rmSync(aside, { force: true });
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Undefined where the text is no lock. */
function holderIn(text: string): Holder | undefined {
  try {
    const { pid, host, boot, space, born, since, command } = (JSON.parse(text) ?? {}) as Partial<Holder>;
    const texts = [host, boot, space, born, since, command];
    if (!Number.isSafeInteger(pid) || pid! < 1 || texts.some((value) => typeof value !== "string")) return undefined;
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}
