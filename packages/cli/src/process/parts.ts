/**
 * Parts of a verification in threads of their own. A part is what `--shard i/n` is, compiled anew in its thread: the threads then share
 * nothing, and their reports merge to that of the undivided run, byte for byte, however many there are.
 */
import { Worker } from "node:worker_threads";
import type { Json, ReportJson, Shard } from "@selectron/rasp";

/** A report with what the command adds to it. */
export type SavedReport = ReportJson & Readonly<Record<string, Json>>;

/** What the thread is started with. */
export interface Part {
  readonly file: string;
  /** The command's. */
  readonly options: object;
  readonly shard: Shard;
}

/** A part that is on its way. */
export interface StartedPart {
  /** Undefined where its thread cannot start or does not come to an end: then the caller does it. */
  readonly report: Promise<SavedReport | undefined>;
  readonly stop: () => void;
}

/** Starts a part. Nothing is thrown. */
export function startPart(part: Part): StartedPart {
  const worker = new Worker(new URL("part.js", import.meta.url), { workerData: part });
  const report = new Promise<SavedReport | undefined>((resolve) => {
    const none = (): void => resolve(undefined);
    worker.once("message", resolve).once("messageerror", none).once("error", none).once("exit", none);
  });
  return { report, stop: () => void worker.terminate() };
}
