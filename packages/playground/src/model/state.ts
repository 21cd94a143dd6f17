/** The model of the page: how it is compiled, what it is, and what its last run shows. */
import { computed, effect, signal } from "@preact/signals";
import { cursor, input, outcome, picture, pinned, program, slow } from "../app/state.js";
import { download } from "../app/download.js";
import type { LookReply, ModelSummary, NumberQuestion, NumberReply, ValuePatch } from "../worker/model-protocol.js";
import type { Problem, Progress } from "../worker/problem.js";

/** The vocabulary as it is written; absent, it is the tokens of the input. */
export const vocabulary = signal<string | undefined>(undefined);
export const maxLength = signal<number | undefined>(undefined);
export const causal = signal(false);

export const model = signal<ModelSummary | undefined>(undefined);
/** What the model was compiled from, to tell whether it is still what is written; absent for a file. */
export const compiledFrom = signal<string | undefined>(undefined);
export const problem = signal<Problem | undefined>(undefined);
/** Set while something is compiled or opened. */
export const progress = signal<Progress | undefined>(undefined);
export const isBusy = signal(false);

export const patches = signal<readonly ValuePatch[]>([]);
export const look = signal<LookReply | undefined>(undefined);
/** The stage of the residual stream that is shown. */
export const stage = signal(0);
export const number = signal<{ readonly question: NumberQuestion; readonly reply: NumberReply } | undefined>(undefined);

/** Characters as they are, other tokens as a list. */
const written = (tokens: readonly string[]): string => {
  const each = [...new Set(tokens)].sort();
  return each.every((token) => [...token].length === 1) ? each.join("") : `[${each.join(", ")}]`;
};

/** What is compiled where nothing else is said. */
export const suggestedVocabulary = computed(() => written(outcome.value?.tokens ?? []));
export const suggestedLength = computed(() => Math.max(8, outcome.value?.tokens.length ?? 0));

/** The s-op that would be compiled. */
export const targetName = computed(() => pinned.value ?? picture.value?.name ?? "");

const source = (): string => JSON.stringify([program.value, targetName.value]);
export const isStale = computed(() => compiledFrom.value !== undefined && compiledFrom.value !== source());

/** What the questions about the program say. */
const about = () => {
  const target = pinned.value;
  return {
    program: program.value,
    input: input.value,
    cursor: cursor.value,
    ...(target === undefined ? {} : { target }),
  };
};

/** Milliseconds that a compile may take: the compiler refuses most that would take longer. */
const LONGEST_COMPILE = 180_000;

/** Compiles what is written. */
export async function compileProgram(): Promise<void> {
  const from = source();
  await begin(
    slow.ask(
      {
        kind: "compile",
        ...about(),
        vocabulary: vocabulary.value ?? suggestedVocabulary.value,
        maxLength: maxLength.value ?? suggestedLength.value,
        causal: causal.value,
      },
      LONGEST_COMPILE,
      (told) => (progress.value = told),
    ),
    from,
  );
}

/** The same, unless these are its weights already. */
export async function compileUnlessDone(): Promise<void> {
  if (!isBusy.value && compiledFrom.value !== source()) await compileProgram();
}

/** The largest file that is opened: GPT-2's own weights have 523 MB. */
const MOST_BYTES = 600 * 2 ** 20;

/** Whether what is busy is the opening of a file. */
export const isOpening = signal(false);

/** Weights with GPT-2's names that wait for their configuration. */
let waiting: File | undefined;

/**
 * Opens a model's file. A model with GPT-2's names comes with its configuration, or waits for it.
 */
export async function openModel(files: readonly File[]): Promise<void> {
  const config = files.find(({ name }) => name.endsWith(".json"));
  const file = files.find((each) => each !== config) ?? waiting;
  const told = (message: string): void => void (problem.value = { code: "", severity: "error", message, notes: [] });
  if (files.some(({ size }) => size > MOST_BYTES)) return told("model.tooLarge");
  if (!file) return config && told("model.onlyConfig");
  isOpening.value = true;
  try {
    const question = {
      kind: "open",
      name: file.name,
      bytes: new Uint8Array(await file.arrayBuffer()),
      program: program.value,
      ...(config ? { config: await config.text() } : {}),
    } as const;
    await begin(slow.ask(question, LONGEST_COMPILE), undefined);
  } catch {
    // A folder, a file that is gone, or more than this device has room for.
    isBusy.value = false;
    told("model.unreadable");
  } finally {
    isOpening.value = false;
  }
  waiting = problem.value?.message === "model.needsConfig" ? file : undefined;
}

async function begin(asked: ReturnType<typeof slow.ask>, from: string | undefined): Promise<void> {
  isBusy.value = true;
  problem.value = undefined;
  const reply = await asked;
  isBusy.value = false;
  progress.value = undefined;
  if (reply.kind === "failed") {
    problem.value = { code: "", severity: "error", message: reply.message, notes: [] };
    return;
  }
  if (reply.kind !== "compile" && reply.kind !== "open") return;
  problem.value = reply.problem;
  if (!reply.model) return;
  patches.value = [];
  number.value = undefined;
  stage.value = 0;
  look.value = undefined;
  compiledFrom.value = from;
  model.value = reply.model;
}

/** Ends a compile; the worker and its model go with it. */
export function stopCompile(): void {
  slow.stop();
  model.value = undefined;
  look.value = undefined;
}

/** Runs the model whenever the input or the patches change. */
export function followModel(): () => void {
  let asking = 0;
  return effect(() => {
    const [text, replaced, now] = [input.value, patches.value, model.value];
    if (!now) return;
    const turn = ++asking;
    void slow.ask({ kind: "look", input: text, patches: replaced }, LONGEST_COMPILE).then((reply) => {
      if (turn !== asking) return;
      if (reply.kind === "look") look.value = reply;
      else problem.value = { code: "", severity: "error", message: reply.message, notes: [] };
      const shown = number.peek();
      if (shown) void askNumber(shown.question);
    });
  });
}

/** Asks how a number came about. */
export async function askNumber(question: NumberQuestion): Promise<void> {
  const reply = await slow.ask(question, LONGEST_COMPILE);
  if (reply.kind === "number") number.value = reply.of === "nothing" ? undefined : { question, reply };
}

/** Saves a file: the model, or the picture of the computation; `png` is the picture drawn by the browser. */
export async function save(format: "safetensors" | "onnx" | "svg" | "png"): Promise<void> {
  const reply = await slow.ask(
    { kind: "file", format: format === "png" ? "svg" : format, ...about() },
    LONGEST_COMPILE,
  );
  if (reply.kind !== "file" || !reply.bytes) {
    problem.value =
      reply.kind === "file" && reply.problem
        ? reply.problem
        : { code: "", severity: "error", message: reply.kind === "failed" ? reply.message : "model.none", notes: [] };
    return;
  }
  const bytes = reply.bytes as Uint8Array<ArrayBuffer>;
  if (format !== "png") {
    const type = format === "svg" ? "image/svg+xml" : "application/octet-stream";
    return download(reply.name, new Blob([bytes], { type }));
  }
  const { pngOf } = await import("./png.js");
  download(reply.name.replace(/svg$/, "png"), await pngOf(bytes));
}
