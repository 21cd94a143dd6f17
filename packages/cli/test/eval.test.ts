import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { selectron } from "./harness.js";

const files = {
  "reverse.rasp":
    "flip = select(indices, length - 1 - indices, ==);\nreverse = aggregate(flip, tokens);\nk = 2 ^ 70;\n",
  "bad.rasp": "x = tokens +\n  indices;\n",
  "open.rasp": "x = (1 + 2;\n",
  "dir/main.rasp": 'load "part";\ny = part + 1;',
  "dir/part.rasp": "part = indices;",
};
const run = (...args: string[]) => selectron(args, { files });

describe("selectron eval", () => {
  it("prints the values of an s-op, a selector, an expression", async () => {
    expect(await run("eval", "reverse.rasp", "--sop", "reverse", "--input", '"hello"')).toEqual({
      exitCode: 0,
      out: "[o, l, l, e, h] (strings)\n",
      err: "",
    });
    expect((await run("eval", "reverse.rasp", "--sop", "flip", "--input", "ab")).out).toBe(
      "    a b\na |   1\nb | 1  \n",
    );
    expect((await run("eval", "reverse.rasp", "--expr", "reverse == tokens", "--input", "aba")).out).toBe(
      "[T]*3 (bools)\n",
    );
    expect((await run("eval", "--expr", "2 ^ 0.5")).out).toBe("1.4142135623730951\n");
  });

  it.each([
    ["[1,2.5,-3]", "[1, 2.5, -3]", ["1", "2.5", "-3"]],
    ['["ab","c"]', '["ab","c"]', ["ab", "c"]],
    ["[True,False]", "bools", ["True", "False"]],
    ['"[1,2]"', "a string that looks like a list", [..."[1,2]"]],
    ["hello", "bare text", [..."hello"]],
    ["tokens", "a bare word that is a name", [..."tokens"]],
    ["({})", "bare brackets", [..."({})"]],
    ["{}", "bare braces", [..."{}"]],
    ["123", "bare digits", [..."123"]],
  ])("reads --input %s (%s)", async (input, _, expected) => {
    const { out } = await run("eval", "--expr", "tokens", "--input", input, "--json");
    expect((JSON.parse(out) as { value: unknown }).value).toEqual(expected);
  });

  it("writes one JSON object with --json", async () => {
    const answer = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await run("eval", ...args, "--json")).out);
    expect(await answer("reverse.rasp", "--sop", "reverse", "--input", "ab")).toEqual({
      type: "s-op",
      input: ["a", "b"],
      value: ["b", "a"],
      kinds: "ss",
    });
    expect(await answer("reverse.rasp", "--sop", "flip", "--input", "ab")).toEqual({
      type: "selector",
      input: ["a", "b"],
      value: [
        [0, 1],
        [1, 0],
      ],
    });
    expect(await answer("reverse.rasp", "--sop", "k")).toMatchObject({
      type: "atom",
      value: { int: "1180591620717411303424" },
    });
    expect(await answer("--expr", "{1: [2.5, True]}")).toMatchObject({
      value: { dict: [[1, [2.5, true]]] },
      kinds: "{i[fb]}",
    });
  });

  it("reads the program from standard input", async () => {
    expect((await selectron(["eval", "-", "--sop", "x"], { stdin: "x = 1 + 1;" })).out).toBe("2\n");
  });

  it("finds loaded files in the program's folder", async () => {
    expect((await run("eval", "dir/main.rasp", "--sop", "y", "--input", "ab")).exitCode).toBe(2);
    const resolved = { ...files, [`${process.cwd()}/dir/part.rasp`]: files["dir/part.rasp"] };
    const { out } = await selectron(["eval", "dir/main.rasp", "--sop", "y", "--input", "ab"], { files: resolved });
    expect(out).toBe("[1, 2] (ints)\n");
  });
});

