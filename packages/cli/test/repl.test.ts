import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Environment } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { complete } from "../src/repl/complete.js";
import { Repl } from "../src/repl/repl.js";
import { selectron, type World } from "./harness.js";

const repl = (lines: readonly string[], world: World = {}) =>
  selectron(["repl"], { ...world, stdin: lines.join("\n") });

describe("selectron repl in a pipe", () => {
  it("answers each statement in the original's words", async () => {
    const { exitCode, out, err } = await repl([
      "indices;",
      "x = 3; x;",
      "def double(x) {",
      "  return x + x;",
      "}",
      "select(indices,",
      "  indices, <)([7,8]);",
      'set example "ab"',
      "double(tokens);",
      "show example",
      "exit",
      "indices;",
    ]);
    expect(out.split("\n")).toEqual([
      "s-op: indices",
      '  Example: indices("hello") = [0, 1, 2, 3, 4] (ints)',
      "value: x = 3",
      "value: x = 3",
      "console function: double(x)",
      "=",
      "      7 8",
      "  7 |    ",
      "  8 | 1  ",
      "s-op: out",
      '  Example: out("ab") = [aa, bb] (strings)',
      's-op example: "ab"',
      'selector example: "ab"',
      "",
    ]);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  });

  it("does not wait for more after a word for help, or an example without quotes", async () => {
    const { out, err } = await repl(["help", "set example two words", "?", "set selector example ab", "1;"]);
    expect(out).toBe("value: out = 1\n");
    expect(err.split("\n").filter((line) => line.startsWith("  help"))).toEqual([
      "  help: :help lists the commands of the REPL, and docs/language.md has the whole language",
      '  help: an example is in double quotes, or a list: set example "two words"',
      '  help: :help lists the commands of the REPL; an expression chooses: 1 if tokens == "a" else 0',
      '  help: an example is in double quotes, or a list: set selector example "ab"',
    ]);
    expect((await repl(["help = 2;", "help", "+ 1;"])).out).toContain("value: out = 3");
  });

  it("continues after an error, which it places in the input, and exits with 2", async () => {
    const { exitCode, out, err } = await repl(["x = lenght;", "y = 1", "z = 2;", "x = not tokens == 1;", "3;", "4"]);
    expect(exitCode).toBe(2);
    expect(out).toContain("value: out = 3");
    expect(out).not.toContain("value: z");
    expect(err.split("\n").filter((line) => line.startsWith("<input"))).toEqual([
      '<input 1>:1:5: error RASP2001: "lenght" is not defined',
      '<input 2>:1:6: error RASP1005: missing ";" before "z"',
      '<input 3>:1:5: warning RASP7001: "not" binds tighter than "==": this is (not tokens) == 1',
      '<input 5>:1:2: error RASP1004: the text ends too early: expected an operator or ";"',
      "<input 5>:1:1: note: this statement is not finished",
    ]);
  });

  it("is the default command", async () => {
    expect((await selectron([], { stdin: "1 + 1;" })).out).toBe("value: out = 2\n");
  });

  it("answers in JSON, an object on each line", async () => {
    const { out } = await selectron(["--json"], { stdin: "x = indices; 1/0;\n:cost x\n(tokens == 1) + (1 and 2);" });
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { type: "s-op", names: ["x"], value: [0, 1, 2, 3, 4], kinds: "iiiii", text: expect.stringContaining("s-op: x") },
      { error: { class: "zero-division", span: { file: "<input 1>" } } },
      { text: "x: 0 layers" },
      { type: "s-op", value: [2, 2, 2, 2, 2] },
      { warning: { code: "RASP7010" } },
    ]);
  });
});

