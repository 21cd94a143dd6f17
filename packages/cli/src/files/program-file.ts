/** Reading programs from FILE or `-`, and the files that they load. */
import { dirname, isAbsolute, resolve } from "node:path";
import { Environment, type Atom } from "@selectron/rasp";
import type { Context } from "../context.js";
import { readTextOrStdin } from "./files.js";
import type { Io } from "./io.js";
import { reason } from "./reason.js";

/** The most bytes of a program, far more than one that is written by hand or by a decompiler has. */
const LONGEST_PROGRAM = 2 ** 24;

/** Reads a loaded file from the working directory, as the original does, or from the program's folder if it is not there. */
export const loader =
  (io: Io, program: string) =>
  (path: string): string => {
    const places = program === "-" || isAbsolute(path) ? [path] : [path, resolve(dirname(program), path)];
    let first: string | undefined;
    for (const place of places) {
      try {
        return io.readFile(place, LONGEST_PROGRAM);
      } catch (error) {
        first ??= reason(error);
      }
    }
    const folder = places.map((place) => place.replace(/\.rasp$/, "")).find((place) => io.isFolder(place));
    throw new Error(folder === undefined ? first! : `${first!}, and "${folder}" is a directory`);
  };

/** Runs a program file, or an empty program, with an input as its running example. @throws RaspError, UsageError */
export function runProgram(context: Context, path: string | undefined, example?: readonly Atom[]): Environment {
  const text = path === undefined ? "" : readTextOrStdin(context, path, LONGEST_PROGRAM);
  const environment = new Environment({ readFile: loader(context.io, path ?? "-") });
  if (example) environment.session.setExample("both", example);
  try {
    environment.run(text, path === "-" ? "<stdin>" : path);
  } finally {
    context.warn(environment.takeWarnings());
  }
  return environment;
}