describe("bad input", () => {
  it("is reported with its place and what would help", async () => {
    expect(await run("eval", "bad.rasp", "--sop", "x")).toEqual({
      exitCode: 2,
      out: "",
      err: [
        'bad.rasp:1:5: error RASP3001: "+" does not work between "h" and 0',
        "  1 | x = tokens +",
        "    |     ^^^^^^^^",
        "  help: join strings with strings; tokens_int reads numbers",
        '  note: on the running example "hello"; "set example" chooses another',
        "",
      ].join("\n"),
    });
  });

  it("is one JSON object with --json", async () => {
    const { exitCode, out, err } = await run("eval", "open.rasp", "--sop", "x", "--json");
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toEqual({
      error: {
        class: "syntax",
        code: "RASP1003",
        message: 'expected an operator or ")", not ";"',
        suggestion: 'close "(" with ")"',
        fix: { span: { file: "open.rasp", start: { line: 1, column: 11 }, end: { line: 1, column: 11 } }, text: ")" },
        notes: [
          {
            message: "opened here",
            span: { file: "open.rasp", start: { line: 1, column: 5 }, end: { line: 1, column: 6 } },
          },
        ],
        span: { file: "open.rasp", start: { line: 1, column: 11 }, end: { line: 1, column: 12 } },
      },
    });
    expect(err).toContain("open.rasp:1:11: error RASP1003");
  });

  it.each([
    [["eval", "none.rasp", "--sop", "x"], 'cannot read "none.rasp": there is no such file'],
    [["eval", "reverse.rasp", "--sop", "revers"], 'did you mean "reverse"?'],
    [["eval", "reverse.rasp"], "eval needs either --sop NAME or --expr EXPRESSION"],
    [["eval"], "eval needs a program"],
    [["eval", "reverse.rasp", "--sop", "reverse", "--input", ""], "the input is empty"],
    [["eval", "reverse.rasp", "--sop", "reverse", "--frob"], "unknown option '--frob'"],
    [["eval", "--batch", "none.jsonl"], 'cannot read "none.jsonl"'],
    [["evil"], 'there is no command "evil"'],
    [["cost", "reverse.rasp"], "required option '--sop <name>' not specified"],
    [["cost", "reverse.rasp", "--sop", "flip"], '"flip" is not an s-op'],
  ])("%j", async (args, message) => {
    const { exitCode, out, err } = await run(...args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
    const json = await run(...args, "--json");
    expect(json.exitCode).toBe(2);
    expect(Object.keys(JSON.parse(json.out) as object)).toEqual(["error"]);
  });
});

describe("warnings", () => {
  const files = { "trap.rasp": 'vowel = not tokens in ["a", "e"];\nbad = (1;\nworse = 2 +;\n' };

  it("go to standard error, and into the JSON object", async () => {
    const args = ["eval", "-", "--sop", "vowel", "--input", "ab"];
    const stdin = files["trap.rasp"].split("\n")[0]!;
    const { exitCode, out, err } = await selectron(args, { stdin });
    expect(exitCode).toBe(0);
    expect(out).toBe("[F]*2 (bools)\n");
    expect(err).toContain('<stdin>:1:9: warning RASP7001: "not" binds tighter than "in"');
    expect(JSON.parse((await selectron([...args, "--json"], { stdin })).out)).toMatchObject({
      value: [false, false],
      warnings: [{ class: "warning", code: "RASP7001", span: { start: { line: 1, column: 9 } } }],
    });
  });

  it("come with all errors of the text", async () => {
    const { exitCode, out, err } = await selectron(["eval", "trap.rasp", "--sop", "vowel", "--json"], { files });
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      error: {
        code: "RASP1003",
        span: { start: { line: 2 } },
        further: [{ code: "RASP1003", span: { start: { line: 3 } } }],
      },
      warnings: [{ code: "RASP7001" }],
    });
    expect(err.match(/^trap.rasp/gm)).toHaveLength(4);
  });
});

