/**
 * Texts from outside, such as the names in a file, in messages and on terminals: what moves the cursor, colours, rings, ends a line or
 * turns the direction of writing becomes an escape that can be seen, and long texts are shortened.
 */

/** Control characters, line and paragraph separators, marks and overrides of direction, halves of surrogate pairs. */
const INVISIBLE = /[\p{Cc}\p{Surrogate}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return SHORT[character] ?? (code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`);
}

/** Several lines for a terminal: all but line ends and tabs that would not be seen is escaped. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, (character) => (character === "\n" || character === "\t" ? character : escapeOf(character)));

/** A value as JSON text like that of JSON.stringify, but -0 is -0.0, which JSON.parse reads as such, and bytes are a list. */
export function jsonOf(value: unknown): string {
  if (Object.is(value, -0)) return "-0.0";
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(",")}]`;
  if (value instanceof Uint8Array) return `[${value.join(",")}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${jsonOf(field)}`).join(",")}}`;
}

/** A value as JSON text, in which what is not to be seen is escaped as JSON does, also where JSON need not. */
export const visibleJson = (value: unknown): string =>
  jsonOf(value).replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The middle of a text with more than `most` characters is left out. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  // A pair that is cut in two would show as two escapes.
  const start = text.slice(0, most >> 1).replace(/[\ud800-\udbff]$/, "");
  const end = text.slice(-(most >> 1)).replace(/^[\udc00-\udfff]/, "");
  return `${start}… (${text.length - start.length - end.length} characters) …${end}`;
}

/** A name or another text on one line, shortened. */
export const printable = (text: string, most = 200): string => shortened(text, most).replace(INVISIBLE, escapeOf);

/** A message with names in it, which may be of any length. One that quotes a shortened message is not shortened again. */
export const readable = (message: string): string =>
  visible(message.length <= 2100 ? message : shortened(message, 2000));

/** A value that was read from JSON, as JSON on one line and shortened. Lists in lists can be deeper than can be written. */
export function jsonText(value: unknown, most = 60): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {
    json = Array.isArray(value) ? "[…]" : "{…}";
  }
  return printable(json ?? String(value), most);
}
