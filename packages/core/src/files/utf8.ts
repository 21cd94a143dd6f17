/**
 * UTF-8, through the encoder and decoder of the runtime where it has them (QuickJS has none), and otherwise in plain JavaScript with the
 * same results. TypeScript's ES2022 library does not declare them.
 */
import { aText, anInstance, check } from "../checks.js";

const someBytes = anInstance(Uint8Array);

interface TextCodec {
  readonly TextEncoder?: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder?: new (
    label: string,
    options: { fatal: boolean; ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
}

/** The UTF-8 bytes of a text. Half of a surrogate pair becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  check("encodeUtf8: text", text, aText);
  const { TextEncoder } = globalThis as TextCodec;
  return TextEncoder ? new TextEncoder().encode(text) : encodePlainly(text);
}

/** The text of UTF-8 bytes. Throws a TypeError if they are malformed. */
export function decodeUtf8(bytes: Uint8Array): string {
  check("decodeUtf8: bytes", bytes, someBytes);
  const { TextDecoder } = globalThis as TextCodec;
  return TextDecoder ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) : decodePlainly(bytes);
}

const REPLACEMENT = 0xfffd;

/** `encodeUtf8` without the runtime's encoder. */
export function encodePlainly(text: string): Uint8Array {
  const bytes = new Uint8Array(3 * text.length); // a pair of code units takes four bytes
  let end = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const point = code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
    if (point < 0x80) {
      bytes[end++] = point;
      continue;
    }
    const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    bytes[end++] = ((0xff00 >> (more + 1)) & 0xff) | (point >> (6 * more)); // begins with as many ones as there are bytes
    for (let i = more - 1; i >= 0; i--) bytes[end++] = 0x80 | ((point >> (6 * i)) & 0x3f);
  }
  return bytes.slice(0, end);
}

/** The smallest code point that needs so many bytes after the first: a smaller one may not be written with them. */
const LEAST = [0, 0x80, 0x800, 0x10000];

/** `decodeUtf8` without the runtime's decoder. */
export function decodePlainly(bytes: Uint8Array): string {
  const parts: string[] = [];
  let points: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at++]!;
    const more = first < 0x80 ? 0 : first < 0xc0 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : -1;
    if (more < 0) throw malformed(at - 1);
    let point = more === 0 ? first : first & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const next = bytes[at++] ?? 0;
      if ((next & 0xc0) !== 0x80) throw malformed(at - 1);
      point = (point << 6) | (next & 0x3f);
    }
    if (point < LEAST[more]! || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw malformed(at - 1);
    points.push(point);
    // An argument list has a limit.
    if (points.length === 4096) [points] = [[], parts.push(String.fromCodePoint(...points))];
  }
  return parts.join("") + String.fromCodePoint(...points);
}

const malformed = (at: number): TypeError => new TypeError(`these bytes are no UTF-8 text: byte ${at} does not fit`);
