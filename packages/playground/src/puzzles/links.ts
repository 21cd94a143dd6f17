/**
 * Links to puzzles: `#puzzle=shift` opens one of the page's own, `#puzzles=course.json` a set from the page's own host, and a program that was
 * shared while a puzzle was solved brings its puzzle along.
 */
import { say } from "../app/header.js";
import { said, t } from "../texts/texts.js";
import { MOST_CHARACTERS, parsePuzzles, PuzzleSetError } from "./puzzle.js";
import type { Shared } from "../link/link.js";
import { isListOpen, loadPuzzles, openPuzzle, place, puzzles } from "./state.js";

/** Opens a set that was read; says why where it is none. @param from - the place that a link said; absent for a file */
export function openSet(text: string, from?: string): void {
  try {
    puzzles.value = parsePuzzles(text);
    place.value = from;
    isListOpen.value = true;
  } catch (error) {
    if (!(error instanceof PuzzleSetError)) throw error;
    say(t("puzzle.badSet", { reason: error.message }));
  }
}

/** @returns whether the fragment is about puzzles */
export async function openPuzzleLink(fragment: string): Promise<boolean> {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const [id, from] = [parameters.get("puzzle"), parameters.get("puzzles")];
  if (id !== null) {
    const found = (await loadPuzzles()).puzzles.find((each) => each.id === id);
    if (found) void openPuzzle(found);
    else say(t("puzzle.unknown"));
    return found !== undefined;
  }
  if (from === null) return false;
  await openFrom(from);
  return false;
}

/** Opens the puzzle that a shared program answers, with that program. @returns whether there is one */
export async function openAnswer({ puzzle: id, puzzles: from, program, input }: Shared): Promise<boolean> {
  if (id === undefined) return false;
  if (from !== undefined) {
    if (from !== place.value) await openFrom(from);
    isListOpen.value = false;
  }
  // A link without a place is to the page's own set, whichever is open here; or to one that was opened as a file.
  const sets = [await loadPuzzles(), ...(from === undefined ? [(await import("./built-in.js")).BUILT_IN] : [])];
  const found = sets.flatMap(({ puzzles }) => puzzles).find((each) => each.id === id);
  if (found) void openPuzzle(found, { program, input });
  else say(t("puzzle.unknown"));
  return found !== undefined;
}

/** Sets come from the page's own host only: the content security policy forbids others, and this says so. */
async function openFrom(from: string): Promise<void> {
  const url = URL.canParse(from, document.baseURI) ? new URL(from, document.baseURI) : undefined;
  if (!url || url.origin !== location.origin) {
    say(t("puzzle.otherHost"));
    return;
  }
  try {
    const response = await fetch(url);
    const length = Number(response.headers.get("content-length") ?? 0);
    if (!response.ok || length > 4 * MOST_CHARACTERS.set) throw new PuzzleSetError(String(response.status));
    openSet(await response.text(), from);
  } catch (error) {
    say(t("puzzle.badSet", { reason: said(error instanceof Error ? error.message : String(error)) }));
  }
}
