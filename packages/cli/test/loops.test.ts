/** What the commands tell of loops. */
import { describe, expect, it } from "vitest";
import { selectron } from "./harness.js";

const source =
  "repeat (x = 0, left = True) until (not left) at most 9 { x = x + 1; left = x < indices; }\ny = x * 2;\n";
const run = (...args: string[]) => selectron(args, { files: { "loop.rasp": source } });

describe("selectron eval --steps", () => {
  const args = ["eval", "loop.rasp", "--sop", "y", "--input", "abc", "--steps"];

  it("shows the states before the first step and after each", async () => {
    const { out } = await run(...args);
    expect(out.split("\n")).toEqual([
      "the loop of x, left took 2 steps:",
      "        x      left",
      "before  0 0 0  True True True",
      "     1  1 1 1  False False True",
      "     2  1 1 2  False False False",
      "[2, 2, 4] (ints)",
      "",
    ]);
  });

  it("writes them as JSON", async () => {
    const { out } = await run(...args, "--json");
    const [loop] = (JSON.parse(out) as { loops: Record<string, unknown>[] }).loops;
    expect(loop).toMatchObject({ states: ["x", "left"], steps: 2 });
    const halted = [
      [false, false, false],
      [true, true, false],
      [true, true, true],
    ];
    expect(loop!["moments"]).toMatchObject(halted.map((ends) => ({ halted: ends })));
  });

  it("is for s-ops", async () => {
    const { exitCode, err } = await run("eval", "loop.rasp", "--expr", "select(x, y, ==)", "--steps");
    expect([exitCode, err]).toEqual([2, expect.stringContaining("--steps is for s-ops")]);
  });
});

it("selectron cost tells which layers are the body of a loop", async () => {
  const loop = "repeat (x = 0) until (x > 5) at most 9 { x = x + 1 + aggregate(select(indices, 0, ==), x); }\n";
  const { out } = await selectron(["cost", "loop.rasp", "--sop", "x"], { files: { "loop.rasp": loop } });
  expect(out).toContain("loop.rasp:1:1: layer 1: the body of a loop, counted once; an input takes at most 9 steps:");
  const json = await selectron(["cost", "loop.rasp", "--sop", "x", "--json"], { files: { "loop.rasp": loop } });
  expect(JSON.parse(json.out)).toMatchObject({ layers: 1, loops: [{ states: ["x"], first: 1, last: 1, limit: 9 }] });
});

it(":explain follows a value back through the steps", async () => {
  const lines = [
    "repeat (x = indices, n = 0) until (n == 2) at most 9 { x = x + aggregate(select(indices, 0, ==), x); n = n + 1; }",
    "repeat (y = 5, m = 0) until (m == 3) at most 9 { y = y + m * x if m == 1 else y; m = m + 1; }",
    ":explain y 1",
  ];
  const { out } = await selectron([], { stdin: `${lines.join("\n")}\n` });
  expect(out.slice(out.indexOf("y at 1"))).toBe(
    [
      "y at 1 = 6: after 3 steps of the loop, changed by 2",
      "  step 2 made it 6",
      "    y at 1 = 6: 6 if True else 5",
      "      m == 1 at 1 = True: 1 == 1",
      "        m at 1 = 1, before step 2",
      "          step 1 made it 1",
      "            m at 1 = 1: 0 + 1",
      "              m at 1 = 0, before step 1",
      "      y + m * x at 1 = 6: 5 + 1",
      "        y at 1 = 5, before step 2",
      "        m * x at 1 = 1: 1 * 1",
      "          m at 1 = 1, as above",
      "          x at 1 = 1: after 2 steps of the loop, none of which changed it",
      "            indices at 1 = 1",
      "",
    ].join("\n"),
  );
});

describe("--scratchpad", () => {
  const sizes = ["--sop", "y", "--vocab", "a,b", "--max-length", "3"];
  const files = { "loop.rasp": source };

  it("compiles to a decoder that writes lines, runs it and compares each token", async () => {
    const binaries = new Map<string, Uint8Array>();
    const compiled = await selectron(["compile", "loop.rasp", ...sizes, "--scratchpad", "-o", "m.safetensors"], {
      files,
      binaries,
    });
    expect(compiled.err).toBe("");
    expect(compiled.out.split("\n").slice(0, 2)).toEqual([
      "wrote m.safetensors: y, up to 3 tokens, with a scratchpad of up to 22 more for 2 steps",
      "it writes x@0, left@0; in each step x, left; at the end y",
    ]);
    expect(compiled.out).toContain("proved for all that it writes behind inputs of 1 to 3 tokens: ");
    const both = { files, binaries };
    const { out } = await selectron(["run", "m.safetensors", "--input", "ab"], both);
    expect(out.split("\n")).toEqual([
      "x@0     0 0",
      "left@0  True True",
      "x       1 1",
      "left    False False",
      "y       2 2",
      "[2]*2 (ints)",
      "",
    ]);
    const json = await selectron(["run", "m.safetensors", "--input", "aba", "--json"], both);
    expect(JSON.parse(json.out)).toMatchObject({ sop: "y", value: [2, 2, 4], steps: 2 });
    const verified = await selectron(["verify", "--scratchpad", "m.safetensors", "loop.rasp", "--exhaustive"], both);
    expect(verified.out).toBe(
      "y: the model writes what the program says on all 14 inputs of 1 to 3 tokens: 22 steps, 218 tokens.\n",
    );
    const other = { files: { "loop.rasp": source.replace("x < indices", "x < indices - 1") }, binaries };
    const wrong = await selectron(["verify", "--scratchpad", "m.safetensors", "loop.rasp", "--runs", "9"], other);
    expect(wrong.exitCode).toBe(1);
    expect(wrong.out).toMatch(/: the model is WRONG on \d of 9 random inputs/);
    expect(wrong.out).toContain(
      "in line left behind 1 step, at position 2:\n  program   False\n  model     left[2]=True",
    );
    const checked = await selectron(["check", "m.safetensors"], both);
    expect(checked.err).toContain("this model writes a scratchpad");
    const decompiled = await selectron(["decompile", "m.safetensors"], both);
    expect(decompiled.err).toContain("this model writes a scratchpad, and decompile does not read such models yet");
  });

  it("says what it does not go with", async () => {
    const compile = ["compile", "loop.rasp", ...sizes, "--scratchpad", "-o", "m.safetensors"];
    const { exitCode, err } = await selectron([...compile, "--mark"], { files });
    expect([exitCode, err]).toEqual([2, expect.stringContaining("--scratchpad does not go with --mark")]);
    const verify = await selectron(["verify", "loop.rasp", "--scratchpad", "--exhaustive"], { files });
    expect([verify.exitCode, verify.err]).toEqual([2, expect.stringContaining("required option '--sop <name>'")]);
  });
});
