/** What the page is about: the program, the input, where the cursor is, and what came of running them. Components read these signals. */
import { batch, computed, effect, signal } from "@preact/signals";
import type { Range } from "../worker/problem.js";
import type { Picture, RunQuestion, RunReply, WhyQuestion, WhyReply } from "../worker/protocol.js";
import { Latest, WorkerClient, type Channel } from "./worker-client.js";

/** The right-hand panels. */
export type Panel = "picture" | "weights" | "train";

export const program = signal("");
export const input = signal("");
export const cursor = signal(0);
/** The name that is drawn whatever the cursor is at. */
export const pinned = signal<string | undefined>(undefined);
export const panel = signal<Panel>("picture");
/** The step of loops that is drawn, from 0. */
export const loopStep = signal(0);
/** Whether the language in brief is open. */
export const isBriefOpen = signal(false);

/** What came of the last run; undefined before the first. */
export const outcome = signal<RunReply | undefined>(undefined);
/** Why the last run did not end, as a key of the messages. */
export const failure = signal<string | undefined>(undefined);
/** The last picture there was. */
export const picture = signal<Picture | undefined>(undefined);
/** Whether that is the picture of what is written now. */
export const isCurrent = computed(
  () => outcome.value?.picture !== undefined && outcome.value.picture === picture.value,
);

/** The names of the library that the program has not taken, with spaces between: a text, so that the same names are the same value. */
export const libraryNames = computed(() =>
  (outcome.value?.names ?? [])
    .filter(({ isLibrary }) => isLibrary)
    .map(({ name }) => name)
    .join(" "),
);

/** What is asked about the picture, and the answer. A cell under the pointer is asked about for a while only. */
export const asked = signal<WhyQuestion | undefined>(undefined);
export const why = signal<WhyReply | undefined>(undefined);
/** What the value that is asked about was made of, as ` id:position ` for each: those values are marked. */
export const sources = computed(() => {
  const answer = why.value;
  if (asked.value?.of !== "value" || answer?.of !== "value") return "";
  const { reason } = answer;
  const read = reason.kind === "map" ? reason.args : reason.kind === "aggregate" ? reason.values : [];
  return read.map(({ id, position }) => ` ${id}:${position} `).join("");
});
/** The place in the program that an answer or a button points to. */
export const marked = signal<Range | undefined>(undefined);

/** A text that the editor is to show, from an example, a puzzle or a link; the editor takes it over. */
export const replaced = signal<{ readonly text: string; readonly keepsUndo: boolean } | undefined>(undefined);
/** The place that the editor is to go to. */
export const visited = signal<Range | undefined>(undefined);

/** A worker of the page. */
export const startWorker = (): Channel =>
  new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module" }) as unknown as Channel;

/** Answers at every keystroke. */
export const live = new WorkerClient(startWorker);
/** Compiles, checks and trains. */
export const slow = new WorkerClient(startWorker);

/** Milliseconds that a run may take: the language's own budget ends most runaway programs before. */
const LONGEST_RUN = 8000;

const runs = new Latest<RunQuestion>(live, LONGEST_RUN, (reply) => {
  if (reply.kind === "failed") {
    failure.value = reply.message;
    return;
  }
  batch(() => {
    failure.value = undefined;
    outcome.value = reply;
    asked.value = undefined;
    if (reply.picture) picture.value = reply.picture;
  });
});

const questions = new Latest<WhyQuestion>(live, LONGEST_RUN, (reply) => {
  if (reply.kind === "why") why.value = reply;
});

/** Runs the program now and whenever it, the input or the cursor changes. */
export function follow(): void {
  effect(() => {
    const target = pinned.value;
    runs.ask({
      kind: "run",
      program: program.value,
      input: input.value,
      cursor: cursor.value,
      step: loopStep.value,
      ...(target === undefined ? {} : { target }),
    });
  });
  effect(() => {
    const question = asked.value;
    if (question) questions.ask(question);
    else [why.value, marked.value] = [undefined, undefined];
  });
  effect(() => {
    const answer = why.value;
    if (answer?.of === "value") marked.value = answer.at.range;
    if (answer?.of === "cell") marked.value = answer.range;
  });
}

/** Puts another program and input in the place of what is there; undo brings the program back. */
export function open(text: string, on: string, keepsUndo = true): void {
  pinned.value = undefined;
  asked.value = undefined;
  loopStep.value = 0;
  input.value = on;
  replaced.value = { text, keepsUndo };
  program.value = text;
  cursor.value = text.length;
}
