/** Reading programs from FILE or `-`, and the files that they load. */
import { dirname, isAbsolute, resolve } from "node:path";
import { Environment, type Atom } from "@selectron/rasp";
import type { Context } from "../context.js";
import { readTextOrStdin, reason } from "./files.js";
import type { Io } from "./io.js";

/** Reads a loaded file from the working directory, as the original does, or from the program's folder if it is not there. */
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

/** Runs a program file, or an empty program, with an input as its running example. @throws RaspError, UsageError */
export function runProgram(context: Context, path: string | undefined, example?: readonly Atom[]): Environment {
  const text = path === undefined ? "" : readTextOrStdin(context, path);
  const environment = new Environment({ readFile: loader(context.io, path ?? "-") });
  if (example) environment.session.setExample("both", example);
  try {
    environment.run(text, path === "-" ? "<stdin>" : path);
  } finally {
    context.warn(environment.takeWarnings());
  }
  return environment;
}
