/**
 * Runs a command in a thread of its own, so that Ctrl+C and `kill` are answered at once, whatever the command computes: JavaScript handles a
 * signal between two calls only, and a compile is one call. The command's thread is ended, what it holds for a while is removed, and a line
 * says so. A training is asked to end after its step; a second signal ends it, too.
 */
import { rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import type { Signal } from "../files/io.js";
import type { Told, Work } from "./worker.js";

const CODES: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143 };
const SIGNALS = Object.keys(CODES) as Signal[];
const BY: Readonly<Record<Signal, string>> = { SIGINT: "Ctrl+C (SIGINT)", SIGTERM: "kill (SIGTERM)" };

/** Milliseconds that a thread has to end by itself before that is told, and to be ended before the process is. */
const [PATIENCE, LAST] = [1000, 700];

/** Runs a command; its exit code becomes the process's. */
export function supervise(args: readonly string[]): void {
  const columns = process.stderr.isTTY ? process.stderr.columns : undefined;
  const worker = new Worker(new URL("worker.js", import.meta.url), { workerData: { args, columns } satisfies Work });
  const held = new Set<string>();
  let isListening = false;
  let asked: Signal | undefined;
  let isEnding = false;
  let late: NodeJS.Timeout | undefined;

  worker.on("message", (told: Told) => {
    if (told.kind === "hold") {
      held.add(resolve(told.path));
    } else if (told.kind === "release") {
      held.delete(resolve(told.path));
    } else {
      isListening = told.kind === "listening" && told.listening;
      // It has heard the signal, or missed it because it had just come to its end.
      if (!isListening && asked) later(() => void end(asked!));
    }
  });
  worker.on("error", (error: NodeJS.ErrnoException) => void fail(error, args.includes("--json"), held));
  worker.on("exit", (code) => {
    clearTimeout(late);
    if (!isEnding) process.exitCode ??= code;
    for (const signal of SIGNALS) process.off(signal, hear);
  });

  const later = (action: () => void): void => {
    clearTimeout(late);
    late = setTimeout(action, PATIENCE);
  };

  const end = async (signal: Signal): Promise<void> => {
    isEnding = true;
    clearTimeout(late);
    const isEnded = await Promise.race([
      worker.terminate().then(() => true),
      new Promise<false>((give) => setTimeout(give, LAST, false).unref()),
    ]);
    say(endedText(signal, held));
    removeHeld(held);
    process.exitCode = CODES[signal];
    // Threads that wait for the system, as for a disk that does not answer, cannot be ended: shells report the same code for the signal.
    for (const each of SIGNALS) process.off(each, hear);
    if (!isEnded) process.kill(process.pid, signal);
  };

  const hear = (signal: Signal): void => {
    if (isEnding) return;
    if (!isListening || asked) return void end(signal);
    asked = signal;
    worker.postMessage(signal);
    later(() => say("Ends after the step that it is in, with a checkpoint; a second Ctrl+C ends it at once."));
  };
  for (const signal of SIGNALS) process.on(signal, hear);
}

/** Locks are held by what can be continued. */
function endedText(signal: Signal, held: ReadonlySet<string>): string {
  const canContinue = [...held].some((path) => path.endsWith(".lock"));
  return `Ended by ${BY[signal]}; ${canContinue ? "the same command goes on from there" : "no file was left half written"}.`;
}

function removeHeld(held: ReadonlySet<string>): void {
  for (const path of held) {
    try {
      rmSync(path, { force: true });
    } catch {
      // The next run finds it.
    }
  }
}

/** A line on standard error, over progress and ^C where these are on the last one. */
function say(text: string): void {
  try {
    writeSync(2, `${process.stderr.isTTY ? "\r\x1b[K" : ""}${text}\n`);
  } catch {
    // There is nobody to tell.
  }
}

/** The thread has failed as no command should: out of memory, or by a defect. */
async function fail(error: NodeJS.ErrnoException, json: boolean, held: ReadonlySet<string>): Promise<void> {
  process.exitCode = 2;
  removeHeld(held);
  const [{ Context, UsageError }, { nodeIo }] = await Promise.all([import("../context.js"), import("../files/io.js")]);
  const isFull = error.code === "ERR_WORKER_OUT_OF_MEMORY";
  const told = isFull
    ? new UsageError(
        "the memory is used up",
        "ask for less: shorter inputs, fewer tokens; or give more, with NODE_OPTIONS=--max-old-space-size=8000 (megabytes)",
      )
    : error;
  new Context(nodeIo).fail(told, json);
}
