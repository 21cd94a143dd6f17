/** Reading and writing files; what fails is a `UsageError` that says why. */
import { dirname } from "node:path";
import { UsageError, type Context } from "../context.js";
import type { Io } from "./io.js";

/** The bytes of a file. @throws UsageError */
export const readBytes = ({ io }: Context, path: string): Uint8Array =>
  reading(path, "check the path", () => io.readBytes(path));

/** The text of a file. @throws UsageError */
export const readText = ({ io }: Context, path: string): string =>
  reading(path, "check the path", () => io.readFile(path));

/** The text of a file, or of standard input where the path is `-`. @throws UsageError */
export const readTextOrStdin = ({ io }: Context, path: string): string =>
  reading(path, "check the path; - reads standard input", () => (path === "-" ? io.readStdin() : io.readFile(path)));

function reading<T>(path: string, suggestion: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`, suggestion);
  }
}

/** Checks, before long work, that its result can be written to a place. @throws UsageError */
export function checkPlace({ io }: Context, path: string): void {
  const folder = dirname(path);
  if (!io.isFolder(folder)) {
    throw new UsageError(
      `cannot write "${path}": there is no folder "${folder}"`,
      "make it first, or choose another place",
    );
  }
  if (io.isFolder(path)) throw new UsageError(`cannot write "${path}": it is a folder`, "name a file in it");
}

/** Writes a file whole or not at all. @throws UsageError */
export function writeOut({ io }: Context, path: string, bytes: Uint8Array): void {
  try {
    io.writeBytes(path, bytes);
  } catch (error) {
    throw new UsageError(`cannot write "${path}": ${reason(error)}`, "choose a place that can be written");
  }
}

/** @throws UsageError */
export function makeFolder({ io }: Context, path: string): void {
  try {
    io.makeFolder(path);
  } catch (error) {
    throw new UsageError(`cannot make the folder "${path}": ${reason(error)}`, "choose a place that can be written");
  }
}

/** Removes what a process that was killed while it wrote a file has left in a folder. */
export function removeTemporaries(io: Io, folder: string): void {
  for (const name of io.listFolder(folder)) if (name.endsWith(".tmp")) io.removeFile(`${folder}/${name}`);
}

/** Why a file operation failed, for people. */
export const reason = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  if (code === "ENOTDIR") return "part of the path is not a directory";
  return message;
};