describe("selectron eval --batch", () => {
  const cases = [
    { id: "a", program: "x = tokens_int + 1;\n", expr: "x", inputSrc: "[1,2]" },
    { id: "b", program: "", expr: "select(tokens, tokens, ==)", inputSrc: '"aa"' },
    { id: "c", program: "x = 1;\ny = zz;\n", expr: "x", inputSrc: '"a"' },
    { id: "d", program: "", expr: "1 +", inputSrc: '"a"' },
    { id: "e", program: "", expr: "indices/2", inputSrc: '"ab"' },
    { id: "f", program: "", expr: "indices", inputSrc: '""' },
  ];

  it("answers each case on a line, whether or not others fail", async () => {
    const stdin = cases.map((line) => JSON.stringify(line)).join("\n");
    const { exitCode, out, err } = await selectron(["eval", "--batch", "-", "--json"], { stdin });
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(exitCode).toBe(0);
    expect(err).toBe("");
    expect(lines.slice(0, 2)).toEqual([
      { id: "a", value: [2, 3], kinds: "ii" },
      {
        id: "b",
        value: [
          [1, 1],
          [1, 1],
        ],
      },
    ]);
    expect(lines[2]).toMatchObject({
      id: "c",
      error: { class: "undefined", code: "RASP2001", span: { file: "<program>", start: { line: 2, column: 5 } } },
    });
    expect(lines[3]).toMatchObject({ id: "d", error: { class: "syntax" } });
    expect(lines[4]).toEqual({ id: "e", value: [0, 0.5], kinds: "ff" });
    expect(lines[5]).toMatchObject({ id: "f", error: { class: "type" } });
  });

  it("keeps the sign of -0.0, as --json does", async () => {
    const stdin = JSON.stringify({ id: "z", program: "", expr: "-0.0 * indices", inputSrc: '"ab"' });
    const batch = await selectron(["eval", "--batch", "-"], { stdin });
    const alone = await selectron(["eval", "--expr=-0.0 * indices", "--input", "ab", "--json"]);
    for (const { out } of [batch, alone]) {
      const { value } = JSON.parse(out) as { value: number[] };
      expect(value.map((zero) => Object.is(zero, -0))).toEqual([true, true]);
    }
  });

  it("reports a line that is no case, and continues", async () => {
    const deep = `{"id": ${"[".repeat(20_000)}${"]".repeat(20_000)}, "expr": "tokens", "inputSrc": "\\"a\\""}`;
    const stdin = `{"id": 1\n${JSON.stringify({ ...cases[0], expr: 3 })}\n\n${deep}\n${JSON.stringify(cases[0])}`;
    const { exitCode, out } = await selectron(["eval", "--batch", "-"], { stdin });
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { error?: { class: string } });
    expect(exitCode).toBe(2);
    expect(lines.map(({ error }) => error?.class)).toEqual(["usage", "usage", "usage", undefined]);
  });
});

describe("selectron cost", () => {
  it("names the line that forces each head", async () => {
    const { exitCode, out } = await run("cost", "reverse.rasp", "--sop", "reverse");
    expect(exitCode).toBe(0);
    expect(out).toBe(
      [
        "reverse: 2 layers, heads per layer 1, 1",
        "layer 1, 1 head:",
        "  <rasplib>:2:10: 1 aggregate of full_s: select(1, 1, ==)",
        "layer 2, 1 head:",
        "  reverse.rasp:1:8: 1 aggregate of flip: select(indices, length - 1 - indices, ==)",
        "2 layers, since each of these needs the one before:",
        "  <rasplib>:3:20: layer 1: aggregate(full_s, indicator(indices == 0))",
        "  reverse.rasp:2:11: layer 2, reverse: aggregate(flip, tokens)",
        "",
      ].join("\n"),
    );
  });

  it("writes one JSON object with --json", async () => {
    const { out } = await run("cost", "reverse.rasp", "--sop", "reverse", "--json");
    expect(JSON.parse(out)).toMatchObject({
      sop: "reverse",
      layers: 2,
      headsPerLayer: [1, 1],
      reasons: [{ layer: 1 }, { layer: 2, selector: "flip" }],
    });
  });
});

describe("selectron", () => {
  it("prints help", async () => {
    const { exitCode, out } = await run("--help");
    expect(exitCode).toBe(0);
    expect(out).toContain("Usage: selectron");
  });

  it.each(["-v", "--version"])("prints its version with %s", async (flag) => {
    const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    expect(await run(flag)).toEqual({ exitCode: 0, out: `${version}\n`, err: "" });
  });
});