describe("commands", () => {
  const program = ["flip = select(indices, length - 1 - indices, ==);", "reverse = aggregate(flip, tokens);"];
  const answer = async (...lines: string[]): Promise<string> => {
    const { out } = await repl(["examples off", ...program, ...lines]);
    return out.replace("selector: flip\ns-op: reverse\n", "");
  };

  it(":explain tells how a value was computed", async () => {
    expect(await answer(":explain reverse 1")).toBe(
      [
        'reverse at 1 = "l": the value at 3, the only position selected',
        "  flip, row 1 selects position 3: where indices == 3",
        "    length - 1 - indices at 1 = 3: 4 - 1",
        "      length - 1 at 1 = 4: 5 - 1",
        "        length at 1 = 5, of the library",
        "      indices at 1 = 1",
        "    indices at 3 = 3",
        '  tokens_str at 3 = "l", from the input',
        "",
      ].join("\n"),
    );
  });

  it(":explain follows the branch that was taken, means, defaults and combined selectors", async () => {
    const text = await answer(
      "m = aggregate(select(indices, indices, <) and select(tokens, tokens, ==), indices, 9);",
      ':explain (m if tokens == "l" else 0) 3',
      ":explain (m if indices > 2 else 0) 0",
      ":explain aggregate(select(indices, indices, <=), indices) 2",
    );
    expect(text).toContain('(m if tokens == "l" else 0) at 3 = 2: 2 if True else 0');
    expect(text).toContain("m at 3 = 2: the value at 2, the only position selected");
    expect(text).toContain("row 3 selects position 2: in both of");
    expect(text).toContain("(m if indices > 2 else 0) at 0 = 0: 9 if False else 0");
    expect(text).not.toContain("m at 0");
    expect(text).toContain("at 2 = 1.0: the mean of 0, 1, 2, at positions 0, 1, 2");
  });

  it(":cost and :compile print sizes", async () => {
    expect(await answer(":cost reverse")).toContain("reverse: 2 layers, heads per layer 1, 1");
    const compiled = await answer(":compile reverse a,b,c 4");
    expect(compiled).toContain("reverse, for the tokens a b c and up to 4 of them:\nlayers 2, heads per layer 1, 1");
    expect(await answer(":compile tokens == tokens[0]")).toContain("for the tokens h e l o and up to 5 of them");
  });

  it.each([
    [":frob", 'there is no command ":frob"'],
    [":cost", "which s-op?"],
    [":cost full_s", "full_s is a selector, not an s-op"],
    [":cost lenght", 'did you mean "length"?'],
    [":explain indices 5", "the running example has the positions 0 to 4"],
  ])("%s gets an error", async (line, message) => {
    const { exitCode, err } = await repl([line]);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });

  it(":help lists commands, :names lists names", async () => {
    expect(await answer(":help")).toContain(":explain NAME [POSITION]");
    expect(await answer(":names")).toMatch(/^yours: flip, reverse\nalways there: .*\bselector_width\b/);
  });
});

describe("completion", () => {
  const environment = new Environment();
  environment.run("def select_all(key, query) { return select(key, query, ==); }\nselected = 3;");

  it.each([
    [
      "x = selec",
      [
        "select(",
        "select_all(key, query)",
        "select_from_first(seq, val)",
        "select_from_last(seq, val)",
        "select_next_identical(seq)",
        "selected",
        "selector_width(sel)",
      ],
      "selec",
    ],
    ["selector_w", ["selector_width("], "selector_w"],
    ["ind", ["indicator(", "indices"], "ind"],
    ["max(", ["max(a, b)", " "], ""],
    ["nothing(", [], ""],
    [":ex", [":explain "], ":ex"],
    ["x = ", [], ""],
  ])("%s", (line, offers, replaced) => {
    expect(complete(line, environment)).toEqual([offers, replaced]);
  });
});

const transcripts = fileURLToPath(new URL("../../../../shared/oracle/rasp-repl.jsonl", import.meta.url));
const present = existsSync(transcripts);
if (!present) console.warn(`\n*** SKIPPED: no transcripts of the original at ${transcripts} ***\n`);

interface Transcript {
  readonly id: string;
  readonly stdin: readonly string[];
  readonly stdout: string;
}

