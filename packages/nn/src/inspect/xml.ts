/** Texts in SVG. */
import { shortened, visible } from "@selectron/core";

/**
 * Text as XML character data. Characters that XML forbids become U+FFFD, others that are not to be seen escapes, and of a long text the
 * middle is left out.
 */
export const escapeXml = (text: string): string =>
  visible(
    shortened(text, 2000).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd"),
  ).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
