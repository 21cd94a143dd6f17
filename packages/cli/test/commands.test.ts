/** Words that are no commands: each says so, with and without a call for help, and exits as other bad input does. */
import { expect, it } from "vitest";
import { selectron } from "./harness.js";

it.each([
  [["trace", "--help"], "trace is a function for TypeScript programs: docs/look-inside.md"],
  [["patch", "-h"], "patch is a function for TypeScript programs: docs/look-inside.md"],
  [["trace", "model.safetensors", "--input", "abc"], "trace is a function"],
  [["help", "trace"], "trace is a function"],
  [["--help", "trace"], "trace is a function"],
  [["compil", "--help"], 'did you mean "compile"?'],
  [["evl"], 'did you mean "eval"?'],
  [["help", "verfy"], 'did you mean "verify"?'],
  [["reverse.rasp"], "selectron eval reverse.rasp --sop NAME"],
  [["constructor", "--help"], "selectron help lists the commands"],
])("%j is no command", async (args, help) => {
  const { exitCode, out, err } = await selectron(args);
  const name = args.find((arg) => !arg.startsWith("-") && arg !== "help")!;
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err.split("\n")[0]).toBe(`error: there is no command "${name}"`);
  expect(err.split("\n")[1]).toMatch(/^ {2}help: .*selectron help lists the commands$/);
  expect(err).toContain(help);
});

it("is an object with --json", async () => {
  const { exitCode, out } = await selectron(["trace", "--help", "--json"]);
  expect({ exitCode, ...(JSON.parse(out) as object) }).toMatchObject({
    exitCode: 2,
    error: { class: "usage", message: 'there is no command "trace"' },
  });
});

it.each([["--help"], ["help"], ["eval", "--help"], ["help", "eval"], ["repl", "-h"]])(
  "%j and %j still give help, once",
  async (...args) => {
    const { exitCode, out, err } = await selectron(args.filter((arg) => typeof arg === "string"));
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toContain("Usage: selectron");
  },
);
