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
