/** What the browser keeps between visits. A browser that keeps nothing, as in private windows, is no error. */
import { effect, signal } from "@preact/signals";

const PREFIX = "selectron.";

export function stored(name: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a text under a name; undefined removes it. */
export function store(name: string, text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, text);
  } catch {
    // What cannot be kept is gone with the page.
  }
}

/** light, dark, or as the system has it. */
export type Theme = "light" | "dark" | "system";
export const theme = signal<Theme>("system");

/** Restores the theme and keeps it. */
export function followTheme(): void {
  const kept = stored("theme");
  if (kept === "light" || kept === "dark") theme.value = kept;
  effect(() => {
    const { value } = theme;
    if (value === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = value;
    store("theme", value === "system" ? undefined : value);
  });
}
