/** Slips of those who come from Python, JavaScript or tracr: each has a hint, and what the hint says to write runs. */
import { describe, expect, it } from "vitest";
import { Environment, RaspError, type Diagnostic } from "../../src/index.js";

/** Runs a text after others. Files exist, and the example has digits among its tokens where a text reads numbers. */
function run(text: string, before = "", example = "hello"): Diagnostic | undefined {
  const environment = new Environment({ example, readFile: () => "loaded = 1;" });
  environment.run(before);
  try {
    environment.run(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    return error.diagnostic;
  }
}

/** A slip, and what its hint ends with, which is run in the slip's place; before the slip, what makes its names. */
type Slip = readonly [slip: string, write: string, before?: string, example?: string];

// prettier-ignore
const SLIPS: readonly Slip[] = [
  // Statements.
  ["def f(x) { x + 1; }", "def f(x) { return x + 1; }"],
  ["def f(x) { y = x + 1; }", "def f(x) { y = x + 1; return y; }"],
  ["def f(x) { y = 1; y + x; }", "def f(x) { y = 1; return y + x; }"],
  ["def f(x) { }", "def f(x) { return x; }"],
  ["def f() {}", "def f() { return 0; }"],
  ["def f(x) {\n  y = x;\n  y * 2;\n}", "def f(x) { y = x; return y * 2; }"],
  ["def f(x) { def g(y) { y; } return g(x); }", "def g(y) { return y; }"],
  ["for x in [1] { }", "for x in [1] { x; }"],
  ["for x in [1] { pass; }", "0"],
  ["for x in [1] {\n  # nothing\n}", "for x in [1] { x; }"],
  ["for x in range(3): x + 1;", "for x in range(3) { x + 1; }"],
  ["for (x in range(3)) { x; }", "for x in range(3) { x; }"],
  ["for (i = 0; i < 3; i++) { y = i; }", "for i in range(0, 3) { y = i; }"],
  ["for (let i of [1, 2]) { i; }", "for i in [1, 2] { i; }"],
  ["while True { x = 1; }", "for i in range(10) { x = 1; }"],
  ["while (x < 3) { x = x + 1; }", "repeat (x = x) until (not (x < 3)) at most 100 { x = x + 1; }", "x = 0;"],
  ["repeat (x = 0) until (x == 3) { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 100 { x = x + 1; }"],
  ["repeat (x = 0) until x == 3 at most 5 { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["repeat x = 0 until (x == 3) at most 5 { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["repeat (x) until (x == 3) at most 5 { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["repeat () until (n == 3) at most 5 { n = n + 1; }", "repeat (n = 0) until (n == 3) at most 5 { n = n + 1; }"],
  ["repeat (x = 0; y = 1) until (x == 3) at most 5 { x = x + y; }", "repeat (x = 0, y = 1) until (x == 3) at most 5 { x = x + y; }"],
  ["repeat (x = 0) while (x < 3) at most 5 { x = x + 1; }", "repeat (x = 0) until (not (x < 3)) at most 5 { x = x + 1; }"],
  ["repeat (x = 0) untill (x == 3) at most 5 { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["repeat (x = 0) at most 5 until (x == 3) { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["repeat (x = 0) until (x == 3) max 5 { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["repeat (x = 0) until (x == 3), at most 5 { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["repeat (x = 0) until (x == 3) at most 5; { x = x + 1; }", "repeat (x = 0) until (x == 3) at most 5 { x = x + 1; }"],
  ["x += 1;", "x = x + 1;", "x = 1;"],
  ["x -= 2 + 1;", "x = x - (2 + 1);", "x = 1;"],
  ["x *= max(1, 2);", "x = x * max(1, 2);", "x = 1;"],
  ["x++;", "x = x + 1;", "x = 1;"],
  ["x--;", "x = x - 1;", "x = 1;"],
  ["x = y = 1;", "y = 1; x = y;"],
  ["x = 1, y = 2;", "x = 1; y = 2;"],
  ["let x = 1;", "x = 1;"],
  ["const x = tokens;", "x = tokens;"],
  ["x := 1;", "x = 1;"],
  ["return tokens;", "tokens;"],
  ["print tokens;", "tokens;"],
  ["show tokens;", "tokens;"],
  ["draw tokens;", "draw(tokens);"],
  ['tokens[0] = "a";', 'tokens = "a" if indices == 0 else tokens;'],
  ["l = [1, 2]; l[0] = 3;", "l = [3 if i == 0 else l[i] for i in range(len(l))];", "l = [1, 2];"],
  ['d = {"a": 1, "b": 2}; d["a"] = 3;', 'd = {k: 3 if k == "a" else d[k] for k in d};', 'd = {"a": 1, "b": 2};'],
  ["f = lambda x: x + 1;", "def f(x) { return x + 1; }"],
  ["f = lambda x, y: x + y;", "def f(x, y) { return x + y; }"],
  ["f = x => x + 1;", "def f(x) { return x + 1; }"],
  ["const f = (x, y) => x + y;", "def f(x, y) { return x + y; }"],
  ["function f(x) { return x + 1; }", "def f(x) { return x + 1; }"],
  ["def f(x): return x + 1", "def f(x) { return x + 1; }"],
  ["def f(x):\n  y = x + 1\n  return y * 2\n", "def f(x) { y = x + 1; return y * 2; }"],
  ["def f(x) return x + 1;", "def f(x) { return x + 1; }"],
  ["def f(x) = x + 1;", "def f(x) { return x + 1; }"],
  ["def f(x) -> int: return x", "def f(x) { return x; }"],
  ["def f { return 1; }", "def f() { return 1; }"],
  ["def (x) { return x; }", "def my_function(x) { return x; }"],
  ["if indices > 1 { x = 1; } else { x = 2; }", "x = 1 if indices > 1 else 2;"],
  ["if indices > 1 { x = 1; } elif indices > 0 { x = 2; } else { x = 3; }", "x = 1 if indices > 1 else (2 if indices > 0 else 3);"],
  ["if (indices > 1) x = 1; else x = 2;", "x = 1 if indices > 1 else 2;"],
  ["x = 0; if (indices > 1) { x = 1; }", "x = 1 if indices > 1 else x;", "x = 0;"],
  ["if (indices > 1) { x = 1; }", "x = 1 if indices > 1 else 0;"],
  ["if True: x = 1", "x = 1 if True else 0;"],
  ["def f(x) { if x > 0 { return 1; } else { return 2; } }", "return 1 if x > 0 else 2;", "x = 1; def g(x) {"],
  ["def f(x) { if (x > 0) { return 1; } return 2; }", "return 1 if x > 0 else 2;", "x = 1; def g(x) {"],
  ["import file;", 'load "file";'],
  ['import "file";', 'load "file";'],
  ["load file;", 'load "file";'],
  ["load(file);", 'load "file";'],
  ["from rasp import *;", 'load "rasp";'],
  ["// a comment", "# a comment"],
  ["-- a comment\n", "# a comment"],
  ["/* a comment */", "# a comment"],
  ["x = 1);", "x = 1;"],
  ['set example = "abc"', 'set example "abc"'],
  ['set examples "abc"', 'set example "abc"'],
  ['set "abc"', 'set example "abc"'],
  ['example "abc"', 'set example "abc"'],
  ["set example word", 'set example "word"'],
  ["set example two words", 'set example "two words"'],
  ["set selector example word", 'set selector example "word"'],
  // Expressions.
  ['x = tokens == "a" && indices == 1;', 'x = tokens == "a" and indices == 1;'],
  ['x = tokens == "a"||indices == 1;', 'x = tokens == "a" or indices == 1;'],
  ['x = tokens == "a" & indices == 1;', 'x = tokens == "a" and indices == 1;'],
  ["x = !tokens;", "x = not tokens;"],
  ['x = !(tokens == "a") && !(indices == 1);', 'x = not (tokens == "a") and not (indices == 1);'],
  ["x = ~tokens;", "x = not tokens;"],
  ['x = tokens != "a";', 'x = not (tokens == "a");'],
  ['x = 1 if tokens != "a" else 2;', 'x = 1 if not (tokens == "a") else 2;'],
  ['x = indicator(tokens != "a") + 1;', 'x = indicator(not (tokens == "a")) + 1;'],
  ['x = tokens <> "a";', 'x = not (tokens == "a");'],
  ['x = tokens === "a";', 'x = tokens == "a";'],
  ['x = tokens is "a";', 'x = tokens == "a";'],
  ['x = tokens is not "a";', 'x = not (tokens == "a");'],
  ['x = tokens not in ["a"];', 'x = not (tokens in ["a"]);'],
  ['tokens contains "a";', '"a" in tokens;'],
  ["x = 2 ** 3;", "x = 2 ^ 3;"],
  ["x = 7 // 2;", "x = round((7 - 7 % 2) / 2);"],
  ["x = indices // 2 + 1;", "x = round((indices - indices % 2) / 2) + 1;"],
  ["x = indices > 1 ? 1 : 0;", "x = 1 if indices > 1 else 0;"],
  ["x = if indices > 1 then 1 else 0;", "x = 1 if indices > 1 else 0;"],
  ["x = 1 if indices > 1;", "x = 1 if indices > 1 else 0;"],
  ['x = "a" if indices > 1;', 'x = "a" if indices > 1 else "";'],
  ["tokens if indices > 1;", 'tokens if indices > 1 else "";'],
  ["x = 1 if indices > 1", "x = 1 if indices > 1 else 0;"],
  ["x = 'a';", 'x = "a";'],
  ["x = tokens == “a”;", 'x = tokens == "a";'],
  ['x = f"a{tokens}b";', 'x = "a" + tokens + "b";'],
  ["x = .5;", "x = 0.5;"],
  ["x = 1. + 2;", "x = 1.0 + 2;"],
  ["x = 1e3;", "x = 1000.0;"],
  ["x = 2.5e-1;", "x = 0.25;"],
  ["x = 1_000;", "x = 1000;"],
  ["x = 0x10;", "x = 16;"],
  ["x = [1, 2,];", "x = [1, 2];"],
  ["x = (1, 2);", "x = [1, 2];"],
  ["x = {1, 2};", "x = [1, 2];"],
  ["[i for i in range(3) if i > 1];", "kept = []; for i in range(3) { kept = kept + ([i] if i > 1 else []); } kept;"],
  ["l = [i for i in l if i > 1];", "kept = []; for i in l { kept = kept + ([i] if i > 1 else []); } l = kept;", "l = [1, 2];"],
  ["[i, i for i in range(3)];", "[[i, i] for i in range(3)];"],
  ["tokens[::-1];", "aggregate(select(indices, length - 1 - indices, ==), tokens);"],
  ["tokens[1:];", 'shift(tokens, -1, "");'],
  ["indices[:-1];", "shift(indices, 1, 0);"],
  ["tokens.length;", "length;"],
  ["x = tokens.length + 1;", "x = length + 1;"],
  ["x = length - tokens.length;", "x = length - length;"],
  ['tokens.count("a");', 'count(tokens, "a");'],
  ['tokens.contains("a");', 'contains(tokens, "a");'],
  ["x = [1, 2].append(3);", "x = [1, 2] + [3];"],
  ["tokens.shift(1);", 'shift(tokens, 1, "");'],
  ["x = 10 mod 3;", "x = 10 % 3;"],
  ["x = 7 div 2;", "x = round((7 - 7 % 2) / 2);"],
  ['x = tokens = "a" and indices == 1;', 'x = tokens == "a" and indices == 1;'],
  ['indicator(tokens = "a");', 'indicator(tokens == "a");'],
  ["aggregate(full_s, indices, default=1);", "aggregate(full_s, indices, 1);"],
  ["def f(x, y=1) { return x + y; }", "def f(x, y) { return x + y; }"],
  // select and aggregate.
  ["select(tokens, tokens, =);", "select(tokens, tokens, ==);"],
  ['select(tokens, tokens, "==");', "select(tokens, tokens, ==);"],
  ["select(tokens, tokens, eq);", "select(tokens, tokens, ==);"],
  ["select(tokens, tokens, ===);", "select(tokens, tokens, ==);"],
  ["select(indices, indices, =<);", "select(indices, indices, <=);"],
  ["select(tokens, tokens, <>);", "select(tokens, tokens, !=);"],
  ["select(tokens, tokens, True);", "full_s;"],
  ["select(tokens, tokens, lambda k, q: k == q);", "select(tokens, tokens, ==);"],
  ["select(tokens, tokens);", "select(tokens, tokens, ==);"],
  ['select(tokens == "a");', 'select(tokens, "a", ==);'],
  ["select(indices <= indices);", "select(indices, indices, <=);"],
  ["select(==, tokens, tokens);", "select(tokens, tokens, ==);"],
  ["select tokens, tokens, ==;", "select(tokens, tokens, ==);"],
  ["selector_width select(tokens, tokens, ==);", "selector_width(select(tokens, tokens, ==));"],
  ["x = aggregate(select(tokens, tokens), indices);", "x = aggregate(select(tokens, tokens, ==), indices);"],
  ["aggregate(full_s);", "aggregate(full_s, indices);"],
  ["aggregate(indices, full_s);", "aggregate(full_s, indices)"],
  ["rasp.Select(rasp.tokens, rasp.tokens, rasp.Comparison.EQ);", "select(tokens, tokens, ==);"],
  ["x = rasp.SelectorWidth(rasp.Select(rasp.tokens, rasp.tokens, rasp.Comparison.EQ));", "x = selector_width(select(tokens, tokens, ==));"],
  ["rasp.Aggregate(full_s, rasp.Map(lambda x: x + 1, rasp.indices));", "aggregate(full_s, (indices + 1));"],
  ["Select(tokens, tokens, ==);", "select(tokens, tokens, ==);"],
  ["Aggregate(full_s, indices);", "aggregate(full_s, indices)"],
  ["reverse = tokens[length - 1 - indices];", "aggregate(select(indices, length - 1 - indices, ==), tokens)"],
  // Names and calls.
  ["print(tokens, indices);", "tokens; indices"],
  ["pow(2, 3);", "2 ^ 3"],
  ["sqrt(indices + 1);", "(indices + 1) ^ 0.5"],
  ["floor(indices / 2);", "round(indices / 2 - (indices / 2) % 1)"],
  ["ceil(indices / 2);", "round(indices / 2 + (-(indices / 2)) % 1)"],
  ["print(tokens);", "tokens"],
  ["sum(indices);", "length * average(indices)"],
  ['sum(tokens == "a");', 'length * average(indicator(tokens == "a"))'],
  ["mean(indices);", "average(indices)"],
  ['any(tokens == "a");', 'contains(tokens == "a", True)'],
  ['all(tokens == "a");', 'not contains(tokens == "a", False)'],
  ["abs(indices - 2);", "max(indices - 2, -(indices - 2))"],
  ["max(indices);", "sort(indices, indices)[-1]"],
  ["min(tokens);", "sort(tokens, tokens)[0]"],
  ["max(1);", "max(1, 2)"],
  ["max(1, 2, 3);", "max(max(1, 2), 3)"],
  ['max("hello");', 'sort(tokens, tokens)[-1]("hello")'],
  ["sort(tokens);", "sort(tokens, tokens)"],
  ["sorted(tokens);", "sort(tokens, tokens)"],
  ["reverse(tokens);", "aggregate(select(indices, length - 1 - indices, ==), tokens)"],
  ['reversed("hello");', 'aggregate(select(indices, length - 1 - indices, ==), tokens)("hello")'],
  ["histogram(tokens);", "selector_width(select(tokens, tokens, ==))"],
  ["int(tokens);", "tokens_int", "", "123"],
  ["int(indices / 2);", "round(indices / 2)"],
  ["str(indices);", '["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"][indices]'],
  ["float(indices);", "indices * 1.0"],
  ["enumerate(tokens);", "indices"],
  ["count(tokens);", 'count(tokens, "a")'],
  ["count(indices);", "count(indices, 0)"],
  ['count("a");', 'count(tokens, "a")'],
  ["shift(tokens, 1);", 'shift(tokens, 1, "")'],
  ["shift(indices);", "shift(indices, 1, 0)"],
  ["average();", "average(indices)"],
  ["selector_width();", "selector_width(full_s)"],
  ["selector_width(tokens);", "selector_width(select(tokens, tokens, ==))"],
  ["has_focus(indices);", "has_focus(select(indices, indices, ==))"],
  ['average(tokens == "a");', 'average(indicator(tokens == "a"))'],
  ["length();", "length"],
  ["indices();", "indices"],
  ["length(tokens);", 'length("hello")'],
  ["len(tokens);", "length, for every s-op"],
  ['len("abc");', 'length("abc")'],
  ["x = true;", "True"],
  ["x = FALSE;", "False"],
  ["x = None;", "0"],
  ["x = null;", "0"],
  ["index;", "indices"],
  ["SelectorWidth(full_s);", "selector_width"],
];

const TABLE = SLIPS.map(([slip, write, before = "", example = "hello"]) => ({ slip, write, before, example }));

describe("a slip has a hint that runs", () => {
  it.each(TABLE)("$slip", ({ slip, write, before, example }) => {
    // A text that ends in `{` makes the body in which the hint is tried.
    const inBody = before.endsWith("{");
    const made = inBody ? before.slice(0, before.lastIndexOf("def")) : before;
    const diagnostic = run(slip, made, example)!;
    expect(diagnostic?.suggestion).toMatch(new RegExp(`${write.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(\\?|"\\?)?$`));
    const hint = write.replace(/, for every s-op$/, "");
    expect(
      run(inBody ? `def g(x) { ${hint} }` : /[;}]$|^set |^#/.test(hint) ? hint : `${hint};`, before && made, example),
    ).toBeUndefined();
  });

  it.each(TABLE.filter(({ write }) => /[;}]$|^set /.test(write)))(
    "and its fix mends the text: $slip",
    ({ slip, before }) => {
      const made = before.endsWith("{") ? before.slice(0, before.lastIndexOf("def")) : before;
      const { fix } = run(slip, made)!;
      expect(run(slip.slice(0, fix!.span.start) + fix!.text + slip.slice(fix!.span.end), made)).toBeUndefined();
    },
  );

  it("is told once, where it is a whole statement", () => {
    const environment = new Environment();
    let found: Diagnostic[] = [];
    try {
      environment.run("for (i = 0; i < 3; i++) { x = i; }\nif indices > 1 { y = 1; } else { y = 2; }\nz = 1 +;");
    } catch (error) {
      if (error instanceof RaspError) found = [error.diagnostic, ...error.further];
    }
    expect(found.map(({ span }) => span!.source.text.slice(0, span!.start).split("\n").length)).toEqual([1, 2, 3]);
  });
});

it.each([
  ["help;", ":help lists the commands of the REPL"],
  ["?", ":help lists the commands of the REPL"],
  ["help me;", ":help lists the commands of the REPL"],
  ["for i in tokens { i; }", "for i in range(10) { i; }"],
  ["for i in range(length) { i; }", "range(10)"],
  ["range(tokens);", "the positions of an input are indices"],
  ["aggregate(full_s, full_s);", "selector_width(full_s)"],
  ["select(full_s, tokens, ==);", "selector_width(full_s)"],
  ['"abc"[0:2];', "there are no slices"],
  ["tokens.upper();", "there are no methods"],
  ["class A { }", "there is no class"],
  ["assert 1;", "there is no assert"],
  ["tokens == a;", 'write the string "a"'],
  ["mystery(tokens);", "def mystery(x) { return x; }"],
  ['indices("abc")[0];', "(s[0])(input)"],
  ["draw(full_s);", "draw(selector_width(full_s))"],
  ["zip(tokens, indices);", "s-ops combine position by position"],
  ['tokens in "abc";', 'tokens in ["a", "b"]'],
])("%s is answered", (slip, help) => {
  expect(run(slip)!.suggestion).toContain(help);
});
