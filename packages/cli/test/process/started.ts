/** The built command as a process of its own, as a shell starts it. */
import { spawn, type StdioOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

export const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Start {
  readonly folder?: string;
  /** All of standard input. */
  readonly stdin?: string;
  readonly stdio?: StdioOptions;
  /** Sent once `when` is true, which is asked every few milliseconds; at once without it. */
  readonly kill?: NodeJS.Signals;
  readonly when?: (said: string) => boolean;
  /** Sent once there has been an answer to the first signal. */
  readonly again?: NodeJS.Signals;
  /** Words before the command, such as `sh -c 'ulimit -f 1; exec "$@"' sh`. */
  readonly before?: readonly string[];
}

export async function started(
  args: readonly string[],
  { folder, stdin = "", stdio, kill, when, again, before = [] }: Start = {},
): Promise<Ended> {
  const [program, ...words] = [...before, process.execPath, main, ...args];
  const child = spawn(program!, words, { cwd: folder, stdio: stdio ?? "pipe" });
  const said = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  child.stdin?.on("error", () => undefined).end(stdin);
  const ended = new Promise<Pick<Ended, "code" | "signal">>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  let [signal, isTime] = [kill, when ?? ((): boolean => true)];
  const watch = setInterval(() => {
    if (signal === undefined || !isTime(said.err)) return;
    child.kill(signal);
    const answered = said.err.length;
    [signal, isTime] = [signal === again ? undefined : again, (err) => err.length > answered];
  }, 3);
  const end = await ended;
  clearInterval(watch);
  return { ...end, ...said };
}
