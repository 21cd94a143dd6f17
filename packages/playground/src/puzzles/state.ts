/** Which puzzle is being solved, and which have been. */
import { effect, signal } from "@preact/signals";
import { open, program, slow } from "../app/state.js";
import { store, stored } from "../app/storage.js";
import type { Puzzle, PuzzleSet, PuzzleVerdict } from "./puzzle.js";

export const isListOpen = signal(false);
export const puzzle = signal<Puzzle | undefined>(undefined);
/** The set that is shown; undefined before the list is first opened. */
export const puzzles = signal<PuzzleSet | undefined>(undefined);
/** Where the set was opened from, as a link says it; undefined for the page's own and for files. */
export const place = signal<string | undefined>(undefined);
/** What is known of the puzzle: examples and par, and the last judgement. */
export const verdict = signal<PuzzleVerdict | undefined>(undefined);
export const isChecking = signal(false);
/** Why checking failed. */
export const trouble = signal<string | undefined>(undefined);

/** The best answer to a puzzle. */
export interface Solved {
  readonly layers: number;
  readonly heads: number;
}

export const solved = signal<Readonly<Record<string, Solved>>>(storedProgress());

function storedProgress(): Record<string, Solved> {
  try {
    const kept: unknown = JSON.parse(stored("solved") ?? "{}");
    const entries = Object.entries((kept ?? {}) as Record<string, Partial<Solved>>);
    return Object.fromEntries(
      entries.flatMap(([id, each]) =>
        Number.isInteger(each?.layers) && Number.isInteger(each?.heads)
          ? [[id, { layers: each.layers!, heads: each.heads! }]]
          : [],
      ),
    );
  } catch {
    return {};
  }
}

/** Milliseconds that a check may take. */
const LONGEST_CHECK = 20_000;

const keyOf = ({ id }: Puzzle): string => `puzzle.${id}`;

/**
 * Opens a puzzle with what was last written for it.
 *
 * @param answer - somebody else's program, to look at and check; it takes the place of the reader's own only where it is edited
 */
export async function openPuzzle(
  next: Puzzle,
  answer?: { readonly program: string; readonly input: string },
): Promise<void> {
  puzzle.value = undefined;
  verdict.value = undefined;
  trouble.value = undefined;
  isListOpen.value = false;
  if (answer) open(answer.program, answer.input);
  else open(stored(keyOf(next)) ?? next.start, next.examples[0]!);
  puzzle.value = next;
  const reply = await slow.ask({ kind: "puzzle", puzzle: next }, LONGEST_CHECK);
  if (puzzle.value !== next) return;
  if (reply.kind === "puzzle") verdict.value = reply;
  else trouble.value = reply.message;
}

/** Checks the program, and keeps the best answer. */
export async function check(): Promise<void> {
  const { value: now } = puzzle;
  if (!now || isChecking.value) return;
  isChecking.value = true;
  const reply = await slow.ask({ kind: "puzzle", puzzle: now, program: program.value }, LONGEST_CHECK);
  isChecking.value = false;
  if (puzzle.value !== now) return;
  if (reply.kind !== "puzzle") {
    trouble.value = reply.message;
    return;
  }
  trouble.value = undefined;
  verdict.value = reply;
  if (reply.judged?.status !== "solved") return;
  const { layers, heads } = reply.judged;
  const before = solved.value[now.id];
  const isBetter = !before || layers < before.layers || (layers === before.layers && heads < before.heads);
  if (isBetter) solved.value = { ...solved.value, [now.id]: { layers, heads } };
}

/** Loads the page's own set, unless another one is there. */
export async function loadPuzzles(): Promise<PuzzleSet> {
  puzzles.value ??= (await import("./built-in.js")).BUILT_IN;
  return puzzles.value;
}

/** Keeps progress and programs. */
export function followPuzzles(): void {
  effect(() => store("solved", JSON.stringify(solved.value)));
  effect(() => {
    const text = program.value;
    const now = puzzle.peek();
    if (now) store(keyOf(now), text === now.start ? undefined : text);
  });
}
