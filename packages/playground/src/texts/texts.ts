/** The page's texts in the reader's language. `messages.json` has all of them. */
import { signal } from "@preact/signals";
import messages from "./messages.json" with { type: "json" };

export const LANGUAGES = ["en", "es"] as const;
export type Language = (typeof LANGUAGES)[number];
export type MessageKey = keyof typeof messages;

export const language = signal<Language>("en");

/** What a text is filled with, by the names in its braces. */
export type Values = Readonly<Record<string, string | number>>;

/**
 * The text of a key. `{name}` is replaced by that value; of `{n|one|many}` the first text is taken where n is 1, and the second for other
 * numbers.
 */
export function t(key: MessageKey, values: Values = {}, inLanguage: Language = language.value): string {
  return messages[key][inLanguage].replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (_, name: string, one?: string, many?: string) => {
      const value = values[name];
      if (one === undefined) return String(value ?? `{${name}}`);
      return Number(value) === 1 ? one : many!;
    },
  );
}

/** Whether a text that comes from elsewhere, such as a worker, is a key. */
export const isKey = (text: string): text is MessageKey => Object.hasOwn(messages, text);

/** A text that is a key as its message, any other as it is. */
export const said = (text: string): string => (isKey(text) ? t(text) : text);

/** The language that a browser asks for. */
export const preferred = (wanted: readonly string[]): Language =>
  wanted
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag): tag is Language => LANGUAGES.includes(tag as Language)) ?? "en";
