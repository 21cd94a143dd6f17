/**
 * The JSON of a safetensors header, as strict as the format's own reader, which is written in Rust with serde_json: no key twice, no
 * more than 127 levels, no half of a surrogate pair, no number beyond float64,
 * and numbers of shapes and offsets without point, exponent or sign.
 */

import { SafetensorsError } from "../errors.js";

const refusal = (problem: string): SafetensorsError =>
  new SafetensorsError(`decodeSafetensors: the header ${problem}.`);

/** serde_json gives up at the 128th. */
const MOST_LEVELS = 127;

/** Half of a surrogate pair alone: with the flag u, whole pairs are one character. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text can be written in UTF-8. */
export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);

/** The index behind a string that starts with a quote at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return Math.min(at + 1, text.length);
}

/** Brackets, braces, commas, colons, strings with their quotes, and numbers and words: all of a text but its spaces. */
function* tokensOf(text: string): Generator<string> {
  const word = /[^\s[\]{},:"]+/y;
  for (let at = 0; at < text.length;) {
    word.lastIndex = at;
    const isString = text[at] === '"';
    const end = isString ? endOfString(text, at) : word.test(text) ? word.lastIndex : at + 1;
    if (!/\s/.test(text[at]!)) yield text.slice(at, end);
    at = end;
  }
}

/** An object or list around the current token. */
interface Level {
  /** Of an object. */
  readonly keys: Set<string> | undefined;
  /** The key whose value comes next. */
  key: string;
}

const describe = (path: readonly Level[]): string =>
  path.map(({ keys, key }) => (keys ? JSON.stringify(key) : "a list")).join(" in ");

/** Checks what JSON.parse lets pass. `text` is JSON. */
function checkContents(text: string): void {
  const path: Level[] = [];
  let isKey = false;
  for (const token of tokensOf(text)) {
    const level = path.at(-1);
    if (token === "{" || token === "[") {
      path.push({ keys: token === "{" ? new Set() : undefined, key: "" });
      isKey = token === "{";
    } else if (token === "}" || token === "]") {
      path.pop();
      isKey = false;
    } else if (token === ",") {
      isKey = level?.keys !== undefined;
    } else if (token.startsWith('"')) {
      const value = JSON.parse(token) as string;
      if (!isWellFormed(value)) throw refusal(`has half of a surrogate pair in ${token}`);
      if (!isKey) continue;
      level!.key = value;
      isKey = false;
      if (level!.keys!.has(value)) throw refusal(`has the key ${describe(path.slice().reverse())} twice`);
      level!.keys!.add(value);
    } else if (isCountOf(path) && /^-0|[.eE]/.test(token) && !/^(true|false)$/.test(token)) {
      const where = describe(path.slice(0, 2).reverse());
      throw refusal(`has ${token} in ${where}, which must be whole numbers without sign, point or exponent`);
    } else if (Math.abs(Number(token)) === Infinity) {
      throw refusal(`has the number ${token}, which is beyond the largest that a reader can hold`);
    }
  }
}

/** Whether a number here is a size or an offset: in a list of an entry of the header. */
const isCountOf = (path: readonly Level[]): boolean => path[1]?.key === "shape" || path[1]?.key === "data_offsets";

/** Parses a header. Throws a SyntaxError if it is no JSON, and a SafetensorsError where readers disagree about it. */
export function parseHeaderJson(text: string): unknown {
  let levels = 0;
  for (const token of tokensOf(text)) {
    if (token === "}" || token === "]") {
      levels--;
    } else if ((token === "{" || token === "[") && ++levels > MOST_LEVELS) {
      throw refusal(`is nested more than ${MOST_LEVELS} levels deep`);
    }
  }
  const header: unknown = JSON.parse(text);
  checkContents(text);
  return header;
}
