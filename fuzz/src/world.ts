/** The selectron command in this process, on files and streams in memory. */
import { run, type Io } from "@selectron/cli";
import { demand, type Reading } from "./kind.js";

/** The files of a run by their paths, to which it adds its own. */
export type Files = Map<string, Uint8Array>;

const missing = (path: string): Error => Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export function filesIn(entries: Readonly<Record<string, string | Uint8Array>>): Files {
  return new Map(
    Object.entries(entries).map(([path, contents]) => [
      path,
      typeof contents === "string" ? encode(contents) : contents,
    ]),
  );
}

/** What a command answered. */
export interface Told {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command. Never throws. */
export async function selectron(args: readonly string[], files: Files, stdin = ""): Promise<Told> {
  let [out, err] = ["", ""];
  const read = (path: string): Uint8Array => {
    const bytes = files.get(path);
    if (!bytes) throw missing(path);
    return bytes;
  };
  const io: Io = {
    readFile: (path) => decode(read(path)),
    readBytes: read,
    writeBytes: (path, bytes) => void files.set(path, bytes),
    isFolder: (path) => path === "." || [...files.keys()].some((name) => name.startsWith(`${path}/`)),
    makeFolder: () => undefined,
    appendFile: (path, text) => {
      const before = files.get(path) ?? new Uint8Array();
      const after = encode(text);
      const whole = new Uint8Array(before.length + after.length);
      whole.set(before);
      whole.set(after, before.length);
      files.set(path, whole);
    },
    listFolder: (path) =>
      [...files.keys()].filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1)),
    removeFile: (path) => void files.delete(path),
    readStdin: () => stdin,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  };
  const exitCode = await run(args, io);
  return { exitCode, out, err };
}

/**
 * The longest answer of a command, and its longest errors with their warnings, in characters: so many, and so many for each of the input.
 * A selector on 1,000 tokens is a matrix of two million.
 */
const MOST_ANSWER = [4_000_000, 10] as const;
const MOST_COMPLAINT = [100_000, 10] as const;

/** The length of all that a command reads. */
const sizeOf = (files: Files, stdin: string): number =>
  [...files.values()].reduce((sum, { length }) => sum + length, stdin.length);

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Text for a terminal must not command it. @throws Fault */
export function demandPlain(what: string, text: string, most: number): void {
  const found = CONTROL.exec(text);
  demand(
    !found,
    () =>
      `${what} has a raw control character: ${JSON.stringify(text.slice(Math.max(0, found!.index - 60), found!.index + 20))}`,
  );
  demand(text.length <= most, () => `${what} has ${text.length} characters: ${JSON.stringify(text.slice(0, 200))}`);
}

/**
 * A command's answer as a reading: accepted unless it says that the input is bad.
 *
 * @throws Fault where it blames itself, says nothing, commands the terminal, or says much about little
 */
export function readingOf({ exitCode, out, err }: Told, size: number): Reading {
  demand(
    !/this is a defect of selectron|"code":"CLI0000"/.test(out + err),
    () => `it blames itself: ${err.slice(0, 500)}`,
  );
  demand([0, 1, 2].includes(exitCode), () => `exit code ${exitCode}`);
  demand(exitCode !== 2 || err.trim() !== "", () => "exit code 2 without a word");
  demand(!/^\s+at .*:\d+:\d+\)?$/m.test(err), () => `a stack trace: ${err.slice(0, 500)}`);
  demandPlain("standard error", err, MOST_COMPLAINT[0] + MOST_COMPLAINT[1] * size);
  demandPlain("standard output", out, MOST_ANSWER[0] + MOST_ANSWER[1] * size);
  return { accepted: exitCode !== 2, text: exitCode === 2 ? err : out };
}

/** Runs a command and reads its answer. @throws Fault */
export async function reads(args: readonly string[], files: Files, stdin = ""): Promise<Reading> {
  const size = sizeOf(files, stdin) + args.join().length;
  return readingOf(await selectron(args, files, stdin), size);
}
