/** Reading and writing files; what fails is a `UsageError` that says why. */
import { dirname } from "node:path";
import { UsageError, type Context } from "../context.js";
import { reason } from "./reason.js";

/** The bytes of a file. @throws UsageError */
export const readBytes = ({ io }: Context, path: string): Uint8Array =>
  reading(path, io.isFolder(path) ? `name a file in it, such as ${path}/model.safetensors` : "check the path", () =>
    io.readBytes(path),
  );

/** The text of a file. @throws UsageError */
export const readText = ({ io }: Context, path: string): string =>
  reading(path, "check the path", () => io.readFile(path));

/** The text of a file of at most `limit` bytes, or of standard input where the path is `-`. @throws UsageError */
export const readTextOrStdin = ({ io }: Context, path: string, limit?: number): string =>
  reading(path, "check the path; - reads standard input", () =>
    path === "-" ? io.readStdin() : io.readFile(path, limit),
  );

/** The names of the files in a folder; none if it does not exist. @throws UsageError */
export const namesIn = ({ io }: Context, folder: string): readonly string[] =>
  reading(folder, "choose a folder that can be read", () => io.listFolder(folder));

function reading<T>(path: string, suggestion: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`, suggestion);
  }
}

const ELSEWHERE = "choose a place that can be written";

function writing<T>(what: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new UsageError(`cannot ${what}: ${reason(error)}`, ELSEWHERE);
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
  writing(`write "${path}"`, () => io.tryToWrite?.(path));
}

/** Checks, before long work, that a folder is new or empty. @throws UsageError */
export function checkEmpty(context: Context, path: string): void {
  const names = context.io.isFolder(path) ? namesIn(context, path) : [];
  if (names.length === 0) return;
  throw new UsageError(
    `the folder "${path}" is not empty: it has ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}`,
    "choose a new folder, or empty this one",
  );
}

/** Writes a file whole or not at all. @throws UsageError */
export const writeOut = ({ io }: Context, path: string, bytes: Uint8Array): void =>
  writing(`write "${path}"`, () => io.writeBytes(path, bytes));

/** Adds to the end of a file. @throws UsageError */
export const append = ({ io }: Context, path: string, text: string): void =>
  writing(`write "${path}"`, () => io.appendFile(path, text));

/** @throws UsageError */
export const remove = ({ io }: Context, path: string): void => writing(`remove "${path}"`, () => io.removeFile(path));

/** @throws UsageError */
export const makeFolder = ({ io }: Context, path: string): void =>
  writing(`make the folder "${path}"`, () => io.makeFolder(path));
