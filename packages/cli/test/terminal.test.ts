/** The REPL at a terminal: keys in, screen out, over streams that simulate one. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { Environment } from "@selectron/rasp";
import { expect, it, describe } from "vitest";
import { paintFor, plain } from "../src/text/paint.js";
import { Repl } from "../src/repl/repl.js";
import { converse } from "../src/repl/terminal.js";

const historyFile = join(mkdtempSync(join(tmpdir(), "selectron-")), "history");

/** Types the groups of keys in order, and returns the screen's output without cursor movements. */
async function type(...keys: string[]): Promise<string> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let screen = "";
  output.on("data", (chunk: Buffer) => (screen += chunk.toString()));
  const repl = new Repl(new Environment(), {
    answer: (text) => output.write(`${text}\n`),
    complain: (text) => output.write(`${text}\n`),
  });
  const done = converse(repl, plain, { input, output, isTerminal: true, historyFile });
  for (const group of keys) {
    input.write(group);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  input.end();
  await done;
  return screen.replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
}

const [CTRL_C, CTRL_D, TAB, UP] = ["\x03", "\x04", "\t", "\x1b[A"];

describe("the terminal", () => {
  it("prompts, with indentation inside an unfinished statement", async () => {
    const screen = await type("indices +\r", "1;\r", "def f(x) {\r", "return x;\r", "}\r", CTRL_D);
    expect(screen).toMatch(/>> .*indices \+\r\n\.\. .*1;\r\ns-op: out/s);
    expect(screen).toContain("..   ");
    expect(screen).toContain("console function: f(x)");
  });

  it("drops the unfinished statement at Ctrl+C, and says how to leave", async () => {
    const screen = await type("x = (1\r", CTRL_C, "2;\r", "half a line", CTRL_C, CTRL_C, "3;\r", CTRL_D);
    expect(screen).toContain("value: out = 2");
    expect(screen).toContain("value: out = 3");
    expect(screen).toContain("(Ctrl+D or exit leaves)");
    expect(screen).not.toContain("error");
  });

  it("hints at a missing ; once", async () => {
    const screen = await type("x = 1\r", CTRL_C, "y = 2\r", CTRL_C, CTRL_D);
    expect(screen.match(/a statement ends with ;/g)).toHaveLength(1);
  });

  it("completes, and remembers lines across sessions", async () => {
    expect(await type("selector_w", TAB, "full_s);\r", "exit\r")).toContain('Example: out("hello") = [5]*5 (ints)');
    expect(readFileSync(historyFile, "utf8")).toContain("selector_width(full_s);\nexit\n");
    const screen = await type(UP, UP, "\r", "exit\r");
    expect(screen).toContain('Example: out("hello") = [5]*5 (ints)');
  });
});

describe("colours", () => {
  const error = 'a.rasp:1:2: error RASP2001: "x" is not defined\n  1 | x;\n    | ^\n  help: y';

  it("are for terminals only, and not with NO_COLOR", () => {
    expect(paintFor(true, { NO_COLOR: "1" })).toBe(plain);
    expect(paintFor(true, { TERM: "dumb" })).toBe(plain);
    expect(paintFor(false, {})).toBe(plain);
    expect(plain.diagnostic(error)).toBe(error);
    const coloured = paintFor(true, { NO_COLOR: "", TERM: "xterm" }).diagnostic(error);
    expect(coloured).toContain("\x1b[31merror RASP2001\x1b[0m");
    expect(coloured).toContain("\x1b[31m^\x1b[0m");
    expect(coloured.replace(/\x1b\[\d+m/g, "")).toBe(error);
  });
});
