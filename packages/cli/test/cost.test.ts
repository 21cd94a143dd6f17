import { describe, expect, it } from "vitest";
import { selectron } from "./harness.js";

const files = { "p.rasp": "same = select(tokens, tokens, ==);\nhist = selector_width(same);\n" };

it("cost names heads, the chain of layers and cheaper forms, with their lines", async () => {
  const { exitCode, out } = await selectron(["cost", "p.rasp", "--sop", "hist"], { files });
  expect(exitCode).toBe(0);
  expect(out.split("\n")).toEqual([
    "hist: 1 layer, heads per layer 2",
    "layer 1, 2 heads:",
    "  p.rasp:2:8: 1 aggregate of a selector: selector_width(same)",
    "  p.rasp:2:8: 1 aggregate of a selector: selector_width(same)",
    "could be cheaper:",
    "  p.rasp:2:8: layer 1: counting takes two heads here; if position 0 holds a token that occurs nowhere else (BOS), one is enough: round(1 / aggregate(s or select(indices, 0, ==), indicator(indices == 0))) - 1",
    "",
  ]);
});

it("cost --json keeps the original's count and adds the merged one", async () => {
  const program = "a = aggregate(select(indices, 0, ==), tokens) + aggregate(select(indices, 0, ==), tokens);";
  const { out } = await selectron(["cost", "p.rasp", "--sop", "a", "--json"], { files: { "p.rasp": program } });
  expect(JSON.parse(out)).toMatchObject({
    layers: 1,
    headsPerLayer: [2],
    chain: [{ layer: 1, place: { line: 1, column: 5 } }],
    merged: { headsPerLayer: [1] },
    advice: [{ kind: "reuse", layer: 1, saves: 1, place: { line: 1, column: 59 } }],
  });
});

describe("cost --attention", () => {
  const program = {
    "p.rasp":
      "before = aggregate(select(indices, indices - 1, ==), indices);\nfirst = aggregate(select(indices, 0, ==), indices);\n",
  };
  const asked = (sop: string, attention: string, ...more: string[]): readonly string[] => [
    "cost",
    "p.rasp",
    "--sop",
    sop,
    "--attention",
    attention,
    "--vocab",
    "a,b",
    "--max-length",
    "4",
    ...more,
  ];

  it("says whether it suffices, and how far each selector reaches", async () => {
    const { exitCode, out } = await selectron(asked("before", "window:1", "--causal"), { files: program });
    expect(exitCode).toBe(0);
    expect(out.split("\n").slice(-3, -1)).toEqual([
      "window:1 suffices for before, on inputs of a b up to length 4",
      "  p.rasp:1:20: select(indices, indices - 1, ==) selects up to 1 before and 0 after",
    ]);
  });

  it("shows an input on which it does not suffice, and exits with 1", async () => {
    const { exitCode, out } = await selectron(asked("first", "window:1,strides:3x1"), { files: program });
    expect(exitCode).toBe(1);
    expect(out.split("\n").slice(-4, -1)).toEqual([
      "window:1,strides:3x1 does not suffice for first, on inputs of a b up to length 4",
      "  p.rasp:2:19: select(indices, 0, ==) selects up to 3 before and 0 after, more than is looked at",
      "on a a a: select(indices, 0, ==) selects position 0 for position 2, which does not look there",
    ]);
    const { out: json } = await selectron(asked("first", "globals:1", "--json"), { files: program });
    expect(JSON.parse(json)).toMatchObject({
      layers: 1,
      restricted: { attention: "globals:1", suffices: true, missed: null },
    });
  });

  it.each([
    [["--attention", "window"], 'There is no "window"; write window:4, strides:3x5'],
    [["--attention", "strides:0x2"], '"strides:0x2" strides over nothing.'],
    [["--attention", "powers"], "--attention needs --vocab and --max-length"],
    [["--vocab", "a"], "--vocab, --max-length and --causal go with --attention"],
  ])("refuses %j", async (more, message) => {
    const { exitCode, err } = await selectron(["cost", "p.rasp", "--sop", "first", ...more], { files: program });
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });
});