/** The original's answers without its prompts. Errors are worded differently here, so each is "error". */
const originalAnswers = ({ stdout }: Transcript): string[] =>
  stdout
    .replace(/^RASP 0.1\nrunning example is: hello\n/, "")
    .split(/(?:>> |\.\. )+/)
    .map(words)
    .filter((answer) => answer !== "")
    .map((answer) => (/^(!!ignoring input|something went wrong|not implemented)/.test(answer) ? "error" : answer));

/** Words and their order are compared, not the layout. */
const words = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The answers here to the same lines, one for each statement. */
function ourAnswers({ stdin }: Transcript): string[] {
  const answers: string[] = [];
  const session = new Repl(new Environment(), {
    answer: (text) => answers.push(words(text)),
    complain: (text) => void (text.includes(" error ") && answers.push("error")),
  });
  for (const line of stdin) if (!session.ended) session.feed(line);
  return answers;
}

/** Deliberate differences (docs/language.md, "Warts"). */
const CHOSEN: Readonly<Record<string, readonly [original: string, ours: string]>> = {
  "repl-out": ["value: out = 2", 's-op: out Example: out("hello") = [3, 4, 5, 6, 7] (ints)'],
  // The original names only the entries that are not atoms.
  "repl-dicts": [
    'dict: out = { "a" : s-op: indices Example: indices("hello") = [0, 1, 2, 3, 4] (ints) value: 2 }',
    'dict: out = { "a" : s-op: indices Example: indices("hello") = [0, 1, 2, 3, 4] (ints) "b" : value: 2 }',
  ],
};

describe.skipIf(!present)("the original's transcripts", () => {
  const cases = present
    ? readFileSync(transcripts, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Transcript)
    : [];

  it.each(cases.map((transcript) => [transcript.id, transcript] as const))("%s", (id, transcript) => {
    const [original, ours] = CHOSEN[id] ?? [];
    const expected = originalAnswers(transcript).map((answer) => (answer === original ? ours : answer));
    expect(ourAnswers(transcript)).toEqual(expected);
  });
});

describe("a text of many lines", () => {
  /** How often the lexer looks for a token while a session takes these texts, each of some lines. */
  function looks(texts: readonly string[]): number {
    const complaints: string[] = [];
    const session = new Repl(new Environment(), {
      answer: () => undefined,
      complain: (text) => void complaints.push(text),
    });
    const { exec } = RegExp.prototype;
    let count = 0;
    RegExp.prototype.exec = function (text) {
      count++;
      return exec.call(this, text);
    };
    try {
      for (const text of texts) session.feed(text);
    } finally {
      RegExp.prototype.exec = exec;
    }
    expect([complaints, session.isWaiting, session.environment.names]).toEqual([[], false, ["f"]]);
    return count;
  }

  it("is read a bounded number of times", () => {
    const body = Array.from({ length: 300 }, (_, i) => ["", `  x = (x + ${i} # not ) yet`, ");"][i % 3]!);
    const lines = ["def f(x) {", ...body, "  return x;", "}"];
    // Some readings while it is short, and one for each tenth.
    expect(looks(lines)).toBeLessThan(50 * looks([lines.join("\n")]));
  });

  it("shows a mistake before it ends", () => {
    const complaints: string[] = [];
    const session = new Repl(new Environment(), {
      answer: () => undefined,
      complain: (text) => void complaints.push(text),
    });
    session.feed("def f(x) {");
    for (let i = 0; i < 200; i++) session.feed(`  x = x + ${i};`);
    session.feed("  x = = 2;");
    for (let i = 0; i < 200 && complaints.length === 0; i++) session.feed(`  x = x + ${i};`);
    expect(complaints.join()).toContain("RASP1003");
  });
});

it("an answer of millions of characters is shown without its middle", async () => {
  const { out } = await repl(["x = tokens;", ...Array<string>(17).fill("x = x + x;")]);
  const last = out.slice(out.lastIndexOf("s-op: x"));
  expect(last).toMatch(/^s-op: x\n {2}Example: x\("hello"\) = \[h+… \(\d+ characters\) …o+\] \(strings\)\n$/);
  expect(last.length).toBeLessThan(110_000);
});
