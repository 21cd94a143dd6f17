/** Runs the command in this process, on files and streams in memory. */
import { run, type Io, type Signal } from "../src/index.js";

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly files?: Readonly<Record<string, string>>;
  /** Binary files, to which the command's output files are added. */
  readonly binaries?: Map<string, Uint8Array>;
  /** Folders beside `.`. */
  readonly folders?: readonly string[];
  readonly stdin?: string;
  /** Called with a function that does what a signal does. */
  readonly onInterrupt?: (stop: (signal: Signal) => void) => void;
  readonly isErrorTerminal?: boolean;
  readonly now?: () => number;
  readonly startThread?: NonNullable<Io["startThread"]>;
  /** Called before text is appended to a file. */
  readonly appended?: () => void;
}

export async function selectron(
  args: readonly string[],
  {
    files = {},
    folders = [],
    binaries = new Map(),
    stdin = "",
    onInterrupt = () => undefined,
    appended,
    ...terminal
  }: World = {},
): Promise<Ran> {
  const written = { out: "", err: "" };
  const io: Io = {
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
      return text;
    },
    readBytes: (path) => {
      const bytes = binaries.get(path);
      if (!bytes) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
      return bytes;
    },
    writeBytes: (path, bytes) => void binaries.set(path, bytes),
    isFolder: (path) => [".", "folder.safetensors", ...folders].includes(path.replace(/\/$/, "")),
    makeFolder: () => undefined,
    appendFile: (path, text) => {
      appended?.();
      const before = binaries.get(path) ?? new Uint8Array();
      binaries.set(path, Uint8Array.of(...before, ...new TextEncoder().encode(text)));
    },
    listFolder: (folder, path = folder.replace(/\/$/, "")) =>
      [...binaries.keys()].filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1)),
    removeFile: (path) => void binaries.delete(path),
    readStdin: () => stdin,
    ...terminal,
    onInterrupt: (stop) => (onInterrupt(stop), () => undefined),
    out: (text) => (written.out += text),
    err: (text) => (written.err += text),
  };
  const exitCode = await run(args, io);
  return { exitCode, ...written };
}
