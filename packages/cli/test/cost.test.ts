import { expect, it } from "vitest";
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
