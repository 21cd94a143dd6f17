/** What the REPL shows of values that are more than one s-op: lists, several names, loaded files, functions. */
import { describe, expect, it } from "vitest";
import { Environment } from "@selectron/rasp";
import { Repl } from "../src/repl/repl.js";
import { selectron, type World } from "./harness.js";

const repl = (lines: readonly string[], world: World = {}) =>
  selectron(["repl"], { ...world, stdin: lines.join("\n") });

describe("selectron repl", () => {
  it("lists the names that a file sets, once, and says where functions are from", async () => {
    const lib =
      "public = 1;\n_hidden = public;\npublic = _hidden + 1;\ndef f(a) { return a; }\ns = indices + 1;\nq = full_s;\n";
    const { out } = await repl(['load "lib";', "f;", "max;", "def g(x) { return x; }", "[g, best];"], {
      files: { "lib.rasp": `${lib}l = [s, 2];\n` },
    });
    expect(out.split("\n")).toEqual([
      ...["value: public = 2", "lib function: f(a)", "s-op: s"],
      ...[
        "selector: q",
        "list: l = [",
        "  s-op: s",
        '    Example: s("hello") = [1, 2, 3, 4, 5] (ints)',
        "  value: 2",
        "]",
      ],
      ...["lib function: f(a)", "rasplib function: max(a, b)", "console function: g(x)"],
      ...["list: out = [", "  console function: g(x)", "  rasplib function: best(sel, score)", "]", ""],
    ]);
  });

  it("shows lists, dicts and several names each with its example", async () => {
    const { out } = await repl([
      "set example [1,2]",
      "l = [tokens_int + 1, [indices], 3];",
      "a, b = 1, indices;",
      'd = {"k": [length]};',
      "p, q = 1, 2;",
    ]);
    expect(out.split("\n")).toEqual([
      "list: l = [",
      "  s-op: l[0]",
      "    Example: l[0]([1, 2]) = [2, 3] (ints)",
      "  list: [",
      "    s-op: indices",
      "      Example: indices([1, 2]) = [0, 1] (ints)",
      "  ]",
      "  value: 3",
      "]",
      "value: a = 1",
      "s-op: b",
      "  Example: b([1, 2]) = [0, 1] (ints)",
      "dict: d = {",
      '  "k" : list: [',
      "    s-op: length",
      "      Example: length([1, 2]) = [2]*2 (ints)",
      "  ]",
      "}",
      "list: p, q = [1, 2]",
      "",
    ]);
  });

  it("shows of large lists and dicts that they are large, also where few lines make them", async () => {
    const doubled = Array.from({ length: 16 }, () => "y = [y, y];");
    const { out } = await repl(["def f(x) { return x; }", "y = f;", ...doubled, 'd = {"k": y};', "a, b = y, 1;", "y;"]);
    const large = ": ask for a part of it, such as";
    expect(out.split("\n").slice(-6)).toEqual([
      `list: y, of more than 10000 values${large} y[0]`,
      `dict: d, of more than 10000 values${large} d["k"]`,
      `list: a, of more than 10000 values${large} a[0]`,
      "value: b = 1",
      `list: y, of more than 10000 values${large} y[0]`,
      "",
    ]);
    const sums = await repl(["s = [1];", ...Array.from({ length: 21 }, () => "s = s + s;")]);
    expect(sums.out.split("\n").at(-2)).toBe(`list: s, of more than 10000 values${large} s[0]`);
    expect(sums.err).toContain("lists of 2097152 items together are too long");
    const { out: numbers } = await repl(["[i for i in range(9999)];", "[i for i in range(10000)];"]);
    expect(numbers).toMatch(/^list: out = \[0, 1, .*, 9998\]\nlist: out, of more than 10000 values/);
  });

  it("shows an example that was given as a list as one", async () => {
    const { out, err } = await repl([
      'set example ["a","b"]',
      "tokens;",
      "show example",
      "tokens_int;",
      'set s-op example "ab"',
      "tokens;",
      "show example",
    ]);
    expect(out.split("\n")).toEqual([
      "s-op: tokens",
      "  Example: tokens(['a', 'b']) = [a, b] (strings)",
      "s-op example: ['a', 'b']",
      "selector example: ['a', 'b']",
      "s-op: tokens",
      '  Example: tokens("ab") = [a, b] (strings)',
      's-op example: "ab"',
      "selector example: ['a', 'b']",
      "",
    ]);
    expect(err).toContain('on the running example ["a", "b"]');
  });
});

describe("a terminal's width", () => {
  const said = (columns: number, ...lines: string[]): string[] => {
    const output: string[] = [];
    const keep = (text: string): void => void output.push(...text.split("\n"));
    const session = new Repl(new Environment(), { answer: keep, complain: keep, columns: () => columns });
    for (const line of lines) session.feed(line);
    return output;
  };

  it.each([40, 60, 80, 90, 120])(
    "of %d columns is that of :help, errors and warnings, which break between words",
    (columns) => {
      const lines = [
        ":help",
        "tokens = indices * 2;",
        "sort(full_s, tokens + tokens + tokens + tokens + tokens + tokens);",
        ":nothing",
        "x = 1 +;",
      ];
      const narrow = said(columns, ...lines);
      const wide = said(1000, ...lines);
      // What is shown of the program is cut, not broken; a line that is one usage cannot be shorter.
      const free = narrow.filter((line) => line.length > columns);
      expect(free.filter((line) => columns >= 60 || !/^ {2}\S/.test(line))).toEqual([]);
      const words = (text: readonly string[]): string[] =>
        text
          .filter((line) => !/^ +\d* \| /.test(line))
          .join(" ")
          .split(/\s+/);
      expect(words(narrow)).toEqual(words(wide));
    },
  );
});
