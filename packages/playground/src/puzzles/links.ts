/** Links to puzzles: `#puzzle=shift` opens one of the page's own, `#puzzles=course.json` a set from the page's own host. */
import { say } from "../app/header.js";
import { said, t } from "../texts/texts.js";
import { MOST_CHARACTERS, parsePuzzles, PuzzleSetError } from "./puzzle.js";
import { isListOpen, loadPuzzles, openPuzzle, puzzles } from "./state.js";

/** Opens a set that was read; says why where it is none. */
export function openSet(text: string): void {
  try {
    puzzles.value = parsePuzzles(text);
    isListOpen.value = true;
  } catch (error) {
    if (!(error instanceof PuzzleSetError)) throw error;
    say(t("puzzle.badSet", { reason: error.message }));
  }
}

/** @returns whether the fragment is about puzzles */
export async function openPuzzleLink(fragment: string): Promise<boolean> {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const [id, place] = [parameters.get("puzzle"), parameters.get("puzzles")];
  if (id !== null) {
    const found = (await loadPuzzles()).puzzles.find((each) => each.id === id);
    if (found) void openPuzzle(found);
    else say(t("puzzle.unknown"));
    return found !== undefined;
  }
  if (place === null) return false;
  await openFrom(place);
  return false;
}

/** Sets come from the page's own host only: the content security policy forbids others, and this says so. */
async function openFrom(place: string): Promise<void> {
  const url = URL.canParse(place, document.baseURI) ? new URL(place, document.baseURI) : undefined;
  if (!url || url.origin !== location.origin) {
    say(t("puzzle.otherHost"));
    return;
  }
  try {
    const response = await fetch(url);
    const length = Number(response.headers.get("content-length") ?? 0);
    if (!response.ok || length > 4 * MOST_CHARACTERS.set) throw new PuzzleSetError(String(response.status));
    openSet(await response.text());
  } catch (error) {
    say(t("puzzle.badSet", { reason: said(error instanceof Error ? error.message : String(error)) }));
  }
}
