/** Texts from files, as messages and terminals show them. */
import { expect, it } from "vitest";
import { jsonText, printable, readable, SafetensorsError, shortened, visible, visibleJson } from "../src/index.js";

it.each([
  ["plain text é 漢字 👩‍👩‍👧", "plain text é 漢字 👩‍👩‍👧"],
  ["\u001b[31mred\u0007", "\\x1b[31mred\\x07"],
  ["a\nb\r\tc", "a\\nb\\r\\tc"],
  ["\u009b2J\u007f", "\\x9b2J\\x7f"],
  ["a\u202eb\u2066c\u200f\u2028", "a\\u202eb\\u2066c\\u200f\\u2028"],
  ["\ud800", "\\ud800"],
])("%j is printed as %s", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

it.each(["\u009b", "\u202e", "\\x9b", "\u2028", "\u001b", "plain"])(
  "visibleJson(%j) is the same JSON, without it raw",
  (text) => {
    expect(JSON.parse(visibleJson({ text }))).toEqual({ text });
    expect(visible(visibleJson({ text }))).toBe(visibleJson({ text }));
  },
);

it("visible keeps lines and tabs", () => expect(visible("a\n\tb\r\u001b")).toBe("a\n\tb\\r\\x1b"));

it("long texts lose their middle, and no pair is cut in two", () => {
  expect(shortened("abcdef", 6)).toBe("abcdef");
  expect(shortened("abcdefg", 4)).toBe("ab… (3 characters) …fg");
  expect(printable("👧".repeat(9), 6)).toBe("👧… (14 characters) …👧");
  expect(printable("x".repeat(5e6)).length).toBeLessThan(250);
});

it("messages of errors about files are readable, whatever the names in them", () => {
  const { message } = new SafetensorsError(`tensor "\u001b]0;${"x".repeat(5e6)}" is damaged`);
  expect(message).toBe(readable(message));
  expect(message).toMatch(/^tensor "\\x1b\]0;x+… \(\d+ characters\) …x+" is damaged$/);
  expect(message.length).toBeLessThan(2100);
});

it.each([
  [{ a: [1, "\u001b"] }, '{"a":[1,"\\u001b"]}'],
  ["\u202e", '"\\u202e"'],
  [undefined, "undefined"],
  [Array.from({ length: 1e5 }, () => 0), /^\[0(,0)+… \(\d+ characters\) …(0,)+0\]$/],
  [JSON.parse("[".repeat(1e5) + "]".repeat(1e5)), "[…]"],
  [JSON.parse('{"a":'.repeat(1e5) + "0" + "}".repeat(1e5)), "{…}"],
] as const)("values from JSON are one short line: %#", (value, shown) => {
  if (typeof shown === "string") expect(jsonText(value)).toBe(shown);
  else expect(jsonText(value)).toMatch(shown);
});
