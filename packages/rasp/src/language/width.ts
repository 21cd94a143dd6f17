/** Texts in columns of a terminal or of a fixed-width font. */

// East Asian wide and fullwidth forms and emoji take two columns in a terminal, marks that combine none (UAX #11, simplified).
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const COMBINING = /\p{Mn}|\p{Me}|\u200d/u;

/** How many columns of a terminal a character takes. */
export function columns(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** How many columns a text takes. */
export const width = (text: string): number => [...text].reduce((sum, character) => sum + columns(character), 0);

/** The text padded at the left to `size` columns. */
export const padStart = (text: string, size: number): string => " ".repeat(Math.max(0, size - width(text))) + text;

/** The text, cut to at most `widest` columns with an ellipsis in place of the rest. */
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
