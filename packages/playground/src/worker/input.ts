/** The text of the input field as tokens: a RASP literal such as `[1, 2]` or `"ab"`, and otherwise each character. */
import { readInput, type Atom } from "@selectron/rasp";

/** The longest input that the page runs: matrices are drawn cell by cell. */
export const LONGEST = 64;

/** The tokens; none for an empty text. */
export function tokensOf(text: string): readonly Atom[] {
  const trimmed = text.trim();
  if (/^\[.+\]$|^".+"$/s.test(trimmed)) {
    try {
      return readInput(trimmed);
    } catch {
      // It only looks like a literal.
    }
  }
  return [...text];
}
