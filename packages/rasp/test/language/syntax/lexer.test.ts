import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lex } from "../../../src/language/syntax/lexer.js";

const kinds = (text: string): string =>
  lex({ file: "t", text })
    .slice(0, -1)
    .map((token) => (token.kind === token.text ? token.kind : `${token.kind}:${token.text}`))
    .join(" ");

describe("lex", () => {
  it.each([
    ["0012 1.50", "int:0012 float:1.50"],
    ["1. .5", "int:1 error:. error:. int:5"],
    ["1e5", "int:1 name:e5"],
    ['"a#b" "" "\\n"', 'string:"a#b" string:"" string:"\\n"'],
    ['"open', 'error:"open'],
    ["a # comment\nb", "name:a name:b"],
    ["select(a) select (a)", "select( name:a ) name:select ( name:a )"],
    ["len(l) zip(l) range(3) aggregate(s", "len( name:l ) zip( name:l ) range( int:3 ) aggregate( name:s"],
    ["rangex lens", "name:rangex name:lens"],
    ["s-opens s - opens", "s-op name:ens name:s - name:opens"],
    ["full seq display on", "full seq display on"],
    ["full  seq", "name:full name:seq"],
    ["exit() exit1 quit", "exit() name:exit1 quit"],
    ["a!=b a==b a<=b a=b", "name:a != name:b name:a == name:b name:a <= name:b name:a = name:b"],
    ["notx not x orx", "name:notx not name:x name:orx"],
    ["日 ~", "error:日 error:~"],
  ])("%s", (text, expected) => {
    expect(kinds(text)).toBe(expected);
  });

  it("keeps every character", () => {
    const text = fc.string({ unit: fc.constantFrom(...'as-op1.5"#\n\t +=!<(){}[];,é😀') });
    fc.assert(
      fc.property(text, (program) => {
        let at = 0;
        for (const { span, text: token } of lex({ file: "t", text: program })) {
          expect(program.slice(at, span.start)).toMatch(/^(?:[ \t\r\n]|#[^\r\n]*)*$/);
          expect(program.slice(span.start, span.end)).toBe(token);
          at = span.end;
        }
        expect(at).toBe(program.length);
      }),
    );
  });

  it("marks the tokens that begin a line", () => {
    const starts = lex({ file: "t", text: "a b # c\n c" }).map(({ startsLine }) => startsLine);
    expect(starts).toEqual([true, false, true, false]);
  });
});
