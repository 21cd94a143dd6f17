/** Texts in columns of a fixed-width font. */
import { columns } from "../render.js";

/** How many columns a text takes. */
export const width = (text: string): number => [...text].reduce((sum, character) => sum + columns(character), 0);

/** The text at the right of `size` columns. */
export const padStart = (text: string, size: number): string => " ".repeat(Math.max(0, size - width(text))) + text;

/** At most `widest` columns, with an ellipsis for what is left out. */
export function shorten(text: string, widest: number): string {
  if (width(text) <= widest) return text;
  let [kept, used] = ["", 1];
  for (const character of text) {
    used += columns(character);
    if (used > widest) break;
    kept += character;
  }
  return `${kept}…`;
}
