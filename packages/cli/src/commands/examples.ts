/** `selectron examples`: writes the lessons, which the guides run, into a folder. The package brings them. */
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { UsageError, type Context } from "../context.js";
import { makeFolder, namesIn, readBytes, writeOut } from "../files/files.js";

/** The lessons as the build copied them: the same folder from `src` and from `dist`. */
export const LESSONS = fileURLToPath(new URL("../../examples", import.meta.url));

/** Adds the command. */
export function registerExamples(program: Command, context: Context): void {
  program
    .command("examples")
    .description("writes the lessons, programs from reversing to loops, into a folder; the guides run them")
    .argument("[folder]", "a new folder, or one that has them", "examples")
    .action((folder: string) => writeLessons(context, folder));
}

/** @throws UsageError where a file of such a name says something else, before anything is written */
function writeLessons(context: Context, folder: string): void {
  const names = namesIn(context, LESSONS)
    .filter((name) => name.endsWith(".rasp"))
    .sort();
  if (names.length === 0) throw new UsageError("the lessons are not here", "run `npm run build` in the repository");
  const lessons = new Map(names.map((name) => [name, readBytes(context, `${LESSONS}/${name}`)]));
  const present = new Set(context.io.isFolder(folder) ? namesIn(context, folder) : []);
  const missing = [...lessons].filter(([name, lesson]) => {
    if (!present.has(name)) return true;
    if (Buffer.compare(readBytes(context, `${folder}/${name}`), lesson) === 0) return false;
    throw new UsageError(`"${folder}/${name}" is there, and is another program than the lesson`, "name another folder");
  });
  if (missing.length > 0) makeFolder(context, folder);
  for (const [name, lesson] of missing) writeOut(context, `${folder}/${name}`, lesson);
  context.print(`${folder} has the ${lessons.size} lessons, from ${names[0]} to ${names.at(-1)}`);
  context.print(`run the first one: selectron eval ${folder}/${names[0]} --sop reverse --input hello`);
}
