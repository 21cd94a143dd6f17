/** Which machine and which process this is, and whether another process of this machine is there still. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** What tells a process from all others, on this machine and on those that share its folders. */
export interface Process {
  readonly pid: number;
  readonly host: string;
  /** The system's run since it was started, and the container: a pid says nothing beyond them. Empty where the system does not tell. */
  readonly boot: string;
  readonly space: string;
  /** When the process began, in the system's clock: a pid may be given again. Empty where the system does not tell. */
  readonly born: string;
}

const orEmpty = (read: () => string): string => {
  try {
    return read().trim();
  } catch {
    return "";
  }
};

/** The 22nd field of /proc/PID/stat. The second is the name in parentheses, which may hold spaces and parentheses. */
const bornOf = (pid: number): string =>
  orEmpty(() => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  });

export const thisProcess = (): Process => ({
  pid: process.pid,
  host: hostname(),
  boot: orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")),
  space: orEmpty(() => readlinkSync("/proc/self/ns/pid")),
  born: bornOf(process.pid),
});

/** Whether there is a process with this number. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a process runs still, has ended, or cannot be seen from here. */
export function stateOf(other: Process, self = thisProcess()): "runs" | "ended" | "elsewhere" {
  if (other.host !== self.host) return "elsewhere";
  if (other.boot !== self.boot) return other.boot === "" || self.boot === "" ? "elsewhere" : "ended";
  if (other.space !== self.space) return "elsewhere";
  if (!isAlive(other.pid)) return "ended";
  return other.born !== "" && other.born !== bornOf(other.pid) ? "ended" : "runs";
}
