/** UTF-8 in plain JavaScript is what the runtime's encoder and decoder do, malformed bytes included. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePlainly, decodeUtf8, encodePlainly, encodeUtf8 } from "../../src/files/utf8.js";
import { breadth } from "../../../../test/long.js";

const numRuns = breadth({ short: 500, long: 20_000 });

/** The text, or that there is none. */
function textOf(decode: (bytes: Uint8Array) => string, bytes: Uint8Array): string | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return undefined;
  }
}

it.each([
  "",
  "abc",
  "é",
  "€",
  "𝄞",
  "\0",
  "\uFEFFbom",
  "\uD800",
  "a\uDC00b",
  "\uDC00\uD800",
  "x".repeat(9000),
  "𝄞€".repeat(5000),
])("a text: %j", (text) => {
  const bytes = encodeUtf8(text);
  expect(encodePlainly(text)).toEqual(bytes);
  expect(decodePlainly(bytes)).toBe(decodeUtf8(bytes));
});

it("any text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
      (text) => {
        expect(encodePlainly(text)).toEqual(encodeUtf8(text));
      },
    ),
    { numRuns, seed: 1 },
  );
});

describe("any bytes", () => {
  // Mostly the bytes at which something begins or ends.
  const edges = [
    0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xf8, 0xff,
  ];
  it("of one to three", () => {
    for (const a of edges) {
      for (const b of edges) {
        for (const c of [undefined, ...edges]) {
          const bytes = Uint8Array.of(a, b, ...(c === undefined ? [] : [c]));
          expect(textOf(decodePlainly, bytes)).toBe(textOf(decodeUtf8, bytes));
        }
      }
    }
  });
  it("of any number", () => {
    const some = fc.array(fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
    fc.assert(
      fc.property(some, (bytes) => {
        expect(textOf(decodePlainly, Uint8Array.from(bytes))).toBe(textOf(decodeUtf8, Uint8Array.from(bytes)));
      }),
      { numRuns, seed: 2 },
    );
  });
});
