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

/** Pieces that a line of prose can end behind: words. In code a line can also end behind commas and opening brackets. */
const [WORDS, CODE] = [/\S*\s*/g, /[^\s,([{]*[,([{]*\s*/g];

/**
 * A text in lines of at most `widest` columns that end between words; a word that is wider has a line of its own.
 * @param indent what all lines but the first begin with
 */
export const wrap = (text: string, widest: number, indent = ""): string[] => broken(text, WORDS, widest, indent);

/** A piece of code in lines, as `wrap` makes them of prose. */
export const wrapCode = (text: string, widest: number): string[] => broken(text, CODE, widest, "");

function broken(text: string, pieces: RegExp, widest: number, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  let isFresh = true;
  for (const piece of text.match(pieces) ?? []) {
    if (!isFresh && width(line) + width(piece.trimEnd()) > widest) {
      lines.push(line.trimEnd());
      [line, isFresh] = [indent, true];
    }
    line += piece;
    if (piece.trim() !== "") isFresh = false;
  }
  return [...lines, line.trimEnd()];
}
