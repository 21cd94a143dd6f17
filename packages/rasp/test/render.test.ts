import { describe, expect, it } from "vitest";
import { RaspError } from "../src/diagnostic.js";
import { load } from "../src/environment.js";
import { render } from "../src/render.js";

function rendered(program: string, readFile?: (path: string) => string): string {
  try {
    load(program, { file: "p.rasp", ...(readFile ? { readFile } : {}) });
  } catch (error) {
    if (error instanceof RaspError) return render(error.diagnostic);
    throw error;
  }
  throw new Error("the program has no error");
}

/** Every code that a program can cause, with the whole message. */
const RENDERINGS: readonly (readonly [program: string, expected: string])[] = [
  [
    "a = 1 ! 2;",
    `
p.rasp:1:7: error RASP1001: "!" cannot stand in a RASP program
  1 | a = 1 ! 2;
    |       ^
  help: write not`,
  ],
  [
    'a = "open;\n',
    `
p.rasp:1:5: error RASP1002: this string does not end on its line
  1 | a = "open;
    |     ^^^^^^
  help: close it with "`,
  ],
  [
    "x = tokens != 2;",
    `
p.rasp:1:12: error RASP1003: expected an operator or ";", not "!="
  1 | x = tokens != 2;
    |            ^^
  help: != exists only inside select(...); write not (a == b)`,
  ],
  [
    "set = 3;",
    `
p.rasp:1:1: error RASP1003: "set" is a word of the language and cannot be a name
  1 | set = 3;
    | ^^^`,
  ],
  [
    "a = 1;\ndef f(x) {\n",
    `
p.rasp:3:1: error RASP1004: the text ends too early: expected a statement
  3 | 
    | ^
p.rasp:2:1: note: this statement is not finished
  2 | def f(x) {
    | ^^^`,
  ],
  [
    "a = 1\nb = 2;",
    `
p.rasp:1:6: error RASP1005: missing ";" before "b"
  1 | a = 1
    |      ^
  help: end the statement with ";"`,
  ],
  [
    "\tx = lenght + 1;",
    `
p.rasp:1:6: error RASP2001: "lenght" is not defined
  1 | \tx = lenght + 1;
    | \t    ^^^^^^
  help: did you mean "length"?`,
  ],
  [
    "n = select (indices, indices, 1);",
    `
p.rasp:1:5: error RASP2001: "select" is not defined
  1 | n = select (indices, indices, 1);
    |     ^^^^^^
  help: write "select(" without a space before the parenthesis`,
  ],
  [
    "length = 3;",
    `
p.rasp:1:1: error RASP2002: "length" is a name of the library and cannot be set
  1 | length = 3;
    | ^^^^^^
  help: choose another name, such as "my_length"`,
  ],
  [
    "a = max(1);",
    `
p.rasp:1:5: error RASP2003: "max" takes 2 arguments (a, b), not 1
  1 | a = max(1);
    |     ^^^^^^`,
  ],
  [
    "a = 3(4);",
    `
p.rasp:1:5: error RASP2004: 3 cannot be called
  1 | a = 3(4);
    |     ^^^^
  help: functions take arguments, s-ops and selectors one input`,
  ],
  [
    'x = "日本" + tokens + indices;',
    `
p.rasp:1:5: error RASP3001: "+" does not work between "日本h" and 0
  1 | x = "日本" + tokens + indices;
    |     ^^^^^^^^^^^^^^^^^^^^^^^^^
  help: join strings with strings; tokens_int reads numbers`,
  ],
  [
    'x = "日本" * (1 + "é");',
    `
p.rasp:1:12: error RASP3001: "+" does not work between 1 and "é"
  1 | x = "日本" * (1 + "é");
    |              ^^^^^^^^^
  help: join strings with strings; tokens_int reads numbers`,
  ],
  [
    "x = full_s + 1;",
    `
p.rasp:1:5: error RASP3002: "+" does not work on selectors
  1 | x = full_s + 1;
    |     ^^^^^^^^^^
  help: selectors combine with and, or, not; aggregate makes an s-op of one`,
  ],
  [
    'x = 1 if indices > 2 else "x";',
    `
p.rasp:1:5: error RASP3003: an s-op cannot mix strings with numbers or bools, but it would hold "x" and 1
  1 | x = 1 if indices > 2 else "x";
    |     ^^^^^^^^^^^^^^^^^^^^^^^^^
  help: give every branch and every default the same type; the default of aggregate is 0`,
  ],
  [
    "def f(s) {\n  return aggregate(full_s, s);\n}\nx = f(tokens);",
    `
p.rasp:2:10: error RASP3004: several positions are selected, but values such as "h" have no mean
  2 |   return aggregate(full_s, s);
    |          ^^^^^^^^^^^^^^^^^^^^
  help: select one position per row, or aggregate numbers, for example indicator(...)
p.rasp:4:5: note: called from here: f(...)
  4 | x = f(tokens);
    |     ^^^^^^^^^`,
  ],
  [
    "y = average(tokens);",
    `
p.rasp:1:5: error RASP3004: several positions are selected, but values such as "h" have no mean
  1 | y = average(tokens);
    |     ^^^^^^^^^^^^^^^
  help: select one position per row, or aggregate numbers, for example indicator(...)`,
  ],
  [
    "x = len(tokens);",
    `
p.rasp:1:5: error RASP3005: len takes a list, not the s-op "tokens_str"
  1 | x = len(tokens);
    |     ^^^^^^^^^^^
  help: length is the number of positions`,
  ],
  [
    "a, b = [1];",
    `
p.rasp:1:1: error RASP3006: 2 names, but 1 values
  1 | a, b = [1];
    | ^^^^^^^^^^^`,
  ],
  [
    "indices(3);",
    `
p.rasp:1:1: error RASP3007: an input is a string or a list of atoms, not 3
  1 | indices(3);
    | ^^^^^^^^^^
  help: for example "hello" or [1,2,3]`,
  ],
  [
    "x = (0 - 8) ^ 0.5;",
    `
p.rasp:1:5: error RASP3008: a negative number raised to a fraction is a complex number, which RASP does not have
  1 | x = (0 - 8) ^ 0.5;
    |     ^^^^^^^^^^^^^
  help: make the base positive or the exponent an int`,
  ],
  [
    "tokens = tokens_int;",
    `
p.rasp:1:10: error RASP3101: "h" is not an int
  1 | tokens = tokens_int;
    |          ^^^^^^^^^^`,
  ],
  [
    "x = [1, 2][5];",
    `
p.rasp:1:5: error RASP3102: index 5 is out of range for a list of length 2
  1 | x = [1, 2][5];
    |     ^^^^^^^^^`,
  ],
  [
    'x = {"a": 1}[tokens];',
    `
p.rasp:1:5: error RASP3103: "h" is not a key of this dict
  1 | x = {"a": 1}[tokens];
    |     ^^^^^^^^^^^^^^^^`,
  ],
  [
    "x = tokens[indices];",
    `
p.rasp:1:5: error RASP3104: the index into an s-op must be an int, not the s-op "indices"
  1 | x = tokens[indices];
    |     ^^^^^^^^^^^^^^^
  help: aggregate(select(indices,position,==),s) gathers from positions that an s-op gives`,
  ],
  [
    "x = range(1, 2, 0);",
    `
p.rasp:1:5: error RASP3105: the step of range cannot be 0
  1 | x = range(1, 2, 0);
    |     ^^^^^^^^^^^^^^`,
  ],
  [
    "x = 1 / indices;",
    `
p.rasp:1:5: error RASP3201: division of 1 by zero
  1 | x = 1 / indices;
    |     ^^^^^^^^^^^`,
  ],
  [
    "x = 10 ^ 400 * 1.0;",
    `
p.rasp:1:5: error RASP3202: this int is too large to become a float
  1 | x = 10 ^ 400 * 1.0;
    |     ^^^^^^^^^^^^^^`,
  ],
  [
    'load "lib";',
    `
p.rasp:1:1: error RASP5001: cannot load "lib.rasp": this environment reads no files
  1 | load "lib";
    | ^^^^^^^^^^^
  help: load adds ".rasp" to the path by itself`,
  ],
];

describe("render", () => {
  it.each(RENDERINGS)("%s", (program, expected) => {
    expect(`\n${rendered(program)}`).toBe(expected);
  });

  it("names endless recursion, with the last calls", () => {
    const text = rendered("def loop(n) {\n  return loop(n + 1);\n}\nloop(0);");
    expect(text).toContain("error RASP2005: this evaluation is nested too deeply");
    expect(text.match(/note: called from here: loop/g)).toHaveLength(5);
  });

  it("places an error in a loaded file in that file", () => {
    const text = rendered('load "lib";', () => "x = 1;\ny = zz;\n");
    expect(text).toContain('lib.rasp:2:5: error RASP2001: "zz" is not defined');
  });
});
