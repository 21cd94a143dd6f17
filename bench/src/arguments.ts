/** What words on the command line mean. */
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { UsageError } from "./usage-error.js";

/** npm runs these scripts in the bench folder; files are meant relative to where the user typed the command. */
export const place = (file: string): string => resolve(process.env["INIT_CWD"] ?? ".", file);

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

/** Where a file is to be written. Asked for before anything is measured, so that nothing is lost. */
export function placeToWrite(option: string, file: string): string {
  const placed = place(file);
  if (!isFolder(dirname(placed))) throw new UsageError(`${option} ${file}: there is no folder ${dirname(placed)}.`);
  if (isFolder(placed)) throw new UsageError(`${option} ${file}: it is a folder, where a file is to go.`);
  return placed;
}

/** Of an option that may come more than once. */
export const collected = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];

/** 1 or more. */
export function count(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError("It is a whole number, 1 or more.");
  return Number(value);
}

/** Numbers of 1 or more, of an option that may come more than once. */
export const counts = (value: string, earlier: readonly number[] = []): readonly number[] => [...earlier, count(value)];

/** Seconds. */
export function duration(value: string): number {
  if (!(Number(value) > 0 && Number.isFinite(Number(value)))) throw new InvalidArgumentError("It is more than 0.");
  return Number(value);
}
