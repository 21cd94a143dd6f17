/** Reading programs: FILE or `-`, and what `load "path";` inside them finds. */
import { dirname, isAbsolute, resolve } from "node:path";
import { Environment, type Atom } from "@selectron/rasp";
import { UsageError, type Context } from "./context.js";
import type { Io } from "./io.js";

/** The text of a file, `-` for standard input. @throws UsageError */
export function readText({ io }: Context, path: string): string {
  try {
    return path === "-" ? io.readStdin() : io.readFile(path);
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`, "check the path; - reads standard input");
  }
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

/** Reads a loaded file from the working directory, as the original does, or else from beside the program. */
export const loader =
  (io: Io, program: string) =>
  (path: string): string => {
    try {
      return io.readFile(path);
    } catch (error) {
      if (program === "-" || isAbsolute(path)) throw new Error(reason(error));
      try {
        return io.readFile(resolve(dirname(program), path));
      } catch {
        throw new Error(reason(error));
      }
    }
  };

/** Runs a program file, or none, with an input as its running example. @throws RaspError, UsageError */
export function runProgram(context: Context, path: string | undefined, example?: readonly Atom[]): Environment {
  const text = path === undefined ? "" : readText(context, path);
  const environment = new Environment({ readFile: loader(context.io, path ?? "-") });
  if (example) environment.session.setExample("both", example);
  try {
    environment.run(text, path === "-" ? "<stdin>" : path);
  } finally {
    context.warn(environment.takeWarnings());
  }
  return environment;
}
