import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { highlight, load } from "../../../src/index.js";
import { lex } from "../../../src/language/syntax/lexer.js";

const words = (text: string): string =>
  highlight(text)
    .map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`)
    .join(" ");

describe("highlight", () => {
  it.each([
    [
      "a = select(b, 1.5, ==); # c",
      "name:a operator:= builtin:select bracket:( name:b operator:, number:1.5 operator:, operator:== bracket:) operator:; comment:# c",
    ],
    ['# x\r\n#y\nset example "a#b"', 'comment:# x comment:#y keyword:set keyword:example string:"a#b"'],
    [
      "def f(x) { return not round(x); }",
      "keyword:def name:f bracket:( name:x bracket:) bracket:{ keyword:return keyword:not builtin:round bracket:( name:x bracket:) operator:; bracket:}",
    ],
    ['s-op ? "open', 'keyword:s-op error:? error:"open'],
    ["", ""],
  ])("tells the kinds of words: %j", (text, expected) => expect(words(text)).toBe(expected));

  it("has every token of the lexer, in order, and nothing but white space between words", () => {
    const pieces = fc.constantFrom("select(", " ", "\n", "# a #", '"s"', "'", "x1", "1.5", "==", "and", "😀", "{");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        const found = highlight(text);
        let end = 0;
        for (const word of found) {
          expect(text.slice(end, word.start)).toMatch(/^\s*$/);
          expect(word.end).toBeGreaterThan(word.start);
          ({ end } = word);
        }
        expect(text.slice(end)).toMatch(/^\s*$/);
        const starts = new Set(found.map(({ start }) => start));
        const { length } = lex({ file: "t", text }).filter(
          ({ kind, span }) => kind !== "end" && !starts.has(span.start),
        );
        expect(length).toBe(0);
      }),
    );
  });

  it("names what the program names", () => {
    const text = "same = select(tokens, tokens, ==);";
    const names = highlight(text).filter(({ kind }) => kind === "name");
    expect(names.map(({ start, end }) => text.slice(start, end))).toEqual([...load(text).names, "tokens", "tokens"]);
  });
});
