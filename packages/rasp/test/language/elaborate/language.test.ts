import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RaspError } from "../../../src/language/diagnostic.js";
import { displayValue } from "../../../src/language/text/display.js";
import { applyTo } from "../../../src/language/text/case.js";
import { load } from "../../../src/language/environment.js";
import { breadth } from "../../../../../test/long.js";

/** The text that the last line of a program prints, or the class of its error. */
function shows(program: string, options: Parameters<typeof load>[1] = {}): string {
  const lines = program.split("\n");
  const last = lines.pop()!;
  try {
    const environment = load(lines.join("\n"), { example: "abc", ...options });
    return displayValue(applyTo(environment.evaluateExpression(last), environment.example));
  } catch (error) {
    if (error instanceof RaspError) return error.diagnostic.class;
    throw error;
  }
}

describe("values", () => {
  it.each([
    ["a,b = [1,2];\nb", "2"],
    ['a,b = "xy";\nb', '"y"'],
    ["a,b = {1:2,3:4};\nb", "3"],
    ['a = 1, "x";\na', "[1, 'x']"],
    ['{1:"i", True:"b", 1.0:"f"}', "{1: 'f'}"],
    ["[1,2] + [3] * 2", "[1, 2, 3, 3]"],
    ["[1,2] < [1,3]", "True"],
    ['[1,"a"] < [1,2]', "type"],
    ["zip([1,2],[3,4])", "[[1, 3], [2, 4]]"],
    ["range(5,0,-2)", "[5, 3, 1]"],
    ["range(2)*True", "[0, 1]"],
    ['"it\'s"', '"it\'s"'],
    ['["it\'s", "\\n"]', "[\"it's\", '\\\\n']"],
    ['(tokens + "!")[0]', "[a!]*3 (strings)"],
    ["[tokens,indices][1]", "[0, 1, 2] (ints)"],
    ["indices == [1]", "[F]*3 (bools)"],
    ["indices + [1]", "type"],
    ['tokens("xy")', "[x, y] (strings)"],
    ['tokens("xy") + "z"', "type"],
    ["tokens_int([4,5])", "[4, 5] (ints)"],
    ['tokens_int("xy")', "value"],
    ["1 in [indices]", "type"],
    ["2 in indices", "[T]*3 (bools)"],
    ['{"a":[1]}[tokens]', "value"],
    ['{"a":1,"b":[1],"c":2}[tokens]', "type"],
  ])("%s", (program, expected) => {
    expect(shows(program)).toBe(expected);
  });
});

describe("functions and scopes", () => {
  it.each([
    ["k = 5;\ndef f(x) { return x + k; }\nk = 7;\nf(1)", "8"],
    ["def f(length) { return length * 2; }\nf(3)", "6"],
    ["def f(out) { return 1; }\nf(3)", "reserved"],
    ["def f(a, b) { return b, a; }\nf(1, 2)", "[2, 1]"],
    ["def mk(n) { def inner(m) { return m + n; } return inner; }\nmk(1)(2)", "3"],
    ["def mk(n) { def inner(m) { return m + n; } return inner; }\nmk(indices)(2)", "[2, 3, 4] (ints)"],
    ["def fact(n) { return 1 if n == 0 else n * fact(n - 1); }\nfact(100) % 101", "100"],
    ["def f(n) { return f(n); }\nf(1)", "recursion"],
    ["def f() { y = 1; return y; }\nz = f();\ny", "undefined"],
    ["for i in range(3) { t = i; }\n[i, t]", "[2, 2]"],
    ["x = [i for i in range(3)];\ni", "undefined"],
    ["length = 1;\n1", "reserved"],
    ["True = 1;\n1", "reserved"],
    ["_p = 3;\n_p + 1", "4"],
    ["1 + 1;\n1 + out", "3"],
    ["a = 1; b = a + 1; c = a + b;\nc", "3"],
    ["length[0]", "[3]*3 (ints)"],
    ["def f(length) { return tokens[-1]; }\nf(9)", "[c]*3 (strings)"],
  ])("%s", (program, expected) => {
    expect(shows(program)).toBe(expected);
  });

  it("adds a long sum without deep recursion", () => {
    expect(shows(`${"1 + ".repeat(5000)}1`)).toBe("5001");
  });

  it("evaluates deep graphs", () => {
    expect(shows("t = indices;\nfor i in range(5000) { t = t + 1; }\nt")).toBe("[5000, 5001, 5002] (ints)");
  });
});

describe("check on creation", () => {
  it.each([
    ["tokens_int", "value"],
    ["set example [1,2]\ntokens_int", "[1, 2] (ints)"],
    ["set selector example [1,2]\ntokens_int", "value"],
    ["def f(x) { y = 1 / indices; return x; }\nf(1)", "zero-division"],
    ["1/indices if indices > 0 else 0", "zero-division"],
    ["(indices - 3) ^ (-0.5)", "type"],
    ["(indices - 1) ^ (-0.5)", "zero-division"],
    ["aggregate(select(1,2,==), tokens, [1])", "type"],
    ["aggregate(full_s, indices, [1])", "[1.0]*3 (floats)"],
    ["draw(tokens_int, [1,2])", "[1, 2] (ints)"],
    ["draw(full_s)", "type"],
  ])("%s", (program, expected) => {
    expect(shows(program)).toBe(expected);
  });
});

describe("load", () => {
  const files: Readonly<Record<string, string>> = {
    "lib.rasp": '_hidden = 1;\npublic = _hidden + 1;\nload "inner";',
    "inner.rasp": "deep = tokens;",
    "self.rasp": 'load "self";',
    "bad.rasp": "a = 1;\nlength = 3;",
  };
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error("there is no such file");
    return text;
  };

  it.each([
    ['load "lib";\npublic', "2"],
    ['load "lib";\n_hidden', "undefined"],
    // The file does not see the program's own tokens.
    ['tokens = "shadow";\nload "lib";\ndeep', "[a, b, c] (strings)"],
    ['load "none";\n1', "load"],
    ['load "self";\n1', "load"],
    ['load "bad";\n1', "reserved"],
  ])("%s", (program, expected) => {
    expect(shows(program, { readFile })).toBe(expected);
  });
});

describe("any program", () => {
  // Pieces that often fit together, so that many programs reach the evaluator.
  const piece = fc.constantFrom(
    ..."tokens indices length full_s tokens_int 0 1 2.5 -3 True x f [1,2] {1:2} round( indicator( ( ) [ ] + - * / % ^ == < and or not".split(
      " ",
    ),
    ..."if else in , ; x = = = select(indices,1,<) aggregate(full_s, has_focus( selector_width( sort( max( 10^400 def f(x) { return } for i".split(
      " ",
    ),
    '"ab"',
    "for i in range(2) { x = indices; }",
    "def f(x) { return x + 1; }",
    "x = aggregate(select(tokens, tokens, ==), indices);",
  );

  it("fails only with a RaspError that has a place", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom("ab", [1, 0], [true]), (pieces, example) => {
        try {
          load(pieces.join(" "), { example });
        } catch (error) {
          expect(error).toBeInstanceOf(RaspError);
          expect((error as RaspError).diagnostic.span).toBeDefined();
        }
      }),
      { numRuns: breadth({ short: 1000, long: 3000 }) },
    );
  });
});
