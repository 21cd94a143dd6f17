/** Starts the page: language, theme, what a link or the last visit says, the workers, and offline use once something is drawn. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app/app.js";
import { say } from "./app/header.js";
import { follow, input, open, panel, picture, pinned, program } from "./app/state.js";
import { followTheme, store, stored } from "./app/storage.js";
import { fromFragment, LinkError } from "./link/link.js";
import { openAnswer, openPuzzleLink } from "./puzzles/links.js";
import { followPuzzles, puzzle } from "./puzzles/state.js";
import { followTour } from "./tour/tour.js";
import { language, preferred, t, type Language } from "./texts/texts.js";

const kept = stored("language");
language.value = kept === "en" || kept === "es" ? kept : preferred(navigator.languages);
effect(() => {
  document.documentElement.lang = language.value;
  document.title = t("title");
});
followTheme();
followPuzzles();

/** Opens what the address says. @returns whether it said something */
async function openLink(): Promise<boolean> {
  try {
    if (await openPuzzleLink(location.hash)) return true;
    const shared = await fromFragment(location.hash);
    if (!shared) return false;
    puzzle.value = undefined;
    if (!(await openAnswer(shared))) open(shared.program, shared.input);
    pinned.value = shared.target;
    if (shared.panel) panel.value = shared.panel;
    return true;
  } catch (error) {
    say(t(error instanceof LinkError ? error.key : "link.damaged"));
    return false;
  }
}

if (!(await openLink())) open(stored("program") ?? t("first.program"), stored("input") ?? "hello", false);
effect(() => store("program", program.value));
effect(() => store("input", input.value));
effect(() => store("language", language.value satisfies Language));
addEventListener("hashchange", () => void openLink());
render(<App />, document.getElementById("app")!);
follow();
followTour();

// What is needed offline is fetched after the first picture, so that it does not compete with it.
const end = effect(() => {
  if (!picture.value) return;
  performance.mark("first picture");
  if (import.meta.env.PROD && "serviceWorker" in navigator) {
    void navigator.serviceWorker.register(new URL("sw.js", document.baseURI)).catch(() => undefined);
  }
  queueMicrotask(() => end());
});
