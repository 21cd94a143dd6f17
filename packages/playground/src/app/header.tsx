/** The top of the page: what it is, puzzles, the tour, sharing, language and theme. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { LinkError, toFragment } from "../link/link.js";
import { isListOpen, place, puzzle } from "../puzzles/state.js";
import { language, LANGUAGES, t, type Language } from "../texts/texts.js";
import { tourStep } from "../tour/state.js";
import { input, panel, pinned, program } from "./state.js";
import { theme, type Theme } from "./storage.js";

/** What was said last, for a moment: that a link was copied, or why it cannot be opened. */
export const notice = signal<string | undefined>(undefined);

/** Says something for some seconds. */
export function say(text: string): void {
  notice.value = text;
  setTimeout(() => {
    if (notice.value === text) notice.value = undefined;
  }, 6000);
}

async function share(): Promise<void> {
  try {
    const target = pinned.value;
    const fragment = await toFragment({
      program: program.value,
      input: input.value,
      panel: panel.value,
      ...(target === undefined ? {} : { target }),
      ...(puzzle.value ? { puzzle: puzzle.value.id } : {}),
      ...(puzzle.value && place.value !== undefined ? { puzzles: place.value } : {}),
    });
    history.replaceState(null, "", `#${fragment}`);
    try {
      await navigator.clipboard.writeText(location.href);
      say(t("share.copied"));
    } catch {
      // Without leave to write to the clipboard the address bar has the link.
      say(t("share.address"));
    }
  } catch (error) {
    say(t(error instanceof LinkError ? error.key : "link.damaged"));
  }
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const SIGNS: Readonly<Record<Theme, string>> = { system: "◐", light: "☀", dark: "☾" };

/** The mark: a selector that selects the diagonal. */
const Logo = (): VNode => (
  <svg class="logo" viewBox="0 0 24 24" width="26" height="26" aria-hidden="true">
    {[0, 1, 2].flatMap((q) =>
      [0, 1, 2].map((k) => (
        <rect
          key={`${q}${k}`}
          x={1.5 + 7.5 * k}
          y={1.5 + 7.5 * q}
          width="6"
          height="6"
          rx="1.4"
          class={q === 2 - k ? "on" : "off"}
        />
      )),
    )}
  </svg>
);

export function Header(): VNode {
  return (
    <header class="top">
      <h1>
        <Logo /> Selectron
      </h1>
      <p class="tagline">{t("tagline")}</p>
      <nav aria-label={t("menu")}>
        <button type="button" class="text" onClick={() => (tourStep.value = 0)} data-tour="tour">
          {t("tour.open")}
        </button>
        <button type="button" class="text" onClick={() => (isListOpen.value = true)} data-tour="puzzles">
          {t("puzzle.open")}
        </button>
        <button type="button" class="text" onClick={() => void share()}>
          {t("share")}
        </button>
        <label class="language">
          <span class="visually-hidden">{t("language")}</span>
          <select
            value={language.value}
            onChange={({ currentTarget: { value } }) => (language.value = value as Language)}
          >
            {LANGUAGES.map((each) => (
              <option key={each} value={each} lang={each}>
                {each.toUpperCase()}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="icon"
          aria-label={t(`theme.${theme.value}`)}
          title={t(`theme.${theme.value}`)}
          onClick={() => (theme.value = NEXT_THEME[theme.value])}
        >
          {SIGNS[theme.value]}
        </button>
      </nav>
      <p class="notice" role="status">
        {notice.value}
      </p>
    </header>
  );
}
