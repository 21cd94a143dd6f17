/** Atoms as Python writes and reads them: `str`, `repr`, and the texts that `int()` and `float()` accept. */
import { errors } from "../diagnostic.js";
import type { Atom } from "./atom.js";
import { toFloat, truncate } from "./number.js";

/** Python's `repr` of a float: the shortest digits that read back, an exponent from 1e16 up and below 1e-4. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const exponential = value.toExponential();
  const exponent = Number(exponential.slice(exponential.indexOf("e") + 1));
  if (exponent >= 16 || exponent < -4) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${exponential.slice(0, exponential.indexOf("e"))}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** Python's `str`. */
export function atomText(atom: Atom): string {
  if (typeof atom === "boolean") return atom ? "True" : "False";
  return typeof atom === "number" ? floatText(atom) : String(atom);
}

/** An atom as a RASP literal shows it, with strings in quotes. For messages. */
export const describeAtom = (atom: Atom): string => (typeof atom === "string" ? `"${atom}"` : atomText(atom));

/** A short description of an input: characters as a string in quotes, unless they were given in a list, other tokens as a list. */
export function describeInput(input: readonly Atom[], isList = false): string {
  const shown = input.slice(0, 40);
  const more = shown.length < input.length ? "…" : "";
  const isText = !isList && shown.every((atom) => typeof atom === "string" && [...atom].length === 1);
  return isText ? `"${shown.join("")}${more}"` : `[${shown.map(describeAtom).join(", ")}${more && `, ${more}`}]`;
}

// What Python's str.strip() removes; JavaScript's \s differs at U+001C to U+001F, U+0085 and U+FEFF.
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Python's `str.strip()`. A loop, since a pattern for the end would look at spaces inside the text once for each of them. */
function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACE.test(text[start]!)) start++;
  while (end > start && SPACE.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** Replaces Unicode's decimal digits by 0 to 9. Their code points come in runs of ten; those of the mathematical ones are adjacent. */
const asciiDigits = (text: string): string =>
  text.replace(/[^\x00-\x7f]/gu, (character) => {
    if (!/\p{Nd}/u.test(character)) return character;
    const code = character.codePointAt(0)!;
    if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10);
    let zero = code;
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return String(code - zero);
  });

const INT = /^[+-]?\d+(?:_\d+)*$/;
const FLOAT =
  /^[+-]?(?:(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?|inf(?:inity)?|nan)$/i;

/** Python's `int()`. @throws RaspError of class value */
export function parseInt10(atom: NonNullable<Atom>): bigint {
  if (typeof atom === "boolean") return atom ? 1n : 0n;
  if (typeof atom === "bigint") return atom;
  if (typeof atom === "number") return truncate(atom);
  const text = asciiDigits(strip(atom));
  if (!INT.test(text)) throw errors.conversion(`${describeAtom(atom)} is not an int`);
  const digits = BigInt(text.replace(/[+_-]/g, ""));
  return text.startsWith("-") ? -digits : digits;
}

/** Python's `float()`. @throws RaspError of class value */
export function parseFloat64(atom: NonNullable<Atom>): number {
  if (typeof atom === "boolean") return atom ? 1 : 0;
  if (typeof atom !== "string") return toFloat(atom);
  const text = asciiDigits(strip(atom)).toLowerCase();
  if (!FLOAT.test(text)) throw errors.conversion(`${describeAtom(atom)} is not a float`);
  if (text.includes("nan")) return NaN;
  if (text.includes("inf")) return text.startsWith("-") ? -Infinity : Infinity;
  return Number(text.replace(/_/g, ""));
}
