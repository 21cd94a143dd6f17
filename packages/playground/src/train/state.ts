/** A training of the page: running, paused, done; and the program that was found in it. */
import { signal } from "@preact/signals";
import { cursor, input, pinned, program, startWorker } from "../app/state.js";
import { download } from "../app/download.js";
import { WorkerClient } from "../app/worker-client.js";
import type { Problem, Progress } from "../worker/problem.js";
import type { DecompileReply, TrainMoreReply, TrainReply } from "../worker/training-protocol.js";

/** Trains; a worker of its own, so that it goes on while something is compiled. */
const trainer = new WorkerClient(startWorker);
/** Decompiles; ended where that is no longer wanted. */
const reader = new WorkerClient(startWorker);

export type Phase = "none" | "running" | "paused" | "done";
export const phase = signal<Phase>("none");
export const training = signal<TrainReply["training"]>(undefined);
export const losses = signal<readonly number[]>([]);
export const latest = signal<TrainMoreReply | undefined>(undefined);
export const trouble = signal<Problem | undefined>(undefined);
export const supervise = signal(true);

export const search = signal<Progress | undefined>(undefined);
export const isSearching = signal(false);
export const found = signal<DecompileReply | undefined>(undefined);

/** Milliseconds of a piece, after which the curve is drawn. */
const PIECE = 250;
/** Milliseconds that the search for a program may take, and after which its worker is ended if it does not give way. */
const [BUDGET, LAST] = [45_000, 60_000];

const problemOf = (message: string): Problem => ({ code: "", severity: "error", message, notes: [] });

/** Begins anew. */
export async function start(vocabulary: string, maxLength: number): Promise<void> {
  trainer.stop();
  [trouble.value, latest.value, found.value, losses.value] = [undefined, undefined, undefined, []];
  const target = pinned.value;
  const reply = await trainer.ask({
    kind: "train",
    program: program.value,
    input: input.value,
    cursor: cursor.value,
    ...(target === undefined ? {} : { target }),
    vocabulary,
    maxLength,
    supervise: supervise.value,
  });
  if (reply.kind === "failed" || reply.problem || !reply.training) {
    trouble.value = reply.kind === "failed" ? problemOf(reply.message) : reply.problem;
    phase.value = "none";
    return;
  }
  training.value = reply.training;
  await resume();
}

/** Goes on until it is paused or done. */
export async function resume(): Promise<void> {
  phase.value = "running";
  while (phase.value === "running") {
    const reply = await trainer.ask({ kind: "train-more", milliseconds: PIECE, input: input.value });
    if (reply.kind === "failed") {
      // Another training has taken its place, or the worker is gone.
      if (phase.value === "running" && latest.value) trouble.value = problemOf(reply.message);
      return;
    }
    losses.value = [...losses.value, ...reply.losses];
    latest.value = reply;
    trouble.value = reply.problem;
    if (reply.isDone) phase.value = "done";
  }
}

export function pause(): void {
  phase.value = "paused";
}

/** The trained model as a file. */
export async function trainedBytes(): Promise<{ readonly name: string; readonly bytes: Uint8Array } | undefined> {
  const reply = await trainer.ask({ kind: "trained" });
  return reply.kind === "trained" && reply.bytes ? { name: reply.name, bytes: reply.bytes } : undefined;
}

/** Keeps the trained model: the panel of the weights opens it again. */
export async function saveTrained(): Promise<void> {
  const file = await trainedBytes();
  if (file) download(file.name, new Blob([file.bytes as Uint8Array<ArrayBuffer>]));
}

/** Looks for a program that decides as the trained model does. */
export async function decompile(): Promise<void> {
  if (phase.value === "running") pause();
  const file = await trainedBytes();
  if (!file) return;
  isSearching.value = true;
  found.value = undefined;
  trouble.value = undefined;
  const reply = await reader.ask(
    { kind: "decompile", bytes: file.bytes, budget: BUDGET },
    LAST,
    (told) => (search.value = told),
  );
  isSearching.value = false;
  search.value = undefined;
  if (reply.kind === "decompile") found.value = reply;
  else trouble.value = problemOf(reply.message);
}

/** Ends the search. */
export const stopSearch = (): void => reader.stop();
